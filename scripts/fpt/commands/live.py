# SPDX-License-Identifier: GPL-2.0
"""Prints the cases of a virtual machine as they end: the monitor's "SERVER<tab>PROGRAM<tab>LINE"."""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from pathlib import Path
from typing import Optional, TextIO

from .. import expectations, files, reasons
from ..durations import Durations
from ..expectations import Expectations
from ..lines import Lines
from ..live import Live, View
from ..model import Case, Result
from ..outcome import Outcome
from ..writers import lava


def options() -> argparse.ArgumentParser:
    """Those of every command that prints cases as they end."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--run", type=Path, required=True, help="the run directory")
    parser.add_argument("--verbose", action="store_true", help="print every case")
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    parser.add_argument("--lava", action="store_true", help="print signals for LAVA")
    parser.add_argument("--fail-fast", action="store_true", help="end at the first failure")
    parser.add_argument("--expect", nargs=3, metavar=("FILE", "KERNEL", "RELEASE"), help="RELEASE: the whole one of KERNEL")
    return parser


def expected(given: argparse.Namespace) -> Optional[Expectations]:
    if not given.expect:
        return None
    file, *kernel = given.expect
    return expectations.for_run_dir(Path(file), given.run, *kernel)


def view(given: argparse.Namespace) -> View:
    """$RERUN has lines of server, tab, command up to the case's name; programs do not inherit it."""
    rerun = dict(line.split("\t", 1) for line in os.environ.pop("RERUN", "").splitlines())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nothing to do when nobody reads
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    return View(out, given.run, rerun, given.verbose, given.quiet)


def make(given: argparse.Namespace) -> Live:
    shown = view(given)
    if not given.lava:
        return Live(shown, expectations=expected(given))
    durations = Durations(given.run)
    signals = lava_signals(given.run, shown.out)

    def case_ended(result: Result) -> None:
        signals.case(result, durations.of(result.server, result.case.name))

    return Live(shown, case_ended, signals.end, expected(given))


def lava_signals(run: Path, out: TextIO, suffix: str = "") -> lava.Signals:
    """For the cases of a run, whose names may also have the suffix."""
    names = [name for _, name, *_ in files.rows(run / "cases.tsv")]
    servers = sorted(path.name for path in (run / "ktap").iterdir())
    return lava.Signals(out, servers, names + [name + suffix for name in names if suffix])


def _take(live: Live, line: str) -> None:
    server, program, text = line.split("\t", 2)
    live.take(server, program, text)


def _died(given: argparse.Namespace, server: str, case: str, outcome: str, reason: str) -> None:
    shown = view(given)
    found = expected(given)
    result = Result(Case(case.partition(".")[0], case), server, Outcome(outcome), reason)
    result.expected = found.of(server, case, result.outcome) if found else None
    if result.failed:
        word = f"{outcome}, {result.expected}" if result.deviates else outcome
        shown.print(shown.failure(server, case, shown.line(server, case, word, reasons.printable(reason))))
        if given.fail_fast:
            (given.run / "stopped").touch()
    elif shown.verbose:
        shown.print(shown.line(server, case, Outcome.XFAIL.value, result.known_reason) + "\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="live", parents=[options()])
    parser.add_argument("--died", nargs=4, metavar=("SERVER", "CASE", "OUTCOME", "REASON"), help="of this case alone")
    given = parser.parse_args(arguments)
    if given.died:
        _died(given, *given.died)
        return 0
    live = make(given)
    lines = Lines(sys.stdin.fileno(), lambda line: _take(live, line))
    poll = select.poll()
    poll.register(lines.fd, select.POLLIN)
    while True:
        patience = live.progress()
        if poll.poll(None if patience is None else max(0.0, patience) * 1000) and not lines.read():
            break
        if given.fail_fast and live.failed:
            (given.run / "stopped").touch()
            break  # the monitor ends the boot when nobody reads
    live.end()
    return 0
