# SPDX-License-Identifier: GPL-2.0
"""Follows the kernel log of a run between two markers, which it writes there itself."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from typing import Optional

from .processes import family_of_run

_DEVICE = "/dev/kmsg"
_RECORD_BYTES = 8192  # CONSOLE_EXT_LOG_MAX


class KernelLog:
    """Copies the records of /dev/kmsg as they come: the ring buffer may be too small for a whole run."""

    def __init__(self, copy: Path) -> None:
        self.fd: Optional[int] = None
        self.unreadable = ""  # why the log is not checked
        self._marker = f"fpt: run {time.time():.6f}"
        self._copy = copy.open("w", encoding="utf-8", errors="surrogateescape")
        self._copy.write(self._marker + "\n")
        self._family = family_of_run()
        self._ended = False
        try:
            fd = os.open(_DEVICE, os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(fd, 0, os.SEEK_END)
            self._mark("begins")
            self.fd = fd
        except OSError:
            self.unreadable = f"no access to {_DEVICE}"

    def _mark(self, what: str) -> None:
        fd = os.open(_DEVICE, os.O_WRONLY)
        try:
            os.write(fd, f"{self._marker} {what}\n".encode())
        finally:
            os.close(fd)

    def _take(self, record: str) -> None:
        for line in record.split("\n")[:-1]:
            self._copy.write(self._family.annotated(line) + "\n")
            self._ended = self._ended or line.endswith(f";{self._marker} ends")

    def read(self) -> bool:
        """Takes the records that are there; false at the end of a file that is no kernel log."""
        assert self.fd is not None
        while True:
            try:
                record = os.read(self.fd, _RECORD_BYTES)
            except BlockingIOError:
                return True
            except BrokenPipeError:
                continue  # overwritten before they were read; the sequence numbers show it
            if not record:
                return False
            self._take(record.decode("utf-8", "surrogateescape"))

    def end(self, seconds: float) -> None:
        """Reads to the end marker, which arrives within so many seconds."""
        if self.fd is not None:
            self._mark("ends")
            deadline = time.monotonic() + seconds
            poll = select.poll()
            poll.register(self.fd, select.POLLIN)
            while self.read() and not self._ended and time.monotonic() < deadline:
                poll.poll(max(0, deadline - time.monotonic()) * 1000)
            if not self._ended:  # a container may have another file there
                self.unreadable = f"text written to {_DEVICE} cannot be read back"
            os.close(self.fd)
        self._copy.close()
