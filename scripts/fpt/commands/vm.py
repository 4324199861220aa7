# SPDX-License-Identifier: GPL-2.0
"""fpt vm pending|ended|death|running: what vm.sh must know after a boot."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import files, kernel_log, pending


def _pending(arguments: list[str]) -> None:
    """RUN_DIR SERVER...: prints "pending" or "done", server, program and case."""
    directory, *servers = arguments
    for is_pending, *job in pending.jobs(Path(directory), servers):
        print("pending" if is_pending else "done", *job, sep="\t")


def _ended(arguments: list[str]) -> None:
    """Of the lines of "pending": prints server and program without a pending case, and the status 0."""
    assert not arguments
    left: dict[tuple[str, str], int] = {}
    for line in sys.stdin:
        state, server, program, _ = line.split("\t")
        left[server, program] = left.get((server, program), 0) + (state == "pending")
    for job, cases in left.items():
        if not cases:
            print(*job, 0, sep="\t")


def _death(arguments: list[str]) -> None:
    """CONSOLE: prints the line that says what killed the kernel, if there is one."""
    (console,) = arguments
    cause = kernel_log.cause_of_death(files.lines(Path(console)))
    if cause:
        print(cause)


def _running(arguments: list[str]) -> None:
    """CONSOLE: prints server, program and case of what was running at its end."""
    (console,) = arguments
    for server, case in kernel_log.running(files.lines(Path(console))):
        print(server, case.partition(".")[0], case, sep="\t")


_COMMANDS = {"pending": _pending, "ended": _ended, "death": _death, "running": _running}


def main(arguments: list[str]) -> int:
    _COMMANDS[arguments[0]](arguments[1:])
    return 0
