# SPDX-License-Identifier: GPL-2.0
"""The cases of the built programs against the results of all kernels and servers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Optional, Sequence

from .. import release
from ..failure import Failure
from ..model import Case
from ..programs import Promise
from ..store import Row, Store


@dataclass(frozen=True)
class Section:
    """The promises of one letter, and the cases that test them."""

    id: str
    title: str
    cases: list[Case] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    kernel: str
    server: str
    results: dict[str, Row]


class Matrix:
    def __init__(self, promises: Sequence[Promise], cases: Sequence[Case], store: Store, made: Sequence[str]) -> None:
        """MADE: the servers that make builds."""
        self.promises = promises
        self.cases = cases
        self.sections: list[Section] = []
        section_of: dict[str, Section] = {}
        for promise in promises:
            if promise.is_heading:
                self.sections.append(Section(promise.id, promise.text))
            section_of[promise.id] = self.sections[-1]
        for case in cases:
            if case.promise not in section_of:
                raise Failure(f"{case.name}: promise {case.promise} is not in the contract: run 'make' again")
            section_of[case.promise].cases.append(case)

        pairs = set(store.pairs)
        self.kernels = sorted({kernel for kernel, _ in pairs}, key=release.key)
        self.servers = in_order({server for _, server in pairs}, made)
        self.columns = [
            Column(kernel, server, store.results(kernel, server))
            for kernel in self.kernels
            for server in self.servers
            if (kernel, server) in pairs
        ]
        self.columns_of = {
            kernel: [number for number, column in enumerate(self.columns) if column.kernel == kernel]
            for kernel in self.kernels
        }
        known = {case.name for case in cases}
        gone = {name: None for column in self.columns for name in column.results if name not in known}
        self.gone = [Case("", name, promise="-") for name in gone]  # removed from the suite
        self.found = {
            case.name: together(column.results.get(case.name) for column in self.columns)
            for case in (*cases, *self.gone)
        }


def together(cells: Iterable[Optional[Row]]) -> dict[Row, list[int]]:
    """Each different result with its columns, that of the first column first."""
    by_identity: dict[int, tuple[Row, list[int]]] = {}  # most equal rows are one object, and quick to find
    for column, row in enumerate(cells):
        if row is not None:
            by_identity.setdefault(id(row), (row, []))[1].append(column)
    found: dict[Row, list[int]] = {}
    for row, columns in by_identity.values():
        found.setdefault(row, []).extend(columns)
    return found


def in_order(servers: set[str], made: Sequence[str]) -> list[str]:
    """Those that make builds first, the newest version of a library first."""
    newest_first = sorted(servers, key=release.key, reverse=True)

    def library(server: str) -> str:
        return re.sub(r"-[0-9].*", "", server)

    def place(server: str) -> tuple[int, str]:
        name = library(server)
        return (made.index(name) if name in made else len(made), name)

    return sorted(newest_first, key=place)
