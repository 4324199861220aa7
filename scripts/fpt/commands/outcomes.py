# SPDX-License-Identifier: GPL-2.0
"""outcomes FILE...: prints a table of cases and results, one column of outcomes for each file."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import tsv


def main(arguments: list[str]) -> int:
    paths = [Path(argument) for argument in arguments]
    try:
        results = [tsv.read(path).rows for path in paths]
    except (tsv.NotAResult, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("case", *(path.name.removesuffix(".tsv") for path in paths), sep="\t")
    for case in dict.fromkeys(case for rows in results for case in rows):
        print(case, *(rows[case].outcome.value if case in rows else "" for rows in results), sep="\t")
    return 0
