# SPDX-License-Identifier: GPL-2.0
"""Signals for LAVA when a run has been collated: of cases that no program has reported, and, under a
name of their own, of cases that failed by what the kernel log or another server says of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Optional

from .. import files, ktap, tsv
from ..expectations import Expectations
from ..live import result_of
from ..model import Case, Result
from ..writers import lava
from . import live

_AFTER = "-after-run"


def _reported(run: Path, expectations: Optional[Expectations]) -> dict[tuple[str, str], Result]:
    found = {}
    for path in run.glob("ktap/*/*.ktap"):
        for verdict in ktap.read(files.lines(path)):
            result = result_of(path.parent.name, path.stem, verdict, expectations)
            found[result.server, result.case.name] = result
    return found


def _collated(run: Path, expectations: Optional[Expectations]) -> list[Result]:
    found = []
    for file in map(tsv.read, sorted(run.glob("results/*/*.tsv"))):
        for case, row in file.rows.items():
            result = Result(Case(case.partition(".")[0], case), file.server, row.outcome)
            if expectations:
                result.expected = expectations.of(file.server, case, row.outcome)
            found.append(result)
    return found


def main(arguments: list[str]) -> int:
    given = argparse.ArgumentParser(prog="lava-rest", parents=[live.options()]).parse_args(arguments)
    expectations = live.expected(given)
    reported = _reported(given.run, expectations)
    signals = live.lava_signals(given.run, sys.stdout, _AFTER)
    for result in _collated(given.run, expectations):
        before = reported.get((result.server, result.case.name))
        if before is None:
            signals.case(result)
        elif lava.word(before) != lava.word(result):
            signals.case(result, suffix=_AFTER)
    signals.end()
    return 0
