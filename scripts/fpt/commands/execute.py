# SPDX-License-Identifier: GPL-2.0
"""Runs the cases of run.sh, which makes the run directory and says with what."""

from __future__ import annotations

import argparse
from pathlib import Path

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
    parser.add_argument("--scale", type=float, default=1, help="factor for other deadlines")
    parser.add_argument("--server", nargs=3, action="append", default=[], metavar=("NAME", "PATH", "WHY_NOT"))
    parser.add_argument("--failed-first", type=Path, metavar="RUNS", help="see the order of runs there")
    parser.add_argument("argument", nargs="*", help="of the programs")
    given = parser.parse_args(arguments)

    shown = live.make(given)
    jobs = [Job(Server(*server), given.programs / program) for server in given.server for program in _programs(given.run)]
    if given.failed_first:
        jobs = order.failed_first(jobs, lambda job: job.key, order.failed_before(given.failed_first, given.run))
    settings = Settings(given.run, tuple(given.argument), given.jobs, given.limit, given.fail_fast)
    log = KernelLog(given.run / "kmsg")
    _say_unreadable(log)
    Execution(settings, shown, log).run(jobs)
    shown.end()
    if not log.unreadable:
        log.end(_LOG_SECONDS * given.scale)
        _say_unreadable(log)
    (given.run / "kernel_log").write_text(f"unreadable: {log.unreadable}\n" if log.unreadable else "read\n")
    return 0


def _programs(run: Path) -> list[str]:
    return list(dict.fromkeys(program for program, *_ in files.rows(run / "cases.tsv")))


def _say_unreadable(log: KernelLog) -> None:
    if log.unreadable:
        print(f"the kernel log is not checked: {log.unreadable}", flush=True)
