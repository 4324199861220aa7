# SPDX-License-Identifier: GPL-2.0
"""Splits what a descriptor delivers into lines of text."""

from __future__ import annotations

import os
from typing import Callable

_AT_ONCE = 65536


class Lines:
    """The lines of a pipe, whatever bytes they have: only a newline ends one."""

    def __init__(self, fd: int, take: Callable[[str], None]) -> None:
        self.fd = fd
        self._take = take
        self._rest = b""

    def read(self) -> bytes:
        """Reads once, takes the lines that are complete, and returns what was read; nothing at EOF."""
        data = os.read(self.fd, _AT_ONCE)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data and self._rest:
            lines, self._rest = [self._rest], b""
        for line in lines:
            self._take(line.decode("utf-8", "surrogateescape"))
        return data
