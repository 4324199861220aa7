# SPDX-License-Identifier: GPL-2.0
"""Signals for LAVA when a run has been collated: of cases that no program has reported, and, under a
name of their own, of cases that failed by what the kernel log or another server says of them."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import files, ktap, outcomes
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
    for server, case, outcome in outcomes.read(run):
        before = reported.get((server, case))
        if before is None:
            signals.case(server, case, outcome)
        elif lava.result(before) != lava.result(outcome):
            signals.case(server, case + _AFTER, outcome)
    signals.end()
    return 0
