# SPDX-License-Identifier: GPL-2.0
"""Runs the explorer, a program and its arguments, and judges the kernel log meanwhile."""

from __future__ import annotations

import io
import os
import select
import subprocess
from pathlib import Path

from .. import kernel_log
from ..kmsg import KernelLog

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


def main(arguments: list[str]) -> int:
    memory = os.memfd_create("kernel.log")  # SIGKILL leaves nothing of it
    copy = Path(f"/proc/self/fd/{memory}")
    log = KernelLog(copy)
    status = _run(arguments, log)
    log.end(_END_SECONDS)
    with copy.open(encoding="utf-8", errors="surrogateescape") as lines:
        found = kernel_log.read(lines, (), (), (), io.StringIO())
    if log.unreadable:
        print(f"explore.sh: the kernel log is not checked: {log.unreadable}")
    for other in found.others:
        print(f"explore.sh: of other processes, in the kernel log: {other}")
    if found.outside:
        print(f"deviation: kernel log: {found.outside}")
    return status or (1 if found.outside else 0)
