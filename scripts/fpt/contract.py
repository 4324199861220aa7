# SPDX-License-Identifier: GPL-2.0
"""The contract as Markdown: each promise with the source that decides it and the cases that test it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator

from .hello import Hello
from .markdown import plain
from .model import Case
from .programs import Promise

_EXTERNAL = "external file systems"
_TOP = """\
# The contract of FUSE passthrough backing IDs

Each promise with the source that decides it, and the cases that test it: the release since
which they hold, and the servers that can run them.

Servers: {servers}."""
_TABLE = """
## {id}: {text}

| ID | promise, and the cases that test it | since | servers | decided by |
|---|---|---|---|---|"""


@dataclass
class _Line:
    """A case, or all variants of one."""

    case: Case
    servers: str
    variants: list[str]

    def __str__(self) -> str:
        name = _without_variant(self.case)
        if self.variants:
            variants = ",".join(self.variants)
            name = name.replace("{}", variants if len(self.variants) == 1 else f"{{{variants}}}")
        return f"| | `{name}`: {plain(self.case.title)} | {self.case.since} | {self.servers} | |"


def _without_variant(case: Case) -> str:
    """program.subject.VARIANT.expectation with "{}" for the variant."""
    return case.name.replace(f".{case.variant}.", ".{}.", 1) if case.variant else case.name


class Contract:
    def __init__(
        self, promises: Iterable[Promise], cases: Iterable[Case], external: Iterable[Case], servers: list[Hello]
    ) -> None:
        self._promises = list(promises)
        self._servers = servers
        known = {promise.id for promise in self._promises if not promise.is_heading}
        self._lines: dict[str, dict[str, _Line]] = {promise: {} for promise in known}
        self._strangers: list[Case] = []  # of no promise
        for case in cases:
            self._add(case, self._able(case))
        for case in external:
            self._add(case, _EXTERNAL)

    def complaints(self) -> list[str]:
        """What keeps the contract from being complete."""
        untested = [promise.id for promise in self._promises if not (promise.is_heading or self._lines[promise.id])]
        strangers = [f"{case.name} ({case.promise})" for case in self._strangers]
        found = {"promises without a case": untested, "cases whose promise is not in the contract": strangers}
        return [f"{what}: {' '.join(names)}" for what, names in found.items() if names]

    def _able(self, case: Case) -> str:
        wanted = {*case.abilities, *(["passthrough"] if case.needs_passthrough else [])}
        return ", ".join(server.name for server in self._servers if wanted <= server.abilities) or "none"

    def _add(self, case: Case, servers: str) -> None:
        if case.promise not in self._lines:
            self._strangers.append(case)
            return
        line = self._lines[case.promise].setdefault(_without_variant(case), _Line(case, servers, []))
        if case.variant:
            line.variants.append(case.variant)

    def markdown(self) -> Iterator[str]:
        yield _TOP.format(servers=", ".join(f"{server.name} {server.version}" for server in self._servers))
        for promise in self._promises:
            if promise.is_heading:
                yield _TABLE.format(id=promise.id, text=plain(promise.text))
                continue
            yield f"| **{promise.id}** | **{plain(promise.text)}** | | | {plain(promise.ref)} |"
            lines = self._lines[promise.id].values()
            yield from map(str, lines) if lines else ["| | no case | | | |"]
