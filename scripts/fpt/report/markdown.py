# SPDX-License-Identifier: GPL-2.0
"""Writes results/README.md."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import AbstractSet, Iterator

from ..markdown import plain
from ..model import Case
from ..outcome import Outcome
from .matrix import Matrix, Section

_BAD = (  # the worst first
    Outcome.CRASH,
    Outcome.TIMEOUT,
    Outcome.FAIL,
    Outcome.BROKEN,
    Outcome.INCOMPLETE,
    Outcome.XPASS,
)
_IN_SECTIONS = (*_BAD, Outcome.XFAIL)
_MOST_NAMES = 6
_HEAD = """\
# Results

Written by `scripts/report.sh` from the files beside it and from the cases of the built programs:
rerun it instead of editing this file. `--html FILE` writes a page with every case on every kernel.

`runs` has what was run; `cases` what each case usually observes; `expected` where a case does not
pass, as a file for `--expect`; `observed` where it observed anything else. `make results` and
`--results DIR` change them, `scripts/compare.sh results RUN-DIRECTORY` compares with them.

`fail`: the kernel (or the library) breaks the promise; the fix is named if it is known.
`changed`: what the case is about is not promised, and differs: no failure, but worth a mail.
`xfail`: every kernel of that series so far fails, so the failure is expected. `xpass`: passed
although a failure was expected. `crash`: the kernel or the program died. `timeout`: it hung.
`incomplete`: it died before the case started. `broken`: the case could not be set up, which
says nothing about the kernel. "A to B" means those kernels in between that ran the case.
"""
_EXTERNAL = """
## External file systems

