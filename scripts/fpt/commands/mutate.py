# SPDX-License-Identifier: GPL-2.0
"""For mutate.sh and the mutations of libfuse; see the functions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable

from .. import mutate, tsv


def _judge(before: str, after: str, *required: str) -> int:
    """Of a mutation of a kernel: prints the judgement, fails unless all required cases detected it."""
    judgement = mutate.judge(_rows(before), _rows(after), required)
    print(judgement.text(required))
    return 0 if judgement.good else 1


def _judge_library(raw: str, before: str, after: str, *required: str) -> int:
    """The same of a mutation of libfuse."""
    judgement = mutate.judge(_rows(before), _rows(after), required, _rows(raw))
    print(judgement.text(required))
    return 0 if judgement.good else 1


def _tolerate(status: str, before: str, after: str, *required: str) -> int:
    """Of a harmless mutation: prints the judgement, fails unless the required cases changed and none failed."""
    toleration = mutate.tolerate(_rows(before), _rows(after), required, int(status))
    print(toleration.text())
    return 0 if toleration.good else 1


def _explored(steps: str, before: str, after: str) -> int:
    """Of the explorer alone: prints after how many steps it found the mutation, fails if it did not."""
    exploration = mutate.explored(_rows(before), _rows(after), int(steps))
    print(exploration.text())
    return 0 if exploration.good else 1


def _record(mutation: str, results: str, table: str) -> int:
    """Replaces the lines of a mutation in a table of mutation, case and outcome."""
    head, *lines = Path(table).read_text().splitlines() if Path(table).exists() else ["mutation\tcase\toutcome"]
    kept = [line for line in lines if not line.startswith(f"{mutation}\t")]
    new = [f"{mutation}\t{case}\t{row.outcome.value}" for case, row in _rows(results).items()]
    Path(f"{table}.new").write_text("".join(f"{line}\n" for line in [head, *kept, *new]))
    os.replace(f"{table}.new", table)
    return 0


def _rows(path: str) -> tsv.Results:
    return tsv.read(Path(path)).rows


_FUNCTIONS: dict[str, Callable[..., int]] = {
    "judge": _judge,
    "judge-library": _judge_library,
    "tolerate": _tolerate,
    "explored": _explored,
    "record": _record,
}


def main(arguments: list[str]) -> int:
    try:
        return _FUNCTIONS[arguments[0]](*arguments[1:])
    except (tsv.NotAResult, OSError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 1
