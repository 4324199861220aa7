# SPDX-License-Identifier: GPL-2.0
"""Reads the kernel log of a run: which reports count, and for which cases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Container, Iterable, Optional, Sequence, TextIO

from . import reasons

# The one list of what counts as a report.
_A_KERNEL_MAY_DIE_OF_IT = "BUG:|BUG at|Oops|general protection fault,|Kernel panic|Unable to handle|KASAN:"
FATAL = re.compile(_A_KERNEL_MAY_DIE_OF_IT)
REPORT = re.compile(
    _A_KERNEL_MAY_DIE_OF_IT + "|WARNING:|KCSAN|UBSAN|[Cc]all [Tt]race:|refcount_t|"
    "possible (circular|recursive) locking|inconsistent lock state|"
    "INFO: task .* blocked|detected stalls|new suspected memory leaks"
)
# Running out of memory, which the fault injection of promises X causes, is no kernel bug; it prints
# a trace, too.
NO_MEMORY = re.compile(": (vmalloc error|page allocation failure): ")
# The first line of a report, which ends the one before.
HEAD = re.compile("cut here|^====|INFO: task ")

_TRACE = re.compile("Call [Tt]race:")
_TRACE_ENDS = re.compile("</TASK>")
_IN_INTERRUPT = re.compile(" *<IRQ>")
_BY_A_TIMER = re.compile("lockup|stall")
_NAMES_A_REPORT = re.compile("BUG:|WARNING:")
_MARK = re.compile("fpt: (begin|end) ")
# "priority,sequence,microseconds,flags", behind which run.sh says whose process a record names.
_HEADER = re.compile(r"(\d+),(\d+),(\d+)(?:,.*?)?(?:,fpt=([a-z]+))?$", re.ASCII)
_FACILITIES_OF_PROCESSES = 8  # a priority from here on is not the kernel's
_CONSOLE_TIME = re.compile(r"^\[[^]]*\] ")
_CONSOLE_MARK = re.compile(r".*fpt: (begin|end) +(\S+) +(\S+)")

Key = tuple[str, str]  # server, case


@dataclass(frozen=True)
class Known:
    """A report that a case declares: it does not count."""

    promise: str
    first: re.Pattern[str]  # in its first line
    later: re.Pattern[str]  # in one of the lines that follow


def known(lines: Iterable[str]) -> list[Known]:
    """Promise and two regular expressions, separated by tabs."""
    found = []
    for line in lines:
        promise, first, later = line.rstrip("\n").split("\t")
        found.append(Known(promise, re.compile(first), re.compile(later)))
    return found


@dataclass
class _Report:
    text: str
    ran: tuple[Key, ...]  # the cases that were running


@dataclass
class KernelLog:
    """What the log says of the run."""

    reports: dict[Key, str] = field(default_factory=dict)  # the first while a case ran
    outside: str = ""  # the first while no case ran
    others: list[str] = field(default_factory=list)  # reports about processes outside of the run
    unknown: int = 0  # reports that count, but may be about such processes
    known: list[tuple[str, str]] = field(default_factory=list)  # promise and report
    lost: int = 0  # records

    def count(self, report: _Report) -> None:
        text = reasons.stable(report.text)
        if not report.ran:
            self.outside = self.outside or text
        for key in report.ran:
            also = ", ".join(f"{case} {server}" for server, case in report.ran if (server, case) != key)
            self.reports.setdefault(key, f"kernel log: {text}" + (f" (also running: {also})" if also else ""))


class _Reports:
    """Finds the reports of one boot.

    A report that is known, about lack of memory, or of other processes does not count, up to the end
    of its trace. Its process may be named some lines after its first one: until then it is held.
    """

    def __init__(self, log: KernelLog, known_reports: Sequence[Known], seen: dict[int, str]) -> None:
        self.log = log
        self.known = known_reports
        self.seen = seen  # known reports, by their index
        self.held: list[_Report] = []
        self.awaited = 0  # lines in which the held reports may still be told apart
        self.may_be_known = False
        self.in_uncounted = False
        self.in_others = False
        self.trace_of_others: Optional[int] = None  # the sequence number of its first line
        self.ran_with_others: tuple[Key, ...] = ()

    def settle(self) -> None:
        """What is held counts."""
        for report in self.held:
            self.log.count(report)
        self._release()

    def _release(self) -> None:
        self.held = []
        self.awaited = 0

    def read(self, sequence: int, text: str, whose: str, running: Iterable[Key]) -> None:
        if self.awaited and self._ends_the_held(text, whose):
            self.settle()
        if self.awaited and self.may_be_known:
            self._match_known(text)
        if HEAD.search(text) or _NAMES_A_REPORT.search(text):  # only x86 marks the end of a trace
            self.in_uncounted = False
        if self.in_uncounted:
            self.in_uncounted = not _TRACE_ENDS.search(text)
        elif NO_MEMORY.search(text):
            self.in_uncounted = True
        elif self.in_others and _TRACE.search(text):
            self.in_others = False
            self.trace_of_others = sequence
        elif _IN_INTERRUPT.match(text) and self._names_the_interrupted(sequence):
            self.log.unknown += 1
            self.log.count(_Report(self.log.others.pop(), self.ran_with_others))
        elif REPORT.search(text):
            self._hold(_Report(text, tuple(running)))
        if self.awaited and whose:
            self._attribute(whose)

    def _ends_the_held(self, text: str, whose: str) -> bool:
        if HEAD.search(text):
            return True
        self.awaited -= 1
        if not self.awaited:
            return True
        return bool(REPORT.search(text)) and (self.may_be_known or bool(whose) and not text.startswith("WARNING:"))

    def _match_known(self, text: str) -> None:
        first = self.held[0].text
        for index, report in enumerate(self.known):
            if report.first.search(first) and report.later.search(text):
                self.seen[index] = reasons.stable(first)
                self._release()
                self.in_uncounted = True
                return

    def _names_the_interrupted(self, sequence: int) -> bool:
        """A report from an interrupt, RCU's included, names the process that it interrupted."""
        follows = self.trace_of_others is not None and self.trace_of_others == sequence - 1
        return follows and not _BY_A_TIMER.search(self.log.others[-1])

    def _hold(self, report: _Report) -> None:
        self.in_others = False
        self.held.append(report)
        if self.awaited:
            return
        self.may_be_known = any(one.first.search(report.text) for one in self.known)
        self.awaited = 6 if self.may_be_known else 12

    def _attribute(self, whose: str) -> None:
        if whose == "others":
            self.log.others.append(self.held[0].text)
            self.ran_with_others = self.held[0].ran
            self._release()
            self.in_others = True
        elif not self.may_be_known:
            self.log.unknown += whose == "unknown"
            self.settle()


