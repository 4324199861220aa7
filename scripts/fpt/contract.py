# SPDX-License-Identifier: GPL-2.0
"""The contract as Markdown: each promise with the source that decides it and the cases that test it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator

from .hello import Hello
from .markdown import plain
from .model import LEVELS, Case
from .programs import Promise

_EXTERNAL = "external file systems"
_TOP = """\
# The contract of FUSE passthrough backing IDs

Each promise with the source that decides it, and the cases that test it: the release since
which they hold, and the servers that can run them.

What *must* be kept has a basis: a document, a commit's message, a uapi comment, a man page, or a named
program that relies on it. A kernel that differs fails. What is *only so today* has none, for the
reason given. A kernel that differs has changed: the suite says so, and does not fail. A case can ask
for more than its promise includes; it is marked.

{must} must be kept, {today} only so today.

Servers: {servers}."""
_MARK = " (*only so today*)"
_REASON = "a reason why they are only so today"
_TABLE = """
### {heading}

| ID | {what}, and the cases that test it | since | servers | decided by | {why} |
|---|---|---|---|---|---|"""
_TABLES = {
    "must": _TABLE.format(heading="Must", what="promise", why="basis"),
    "today": _TABLE.format(heading="Only so today", what="what the kernel does", why="why it is not promised"),
}


@dataclass
class _Line:
    """A case, or all variants of one."""

    case: Case
    promise: Promise
    servers: str
    variants: list[str]

    def __str__(self) -> str:
        name = _without_variant(self.case)
        if self.variants:
            variants = ",".join(self.variants)
            name = name.replace("{}", variants if len(self.variants) == 1 else f"{{{variants}}}")
        mark = "" if self.case.level == self.promise.level else _MARK
        return f"| | `{name}`{mark}: {plain(self.case.title)} | {self.case.since} | {self.servers} | | |"


def _count(promises: list[Promise], level: str, one: str, many: str) -> str:
    count = sum(promise.level == level for promise in promises)
    return f"{count} {one if count == 1 else many}"


def _without_variant(case: Case) -> str:
    """program.subject.VARIANT.expectation with "{}" for the variant."""
    return case.name.replace(f".{case.variant}.", ".{}.", 1) if case.variant else case.name


class Contract:
    def __init__(
        self, promises: Iterable[Promise], cases: Iterable[Case], external: Iterable[Case], servers: list[Hello]
    ) -> None:
        self._promises = list(promises)
        self._servers = servers
        self._known = {promise.id: promise for promise in self._promises if not promise.is_heading}
        self._lines: dict[str, dict[str, _Line]] = {promise: {} for promise in self._known}
        self._strangers: list[Case] = []  # of no promise
        for case in cases:
            self._add(case, self._able(case))
        for case in external:
            self._add(case, _EXTERNAL)

    def complaints(self) -> list[str]:
        """What keeps the contract from being complete."""
        untested = [promise.id for promise in self._promises if not (promise.is_heading or self._lines[promise.id])]
        strangers = [f"{case.name} ({case.promise})" for case in self._strangers]
        found = {
            "promises without a case": untested,
            "cases whose promise is not in the contract": strangers,
            f"promises with neither a basis nor {_REASON}": self._with(0),
            f"promises with both a basis and {_REASON}": self._with(2),
        }
        return [f"{what}: {' '.join(names)}" for what, names in found.items() if names]

    def _with(self, count: int) -> list[str]:
        """The promises that have COUNT of basis and reason."""
        return [id for id, promise in self._known.items() if 2 - [promise.basis, promise.today].count("-") == count]

    def _able(self, case: Case) -> str:
        wanted = {*case.abilities, *(["passthrough"] if case.needs_passthrough else [])}
        return ", ".join(server.name for server in self._servers if wanted <= server.abilities) or "none"

    def _add(self, case: Case, servers: str) -> None:
        if case.promise not in self._lines:
            self._strangers.append(case)
            return
        line = _Line(case, self._known[case.promise], servers, [])
        line = self._lines[case.promise].setdefault(_without_variant(case), line)
        if case.variant:
            line.variants.append(case.variant)

    def markdown(self) -> Iterator[str]:
        yield _TOP.format(
            must=_count(self._promises, "must", "promise", "promises"),
            today=_count(self._promises, "today", "is", "are"),
            servers=", ".join(f"{server.name} {server.version}" for server in self._servers),
        )
        for heading in self._promises:
            if heading.is_heading:
                yield f"\n## {heading.id}: {plain(heading.text)}"
                for level in LEVELS:
                    yield from self._table(heading, level)

    def _table(self, heading: Promise, level: str) -> Iterator[str]:
        promises = [promise for promise in self._of(heading) if promise.level == level]
        if promises:
            yield _TABLES[level]
        for promise in promises:
            ends = f"{plain(promise.ref)} | {plain(promise.why)}"
            yield f"| **{promise.id}** | **{plain(promise.text)}** | | | {ends} |"
            lines = self._lines[promise.id].values()
            yield from map(str, lines) if lines else ["| | no case | | | | |"]

    def _of(self, heading: Promise) -> Iterator[Promise]:
        """The promises of a section, which follow its heading."""
        for promise in self._promises[self._promises.index(heading) + 1 :]:
            if promise.is_heading:
                return
            yield promise
