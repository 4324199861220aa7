# SPDX-License-Identifier: GPL-2.0
"""What changed between two results of the same cases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator, Optional

from . import globs, release
from .outcome import Outcome
from .tsv import Results, Row

KINDS = ("regressed", "fixed", "now skipped", "now run", "changed", "new", "vanished")


def _kind(old: Outcome, new: Outcome) -> str:
    """Of a change of the outcome."""
    if old is new:
        return ""
    if (old.failed, old.skipped) == (new.failed, new.skipped):
        return "changed"
    if new.failed:
        return "regressed"
    if new.skipped:
        return "now skipped"
    return "fixed" if old.failed else "now run"


def _seen(row: Row) -> str:
    return f"{row.observed} / {row.requests}"


def _with_note(row: Row) -> str:
    return row.outcome.value + (row.note and f" ({row.note})")


@dataclass
class Changes:
    """Lines of each kind."""

    of_kind: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, label: str, old: Results, new: Results) -> None:
        for case, row in new.items():
            name = f"{label}{case}"
            before = old.get(case)
            if before is None:
                self.of_kind["new"].append(f"{name}: {_with_note(row)}")
                continue
            kind = _kind(before.outcome, row.outcome)
            if kind:
                self.of_kind[kind].append(f"{name}: {before.outcome.value} -> {_with_note(row)}")
            elif _seen(before) != _seen(row):
                self.of_kind["changed"].append(
                    f"{name}: {row.outcome.value}, observed {_seen(before)} -> {_seen(row)}")
        for case, row in old.items():
            if case not in new:
                self.of_kind["vanished"].append(f"{label}{case}: {row.outcome.value}")

    def count(self, kind: str) -> int:
        return len(self.of_kind[kind])

    def text(self) -> Iterator[str]:
        for kind in KINDS:
            if self.of_kind[kind]:
                yield f"{kind}:"
                yield from (f"  {line}" for line in self.of_kind[kind])
                yield ""
        yield ", ".join(f"{self.count(kind)} {kind}" for kind in KINDS)


def nearest_kernel(name: str, kernels: Iterable[str]) -> Optional[str]:
    """NAME itself, or the newest before it; 7.4-rc1 is before 7.4. One of the same architecture, if there is one."""
    before = sorted((kernel for kernel in kernels if release.rank(kernel) <= release.rank(name)), key=release.rank)
    for target in (release.split(name)[1], ""):
        same = [kernel for kernel in before if release.split(kernel)[1] == target]
        if same:
            return same[-1]
    return None


def nearest_server(name: str, servers: Iterable[str]) -> Optional[str]:
    """Another version of a library still compares the kernel: the newest before, else the oldest after it."""
    def rank(server: str) -> tuple[bool, release.Key, str]:
        return release.rank(re.sub("^-", "", server[len(library) :]))

    library = globs.unversioned(name)
    same = sorted((server for server in servers if globs.unversioned(server) == library), key=rank)
    if name in same:
        return name
    before = [server for server in same if rank(server) < rank(name)]
    return before[-1] if before else same[0] if same else None