class _Boot:
    """The records of one boot, of which some may come twice or be lost."""

    def __init__(self, marker: str, reports: _Reports, cases: Container[str], servers: Container[str]) -> None:
        self.marker = marker
        self.reports = reports
        self.cases = cases
        self.servers = servers
        self.in_run = False
        self.last: Optional[int] = None  # sequence number
        self.running: dict[Key, None] = {}
        self.reported_before = set(reports.log.reports)

    def read(self, line: str, out: TextIO) -> None:
        header, separator, text = line.partition(";")
        fields = _HEADER.match(header)
        if not separator or not fields:
            return  # the line continues a record
        sequence = int(fields[2])
        if self.last is not None and sequence <= self.last:
            return
        if self.in_run and self.last is not None:
            self.reports.log.lost += sequence - self.last - 1
        self.last = sequence
        if text == f"{self.marker} begins":
            self.in_run = True
        if not self.in_run:
            return
        out.write(f"[{int(fields[3]) / 1000000:.6f}] {text}\n")
        if text == f"{self.marker} ends":
            self.in_run = False
        elif _MARK.match(text):
            self._mark(text)
        elif int(fields[1]) < _FACILITIES_OF_PROCESSES:
            self.reports.read(sequence, text, fields[4] or "", self.running)

    def _mark(self, text: str) -> None:
        words = [*text.split(), "", ""]
        key = (words[3], words[2])
        if words[2] not in self.cases or words[3] not in self.servers:
            return  # another run on this host
        if words[1] == "end":
            self.running.pop(key, None)
            return
        self.running[key] = None
        if key in self.reported_before:  # else another run begins the same case
            self.reported_before.discard(key)
            self.reports.log.reports.pop(key, None)


def read(
    lines: Iterable[str],
    cases: Container[str],
    servers: Container[str],
    known_reports: Sequence[Known],
    out: TextIO,
) -> KernelLog:
    """Reads a marker and records of /dev/kmsg, the marker again at each boot; writes the run's to OUT."""
    log = KernelLog()
    seen: dict[int, str] = {}
    boot: Optional[_Boot] = None
    for line in lines:
        line = line.rstrip("\n")
        if boot and line != boot.marker:
            boot.read(line, out)
            continue
        if boot:
            boot.reports.settle()
        boot = _Boot(line, _Reports(log, known_reports, seen), cases, servers)
    if boot:
        boot.reports.settle()
    log.known = [(report.promise, seen[index]) for index, report in enumerate(known_reports) if index in seen]
    return log


def cause_of_death(console: Iterable[str]) -> str:
    """The first line of a console that says what killed the kernel, from the last case that began."""
    found = ""
    for line in console:
        line = _CONSOLE_TIME.sub("", line.rstrip("\n"), count=1)
        if line.startswith("fpt: begin "):
            found = ""
        elif not found and FATAL.search(line):
            found = line
    return found


def running(console: Iterable[str]) -> list[Key]:
    """The cases that began and did not end."""
    found: dict[Key, None] = {}
    for line in console:
        mark = _CONSOLE_MARK.match(line)
        if mark and mark[1] == "begin":
            found[mark[3], mark[2]] = None
        elif mark:
            found.pop((mark[3], mark[2]), None)
    return list(found)
