# SPDX-License-Identifier: GPL-2.0
"""fpt explore FOLDER EXPLORER...: runs it, and judges the kernel log meanwhile; cases of FOLDER declare known reports."""

from __future__ import annotations

import io
import os
import select
import subprocess
from pathlib import Path
from typing import Sequence

from .. import kernel_log
from ..kmsg import KernelLog
from . import known_reports

_END_SECONDS = 10.0


def _run(arguments: list[str], log: KernelLog) -> int:
    process = subprocess.Popen(arguments)
    ended = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    if log.fd is not None:
        poll.register(log.fd, select.POLLIN)
    while process.poll() is None:
        poll.poll()
        if log.fd is not None and not log.read():
            poll.unregister(log.fd)
    os.close(ended)
    return process.returncode


def _judge(copy: Path, known: Sequence[kernel_log.Known]) -> kernel_log.KernelLog:
    with copy.open(encoding="utf-8", errors="surrogateescape") as lines:
        return kernel_log.read(lines, (), (), known, io.StringIO())


def main(arguments: list[str]) -> int:
    folder, *explorer = arguments
    memory = os.memfd_create("kernel.log")  # SIGKILL leaves nothing of it
    copy = Path(f"/proc/self/fd/{memory}")
    log = KernelLog(copy)
    status = _run(explorer, log)
    log.end(_END_SECONDS)
    found = _judge(copy, ())
    if found.outside:
        found = _judge(copy, kernel_log.known(known_reports.declared([folder])))
    if log.unreadable:
        print(f"explore.sh: the kernel log is not checked: {log.unreadable}")
    for other in found.others:
        print(f"explore.sh: of other processes, in the kernel log: {other}")
    for promise, report in found.known:
        print(f"explore.sh: known bug met, in the kernel log: {promise}: {report}")
    if found.outside:
        print(f"deviation: kernel log: {found.outside}")
    return status or (1 if found.outside else 0)
