# SPDX-License-Identifier: GPL-2.0
"""Reads cases.tsv: the program, then what its --list says of each case."""

from __future__ import annotations

from typing import Iterable, Iterator

from .model import Case


def _words(column: str) -> tuple[str, ...]:
    return () if column == "-" else tuple(column.split(","))


def read(lines: Iterable[str]) -> Iterator[Case]:
    for line in lines:
        program, name, promise, since, needs, abilities, title = line.rstrip("\n").split("\t")
        yield Case(program, name, promise, since, _words(needs), _words(abilities), title)


def needed_abilities(case: Case) -> set[str]:
    """Of a server: passthrough is one of the host, too."""
    return {*case.abilities, *(("passthrough",) if case.needs_passthrough else ())}
