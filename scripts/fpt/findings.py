# SPDX-License-Identifier: GPL-2.0
"""What is wrong with an external file system: its failures, grouped by their cause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection

from .model import Result, Server

# EIO and what is pinned first, then what may follow from them.
_PROMISES_BY_WEIGHT = (
    "A12", "A14", "A5", "A6", "A8", "A9", "A1", "A2", "A3", "A4", "A7", "A13", "A15", "A10", "A11"
)
# Kinds of file, as the evidence names them.
_KINDS = {
    "open_rdonly": "opens for reading",
    "open_rdwr": "opens for writing",
    "o_creat": "creates",
    "o_tmpfile": "opens with O_TMPFILE",
}


@dataclass
class Finding:
    """All failures with one cause."""

    change: str  # what the author is to change; "" if that is not known
    results: list[Result] = field(default_factory=list)

    @property
    def weight(self) -> int:
        if any(map(explains_eio, self.results)):
            return -1
        return min(_weight(result.case.promise) for result in self.results)

    @property
    def first(self) -> Result:
        """The one that says most of the cause."""
        return next((result for result in self.results if result.eio_cause), self.results[0])

    @property
    def name(self) -> str:
        """The cause in a few words."""
        result = self.first
        if result.held_by:
            return f"a closed file is held by {result.held_by}"
        if result.eio_cause:
            return f"an open fails with EIO, after {result.eio_cause}"
        return f'not so: "{result.case.title}"'

    @property
    def cause(self) -> str:
        """The same, with what was observed."""
        result = self.first
        observed = "" if result.held_by or result.eio_cause else result.reason
        what = f"{self.name}: {observed}" if observed else self.name
        return "; ".join((what, *result.reports, *result.hints))

    @property
    def kinds(self) -> str:
        """Of the files that are concerned, as far as the cases tell them apart."""
        kinds = {kind for result in self.results for kind in result.kinds}
        return f"files that it {listed(kinds, 'and')}" if kinds else ""

    @property
    def promises(self) -> str:
        return " ".join(dict.fromkeys(result.case.promise for result in self.results))

    @property
    def shell(self) -> tuple[str, ...]:
        """Commands in the mounted directory that show it."""
        return next((result.shell for result in (self.first, *self.results) if result.shell), ())


def _weight(promise: str) -> int:
    return _PROMISES_BY_WEIGHT.index(promise) if promise in _PROMISES_BY_WEIGHT else len(_PROMISES_BY_WEIGHT)


def explains_eio(result: Result) -> bool:
    return bool(result.eio_cause and result.advice)


def is_failed_open(result: Result) -> bool:
    return result.open_error == "EIO"


def listed(kinds: Collection[str], word: str) -> str:
    *some, last = [text for kind, text in _KINDS.items() if kind in kinds]
    return f"{', '.join(some)} {word} {last}" if some else last


def is_kind(variant: str) -> bool:
    return variant in _KINDS


def of(server: Server) -> list[Finding]:
    """The worst first. All failed opens are one finding if a case has found the cause."""
    results = [result for result in server.results.values() if result.outcome.accuses and result.failed]
    cause = next((result.advice for result in results if explains_eio(result)), "")
    findings: dict[str, Finding] = {}
    for result in sorted(results, key=is_failed_open):
        change = cause if cause and is_failed_open(result) else result.advice
        findings.setdefault(change or f"of {result.case.promise}", Finding(change)).results.append(result)
    return sorted(findings.values(), key=lambda finding: finding.weight)
