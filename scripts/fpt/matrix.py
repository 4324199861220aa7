# SPDX-License-Identifier: GPL-2.0
"""A matrix: rows of a kernel and the servers to run on it, and the table of what became of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, Sequence

from . import run_json
from .model import Server

_HEAD = "kernel\tservers\tnote"
_KERNEL = re.compile(r"[0-9][0-9A-Za-z.+~-]*")
_SERVERS = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]*(,[0-9A-Za-z][0-9A-Za-z._+-]*)*")
_NOTHING_COULD_RUN = "4"


class NotAMatrix(Exception):
    """Its text is "FILE:LINE: why"."""


@dataclass(frozen=True)
class Row:
    kernel: str
    servers: str
    note: str = ""


def _row(line: str) -> Row:
    columns = line.split("\t") if line else []
    if not 2 <= len(columns) <= 3:
        raise ValueError(f"has {len(columns)} columns between tabs: wanted kernel, servers, note")
    row = Row(*columns)
    if not _KERNEL.fullmatch(row.kernel):
        raise ValueError(f'"{row.kernel}" is not a kernel version')
    if not _SERVERS.fullmatch(row.servers):
        raise ValueError(f'"{row.servers}" is not a list of server names separated by commas')
    return row


def read(path: Path) -> list[Row]:
    """Raises NotAMatrix or OSError."""
    head, *lines = path.read_text("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if head != _HEAD and (head or lines):
        raise NotAMatrix(f"{path}:1: the first line does not name the columns: kernel, servers, note")
    if not lines:
        raise NotAMatrix(f"{path}:1: no row after this line")
    rows = []
    for number, line in enumerate(lines, 2):
        try:
            rows.append(_row(line))
        except ValueError as error:
            raise NotAMatrix(f"{path}:{number}: {error}") from None
    return rows


def choose(rows: Sequence[Row], kernels: Iterable[str]) -> Iterator[Row]:
    """In the order of KERNELS; one in no row gets the servers of the last row."""
    for kernel in kernels:
        yield from [row for row in rows if row.kernel == kernel] or [Row(kernel, rows[-1].servers)]


@dataclass
class _Line:
    cells: dict[str, str] = field(default_factory=dict)  # by server
    why: str = ""  # it has no verdict


class Table:
    """Lines of kernels, columns of servers, and the sums."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.lines: dict[str, _Line] = {}
        self.passed = self.xfail = self.changed = self.failed = self.skipped = self.lost = 0

    def add_columns(self, servers: Iterable[str]) -> None:
        self.columns += [server for server in servers if server not in self.columns]

    def add_lost(self, kernel: str, why: str) -> None:
        self.lines.setdefault(kernel, _Line()).why = why
        self.lost += 1

    def add(self, kernel: str, server: Server, unsupported: bool = False) -> None:
        """UNSUPPORTED: without passthrough a few cases pass; they are no result."""
        counts = (server.passed, server.known_failures, server.changed, server.failed, server.skipped)
        if unsupported:
            counts = (0, 0, 0, 0, len(server.results))
        passed, xfail, changed, failed, skipped = counts
        cell = "unsupported" if skipped == len(server.results) else "/".join(map(str, counts))
        self.add_columns([server.name])
        self.lines.setdefault(kernel, _Line()).cells[server.name] = cell
        self.passed += passed
        self.xfail += xfail
        self.changed += changed
        self.failed += failed
        self.skipped += skipped

    def add_directory(self, kernel: str, directory: Path) -> None:
        """Of a row with a verdict, the exit status of vm.sh. Raises NotARun or OSError."""
        unsupported = (directory / "verdict").read_text().strip() == _NOTHING_COULD_RUN
        for server in run_json.read(directory / "run/run.json"):
            self.add(kernel, server, unsupported)

    def text(self) -> Iterator[str]:
        width = max((len(kernel) for kernel in self.lines), default=0)
        heads = _Line({server: server for server in self.columns})
        for kernel, line in [("kernel", heads), *self.lines.items()]:
            cells = [line.why] if line.why else [f"{line.cells.get(server, '-'):14}" for server in self.columns]
            yield "  ".join([kernel.ljust(width), *cells]).rstrip(" ")
        yield "(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)"
        if self.lost:
            yield f"{self.lost} without a verdict"
        if self.xfail:
            yield f"{self.xfail} failed as expected"
        if self.changed:
            yield f"{self.changed} changed, not promised"
        yield f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def status(self) -> int:
        """The exit status of matrix.sh."""
        if self.failed or self.lost:
            return 1
        return 0 if self.passed or self.xfail or self.changed else 4