What `scripts/run.sh --mount` found in programs that know nothing of the suite, from the files in `external`.
A failure there is one of the program, not of the kernel. The commands are in
[scripts/README.md](../scripts/README.md#external-file-systems-in-results).
"""
_FIX = re.compile(r"(?:^|; )(fixed by .*)")
_ADVICE = re.compile(r"; advice: (.*)")
_SUSPECT = re.compile(r"; suspect: [a-z]+$")

Columns = AbstractSet[int]


def text(matrix: Matrix) -> str:
    return "".join(f"{line}\n" for line in _Summary(matrix).lines())


def of_external(matrix: Matrix) -> str:
    """A section on the external file systems."""
    return "".join(f"{line}\n" for line in _Programs(matrix).lines())


def cause(note: str) -> str:
    """The fix, if it is known, else the whole note."""
    fix = _FIX.search(note)
    return _SUSPECT.sub("", fix[1]) if fix else note


def where(matrix: Matrix, hit: Columns, counted: Columns) -> str:
    """The kernels of HIT among those of COUNTED, with the servers unless all are hit:
    "6.12.43 to 7.1.3, 7.2.12 (raw)"."""
    spans: list[tuple[list[str], str]] = []  # kernels one after the other, and their servers
    every = True
    continued = False
    for kernel in matrix.kernels:
        ran = [column for column in matrix.columns_of[kernel] if column in counted]
        some = [column for column in matrix.columns_of[kernel] if column in hit]
        if not ran:
            continue
        every = every and len(ran) == len(some)
        servers = "" if len(ran) == len(some) else ", ".join(matrix.columns[column].server for column in some)
        if some and continued and spans[-1][1] == servers:
            spans[-1][0].append(kernel)
        elif some:
            spans.append(([kernel], servers))
        continued = bool(some)
    if every and len(spans) == 1 and len(spans[0][0]) > 2:
        return "every kernel"
    return ", ".join(_span(kernels) + (f" ({servers})" if servers else "") for kernels, servers in spans)


def _span(kernels: list[str]) -> str:
    if len(kernels) == 1:
        return kernels[0]
    return f"{kernels[0]}{', ' if len(kernels) == 2 else ' to '}{kernels[-1]}"


class _Names:
    """The cases of one line, those that differ in their variant alone as one: `p.f.{a,b}.x`."""

    def __init__(self) -> None:
        self._variants: dict[str, list[str]] = {}

    def add(self, case: Case) -> None:
        parts = case.name.split(".")
        variant = parts[2:3] if len(parts) == 4 else []
        name = ".".join([*parts[:2], *("{}" for _ in variant), parts[-1]])
        self._variants.setdefault(f"{case.promise} `{name}`", []).extend(variant)

    def __str__(self) -> str:
        names = []
        for name, variants in self._variants.items():
            joined = ",".join(variants)
            names.append(name.replace("{}", joined if len(variants) == 1 else f"{{{joined}}}"))
        if len(names) > _MOST_NAMES + 1:
            names[_MOST_NAMES:] = [f"and {len(names) - _MOST_NAMES} similar ones"]
        return "<br>".join(names)


class _Summary:
    in_sections: tuple[Outcome, ...] = _IN_SECTIONS

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.all = frozenset(range(len(matrix.columns)))
        self.total: dict[Outcome, Counter[int]] = {outcome: Counter() for outcome in Outcome}  # by column
        self.skips: dict[tuple[Outcome, str], Counter[int]] = defaultdict(Counter)  # by reason and column
        for section in matrix.sections:
            for case in section.cases:
                for row, columns in matrix.found[case.name].items():
                    self.total[row.outcome].update(columns)
                    if row.outcome.skipped:
                        self.skips[row.outcome, row.note].update(columns)

    def lines(self) -> Iterator[str]:
        yield _HEAD
        yield from self._counts()
        yield from self._unsupported()
        quiet = []
        for section in self.matrix.sections:
            lines = list(self._section(section))
            if lines:
                yield f"\n## {section.id}: {plain(section.title)}\n"
                yield "| outcome | cases | where | why |"
                yield "|---|---|---|---|"
                yield from lines
            elif section.cases and not any(self._changes(section)):
                quiet.append(section.id)
        if quiet:
            yield f"\n## {', '.join(dict.fromkeys(quiet))}\n\nAll cases that ran passed on every kernel."
        yield from self._changed()
        yield from self._skipped()
        if self.matrix.gone:
            yield f"\nThe suite no longer has {len(self.matrix.gone)} of the cases in these results: rerun it."

    # --- kernels x servers ---

    def _counts(self) -> Iterator[str]:
        matrix = self.matrix
        yield f"{len(matrix.cases)} cases.\n"
        yield f"| kernel | {' | '.join(matrix.servers)} |"
        yield "|---|" + "---|" * len(matrix.servers)
        for kernel in matrix.kernels:
            cells = {matrix.columns[column].server: self._count(column) for column in matrix.columns_of[kernel]}
            yield f"| {kernel} | {' | '.join(cells.get(server, '') for server in matrix.servers)} |"

    def _ran(self, column: int) -> int:
        return sum(total[column] for total in self.total.values())

    def _skips(self, column: int) -> int:
        return sum(total[column] for outcome, total in self.total.items() if outcome.skipped)

    def _count(self, column: int) -> str:
        bad = [(self.total[outcome][column], outcome.value) for outcome in _BAD]
        good = [
            (self.total[Outcome.CHANGED][column], "changed"),
            (self.total[Outcome.XFAIL][column], "xfail"),
            (self._skips(column), "skip"),
            (len(self.matrix.cases) - self._ran(column), "without a result"),
        ]
        bad_words = ", ".join(f"{count} {word}" for count, word in bad if count)
        good_words = "".join(f", {count} {word}" for count, word in good if count)
        passed = self.total[Outcome.PASS][column]
        return f"{self._verdict(column)}{bad_words and f'**{bad_words}**<br>'}{passed} pass{good_words}"

    def _verdict(self, column: int) -> str:
        """"unsupported" if the kernel or the library lacks what more than half of the cases need."""
        ran, skipped = self._ran(column), self._skips(column)
        if skipped == ran and self.total[Outcome.SKIP_KERNEL][column] * 2 <= ran:
            return "not run<br>"
        return "unsupported<br>" if skipped * 2 > ran else ""

    def _unsupported(self) -> Iterator[str]:
        columns_of = defaultdict(set)
        for column in self.all:
            if self._verdict(column) and self._skips(column):
                most = max(self.skips, key=lambda reason: self.skips[reason][column])
                columns_of[most].add(column)
        separator = "\n"
        for reason in self.skips:
            if reason in columns_of:
                place = where(self.matrix, columns_of[reason], self.all)
                yield f"{separator}- Most cases are skipped on {place}: {_reason(reason)}"
                separator = ""

    # --- the sections ---

    def _section(self, section: Section) -> Iterator[str]:
        groups: dict[Outcome, dict[tuple[str, str], _Names]] = defaultdict(dict)
        for case in section.cases:
            for outcome, why, place in self._findings(case):
                groups[outcome].setdefault((place, why), _Names()).add(case)
        for outcome in self.in_sections:
            for (place, why), names in groups[outcome].items():
                yield f"| {outcome.value} | {names} | {place} | {plain(why)} |"

    def _findings(self, case: Case) -> Iterator[tuple[Outcome, str, str]]:
        """Outcome, why and where; a case may have one outcome for several reasons."""
        columns_of: dict[tuple[Outcome, str], set[int]] = defaultdict(set)
        ran: set[int] = set()
        for row, columns in self.matrix.found[case.name].items():
            if row.outcome.skipped:
                continue
            ran.update(columns)
            if row.outcome is not Outcome.PASS:
                columns_of[row.outcome, self._why(row.note)].update(columns)
        for (outcome, why), hit in columns_of.items():
            yield outcome, why, self._where(hit, ran)

    def _why(self, note: str) -> str:
        return cause(note)

    def _where(self, hit: Columns, ran: Columns) -> str:
        return where(self.matrix, hit, ran)

    # --- what is not promised ---

    def _changes(self, section: Section) -> Iterator[tuple[Case, str, str]]:
        """Case, where and what."""
        for case in section.cases:
            for outcome, what, place in self._findings(case):
                if outcome is Outcome.CHANGED:
                    yield case, place, what

    def _changed(self) -> Iterator[str]:
        rows: dict[tuple[str, str], _Names] = {}
        for section in self.matrix.sections:
            for case, place, what in self._changes(section):
                rows.setdefault((place, what), _Names()).add(case)
        if rows:
            yield "\n## Changed, not promised\n\n| cases | where | what |\n|---|---|---|"
        for (place, what), names in rows.items():
            yield f"| {names} | {place} | {plain(what)} |"

    # --- skipped cases ---

    def _skipped(self) -> Iterator[str]:
        reasons = [reason for reason in self.skips if reason[0] is not Outcome.SKIP_LIBRARY]
        if reasons:
            yield "\n## Skipped\n"
            yield (
                "Without the abilities that a server lacks, which are the same on every kernel"
                " (see `make contract`).\n"
            )
            yield "| why | cases | where |"
            yield "|---|---|---|"
        for reason in reasons:
            times = self.skips[reason]
            least, most = min(times.values()), max(times.values())
            count = str(most) if least == most else f"{least} to {most}"
            yield f"| {_reason(reason)} | {count} | {where(self.matrix, times.keys(), self.all)} |"


class _Programs(_Summary):
    """A row for each program in place of a column."""

    in_sections = (*_IN_SECTIONS, Outcome.CHANGED)

    def lines(self) -> Iterator[str]:
        yield _EXTERNAL
        yield "| program | kernel | cases |"
        yield "|---|---|---|"
        for server in self.matrix.servers:
            for number, column in enumerate(self.matrix.columns):
                if column.server == server:
                    yield f"| {server} | {column.kernel} | {self._count(number)} |"
        found = [line for section in self.matrix.sections for line in self._section(section)]
        if found:
            yield "\n| outcome | cases | programs | what to change, or what was observed |"
            yield "|---|---|---|---|"
            yield from found

    def _why(self, note: str) -> str:
        advice = _ADVICE.search(note)
        return advice[1] if advice else note

    def _where(self, hit: Columns, ran: Columns) -> str:
        """The programs, with the kernel only if it is another one elsewhere."""
        columns = [self.matrix.columns[number] for number in sorted(hit)]
        one = len(self.matrix.kernels) == 1
        return ", ".join(column.server if one else f"{column.server} ({column.kernel})" for column in columns)


def _reason(reason: tuple[Outcome, str]) -> str:
    outcome, note = reason
    return plain(f"{outcome.skip_class}: {note}")
