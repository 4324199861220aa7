# SPDX-License-Identifier: GPL-2.0
"""What a run found: the servers, the cases, and one result for each pair of them.

Readers (ktap, evidence, kernel_log) see one source each; collate makes a Run of them; writers and
reports see a Run alone. Texts are UTF-8 without control characters.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Iterator, Optional

from .outcome import Outcome


LEVELS = ("must", "today")  # promised, and only so today


@dataclass(frozen=True)
class Case:
    """What --list says of a case."""

    program: str
    name: str  # program.subject.expectation, or program.subject.variant.expectation
    promise: str = ""
    since: str = ""  # the release since which it holds
    needs: tuple[str, ...] = ()  # of the host
    abilities: tuple[str, ...] = ()  # of the server
    title: str = ""
    level: str = "must"  # of LEVELS

    @property
    def variant(self) -> str:
        parts = self.name.split(".")
        return parts[2] if len(parts) == 4 else ""

    @property
    def needs_passthrough(self) -> bool:
        return "passthrough" in self.needs


class Suspect(enum.Enum):
    """Who a failure points to."""

    KERNEL = "kernel"
    LIBRARY = "library"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Expected:
    """What an expectation file (--expect) says of a result."""

    place: str  # FILE:LINE, without the folder
    outcome: str  # one, several or a glob
    reason: str
    met: bool

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"expected {self.outcome} ({self.place}{why})"


@dataclass(frozen=True)
class Change:
    """An expectation that is not met."""

    what: str
    got: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.what}: got {self.got}, wanted {self.wanted}"


@dataclass
class Result:
    """What became of one case on one server."""

    case: Case
    server: str
    outcome: Outcome
    reason: str = ""  # of a failure, change, skip or expected failure, equal in each run
    changes: tuple[Change, ...] = ()  # of what is not promised, also of a case that failed
    broken_by: str = ""  # "server" or "init", see harness/README.md; "" for anything else
    lacks: str = ""  # what an external file system does not support, for which the case was skipped
    open_error: str = ""  # errno of an open, if that is the first thing that failed
    eio_cause: str = ""  # why opens fail, found by this case
    held_by: str = ""  # what holds a closed file open, if that is the first thing that failed
    hints: tuple[str, ...] = ()  # what the case or its steps say of a failure
    advice: str = ""  # what the author of an external file system is to change
    shell: tuple[str, ...] = ()  # commands in the mounted directory that show the failure
    kinds: tuple[str, ...] = ()  # of the files that the case opened in an external file system: o_creat
    reports: tuple[str, ...] = ()  # of the kernel log while it ran
    suspect: Optional[Suspect] = None
    observed: str = ""  # values of the expectations, separated by blanks
    requests: str = ""  # at the server
    details: tuple[str, ...] = ()  # lines that the harness printed of a failure
    seconds: Optional[float] = None  # None: it did not end
    kernel_died: bool = False  # while it ran
    expected: Optional[Expected] = None

    @property
    def failed(self) -> bool:
        """The run fails for it."""
        return self.outcome.failed if self.expected is None else not self.expected.met

    @property
    def deviates(self) -> bool:
        """From what --expect says; such a result is a failure, also a pass or a skip."""
        return self.expected is not None and not self.expected.met

    @property
    def known_failure(self) -> bool:
        """It failed, and the run does not fail for it: the case or --expect says so."""
        return (self.outcome is Outcome.XFAIL or self.outcome.failed) and not self.failed

    @property
    def known_reason(self) -> str:
        """Why it is a known failure."""
        if self.expected is None or self.outcome is Outcome.XFAIL:
            return self.reason
        return self.expected.reason or f"expected by {self.expected.place}"

    @property
    def unexpected_pass(self) -> bool:
        return self.outcome is Outcome.XPASS and not self.failed

    @property
    def changed(self) -> bool:
        """What is not promised differs, and the run does not fail for it."""
        return self.outcome is Outcome.CHANGED and not self.failed

    @property
    def skipped(self) -> bool:
        return self.outcome.skipped and not self.failed

    @property
    def what_happened(self) -> str:
        return "; ".join(part for part in (self.reason, *self.reports, *self.hints) if part)

    @property
    def note(self) -> str:
        """The text of results/: what a failure or a skip needs to be understood."""
        parts = [self.what_happened, f"advice: {self.advice}" if self.advice else ""]
        if self.suspect in (Suspect.KERNEL, Suspect.LIBRARY):
            parts.append(f"suspect: {self.suspect.value}")
        return "; ".join(part for part in parts if part)


@dataclass
class Server:
    """One server under test, or one external file system."""

    name: str  # in results: libfuse-3.18.3
    library: str = ""  # by its hello: libfuse
    version: str = ""
    over_io_uring: bool = False
    status: dict[str, str] = field(default_factory=dict)  # program: exit status, "timeout" or "unbegun"
    results: dict[str, Result] = field(default_factory=dict)  # by case, in the order of Run.cases

    def count(self, *outcomes: Outcome) -> int:
        return sum(result.outcome in outcomes for result in self.results.values())

    @property
    def passed(self) -> int:
        """With the unexpected passes. A result is one of passed, changed, failed, skipped and known failure."""
        return sum(result.outcome in (Outcome.PASS, Outcome.XPASS) and not result.failed for result in self.results.values())

    @property
    def changed(self) -> int:
        return sum(result.changed for result in self.results.values())

    @property
    def failed(self) -> int:
        return sum(result.failed for result in self.results.values())

    @property
    def skipped(self) -> int:
        return sum(result.skipped for result in self.results.values())

    @property
    def known_failures(self) -> int:
        return sum(result.known_failure for result in self.results.values())

    @property
    def unexpected_passes(self) -> int:
        return sum(result.unexpected_pass for result in self.results.values())


@dataclass
class Run:
    """All that one command found on one kernel."""

    kernel: str  # the folder of its results
    cases: list[Case]
    servers: list[Server]
    directory: str = ""  # of the logs
    fault: str = ""  # the deliberate fault of the servers (FPT_FAULT)
    external: bool = False  # of an external file system (--mount)
    failures: list[str] = field(default_factory=list)  # outside of any case
    reports_of_others: list[str] = field(default_factory=list)  # of processes outside of the run
    reports_unknown: int = 0  # reports whose process could not be looked up
    reports_known: list[tuple[str, str]] = field(default_factory=list)  # promise, report that a case declares
    records_lost: int = 0  # of the kernel log
    not_run: int = 0  # cases left out by --fail-fast
    rerun: dict[str, str] = field(default_factory=dict)  # server: command up to the case's name
    started: float = 0.0  # seconds since the epoch
    seconds: float = 0.0
    environment: dict[str, str] = field(default_factory=dict)  # kernel_release, suite_version, ...

    def results(self) -> Iterator[Result]:
        for server in self.servers:
            yield from server.results.values()

    def count(self, *outcomes: Outcome) -> int:
        return sum(server.count(*outcomes) for server in self.servers)

    @property
    def passed(self) -> int:
        return sum(server.passed for server in self.servers)

    @property
    def changed(self) -> int:
        return sum(server.changed for server in self.servers)

    @property
    def failed(self) -> int:
        """Failures outside of any case count, too."""
        return sum(server.failed for server in self.servers) + len(self.failures)

    @property
    def skipped(self) -> int:
        return sum(server.skipped for server in self.servers)

    @property
    def known_failures(self) -> int:
        return sum(server.known_failures for server in self.servers)

    @property
    def unexpected_passes(self) -> int:
        return sum(server.unexpected_passes for server in self.servers)

    @property
    def unsupported(self) -> bool:
        """Nothing was executed, or nothing that needs passthrough."""
        if self.failed:
            return False
        good = [result for result in self.results() if result.outcome.good or result.expected]
        needed = any(case.needs_passthrough for case in self.cases)
        return not any(result.case.needs_passthrough for result in good) if needed else not good

    @property
    def status(self) -> int:
        """The exit status of the command: 0 passed, 1 failed, 4 nothing executed."""
        return 1 if self.failed else 4 if self.unsupported else 0
