# SPDX-License-Identifier: GPL-2.0
"""
For bench.sh, with files of one number of microseconds in each line:

times RUN-DIR                        prints the microseconds of each executed case
row TEXT FILE [DIVISOR [BASE-FILE]]  prints median, minimum and maximum in milliseconds
"""

from __future__ import annotations

import sys
from pathlib import Path

from .. import bench
from ..tsv import NotAResult


def _figures(path: str, divisor: int = 1) -> bench.Figures:
    return bench.figures(map(float, Path(path).read_text().split()), divisor)


def _row(text: str, path: str, divisor: str = "1", base: str = "") -> str:
    return bench.row(text, _figures(path, int(divisor)), _figures(base).median if base else 0)


def main(arguments: list[str]) -> int:
    command, *rest = arguments
    try:
        if command == "times":
            for microseconds in bench.case_times(Path(rest[0])):
                print(microseconds)
        else:
            print(_row(*rest))
    except (NotAResult, OSError) as error:
        print(f"bench.sh: {error}", file=sys.stderr)
        return 1
    return 0
