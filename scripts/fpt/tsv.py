# SPDX-License-Identifier: GPL-2.0
"""Reads <kernel>/<server>.tsv, the results that a run leaves."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .failure import Failure
from .outcome import Outcome

HEAD = ("case", "server", "outcome", "observed", "requests", "note")
CASE = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+")
SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class NotAResult(Failure):
    """Its text is "FILE:LINE: why"."""


@dataclass(frozen=True)
class Row:
    """What became of a case on one kernel and server."""

    outcome: Outcome
    observed: str = ""  # values of the expectations, separated by blanks
    requests: str = ""  # at the server
    note: str = ""


@functools.lru_cache(maxsize=None)
def row(outcome: str, observed: str, requests: str, note: str) -> Row:
    """Equal rows are one object, as most rows of a matrix are. Raises ValueError."""
    return Row(Outcome(outcome), observed, requests, note)


Results = dict[str, Row]  # by case, in the order of the file


@dataclass(frozen=True)
class File:
    server: str
    rows: Results


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name  # that the server has to have, "" for any
        self.server = ""
        self.rows: Results = {}
        self._line_of: dict[str, int] = {}

    def line(self, number: int, line: str) -> str:
        """Takes a line of a case, and returns what is wrong with it."""
        if _CONTROL.search(line):
            return "not a result, it has a control character"
        columns = line.split("\t") if line else []
        if len(columns) != len(HEAD):
            return f"not a line of a result: {len(HEAD)} columns expected, got {len(columns)}"
        case, server, outcome, *texts = columns
        if not CASE.fullmatch(case):
            return f"'{case}' is not the name of a case"
        if case in self._line_of:
            return f"case {case} is also in line {self._line_of[case]}"
        if not SERVER.fullmatch(server):
            return f"'{server}' is not the name of a server"
        if self.name and server != self.name:
            return f"server {server}, but the file is called {self.name}.tsv"
        if self.server and server != self.server:
            return f"server {server}, but {self.server} in the line before"
        try:
            self.rows[case] = row(outcome, *texts)
        except ValueError:
            return f"'{outcome}' is not an outcome"
        self.server = server
        self._line_of[case] = number
        return ""


def read(path: Path, named: bool = False) -> File:
    """NAMED: the file must have the name of its server. Raises NotAResult or OSError."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    end = lines.pop()
    whole_lines = len(lines)
    if end:
        lines.append(end)
    if not lines or lines[0] != "\t".join(HEAD):
        raise NotAResult(f"{path}:1: not a result, its first line has other column names")
    reader = _Reader(path.stem if named else "")
    for number, line in enumerate(lines[1:], 2):
        why = reader.line(number, line)
        if why:
            raise NotAResult(f"{path}:{number}: {why}")
    if not reader.rows:
        raise NotAResult(f"{path}:1: incomplete result, it has no case")
    if end:
        raise NotAResult(f"{path}:{whole_lines + 1}: incomplete result, its last line has no newline")
    return File(reader.server, reader.rows)


def files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.glob("*.tsv")):
        if not path.name.startswith("."):
            yield path
