# SPDX-License-Identifier: GPL-2.0
"""Runs the cases of run.sh, which makes the run directory and says with what."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Iterator

from .. import files, order
from ..execute import Execution, Job, Server, Settings
from ..kmsg import KernelLog
from . import live

_LOG_SECONDS = 5.0  # for the end marker


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="execute", parents=[live.options()])
    parser.add_argument("--programs", type=Path, required=True, help="directory of the programs")
    parser.add_argument("--jobs", type=int, default=1, help="programs at once")
    parser.add_argument("--limit", type=float, default=0, help="seconds for a program, 0 for none")
    parser.add_argument("--run-limit", type=float, default=0, help="seconds for all, 0 for none")
    parser.add_argument("--scale", type=float, default=1, help="factor for other deadlines")
    parser.add_argument("--server", nargs=3, action="append", default=[], metavar=("NAME", "PATH", "WHY_NOT"))
    parser.add_argument("--failed-first", type=Path, metavar="RUNS", help="see the order of runs there")
    parser.add_argument("argument", nargs="*", help="of the programs")
    given = parser.parse_args(arguments)

    shown = live.make(given)
    jobs = [job for server in given.server for job in _jobs(Server(*server), given.programs, given.run)]
    if given.failed_first:
        jobs = order.failed_first(jobs, lambda job: job.key, order.failed_before(given.failed_first, given.run))
    settings = Settings(given.run, tuple(given.argument), given.jobs, given.limit, given.run_limit, given.fail_fast)
    log = KernelLog(given.run / "kmsg")
    _say_unreadable(log)
    Execution(settings, shown, log).run(jobs)
    shown.end()
    if not log.unreadable:
        log.end(_LOG_SECONDS * given.scale)
        _say_unreadable(log)
    (given.run / "kernel_log").write_text(f"unreadable: {log.unreadable}\n" if log.unreadable else "read\n")
    return 0


def _jobs(server: Server, programs: Path, run: Path) -> Iterator[Job]:
    """Those with a case that --skip does not leave out."""
    left_out = dict.fromkeys(case for name, case, *_ in _rows(run / "left_out.tsv") if name == server.name)
    arguments: tuple[str, ...] = ()
    if left_out:
        excepted = run / "late" / f"{server.name}.except"
        excepted.write_text("".join(f"{case}\n" for case in left_out))
        arguments = ("--except", str(excepted))
    cases = [(program, case) for program, case, *_ in files.rows(run / "cases.tsv")]
    for program in dict.fromkeys(program for program, case in cases if case not in left_out):
        yield Job(server, programs / program, arguments)


def _rows(path: Path) -> Iterator[list[str]]:
    if path.exists():
        yield from files.rows(path)


def _say_unreadable(log: KernelLog) -> None:
    if log.unreadable:
        print(f"the kernel log is not checked: {log.unreadable}", flush=True)
