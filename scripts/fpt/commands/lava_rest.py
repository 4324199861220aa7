# SPDX-License-Identifier: GPL-2.0
"""Signals for LAVA when a run has been collated: of cases that no program has reported, and, under a
name of their own, of cases that failed by what the kernel log or another server says of them."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import files, ktap, tsv
from ..outcome import Outcome
from ..writers import lava
from . import live

_AFTER = "-after-run"


def _reported(run: Path) -> dict[tuple[str, str], Outcome]:
    found = {}
    for path in run.glob("ktap/*/*.ktap"):
        for verdict in ktap.read(files.lines(path)):
            found[path.parent.name, f"{path.stem}.{verdict.name}"] = verdict.outcome
    return found


def main(arguments: list[str]) -> int:
    (run,) = map(Path, arguments)
    reported = _reported(run)
    signals = live.lava_signals(run, sys.stdout, _AFTER)
    for result in map(tsv.read, sorted(run.glob("results/*/*.tsv"))):
        for case, row in result.rows.items():
            before = reported.get((result.server, case))
            if before is None:
                signals.case(result.server, case, row.outcome)
            elif lava.result(before) != lava.result(row.outcome):
                signals.case(result.server, case + _AFTER, row.outcome)
    signals.end()
    return 0
