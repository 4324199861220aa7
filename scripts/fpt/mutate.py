# SPDX-License-Identifier: GPL-2.0
"""
Judges whether cases detected a mutation, a deliberate bug of a kernel or of libfuse, and whether
they tolerated a harmless one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Optional, Sequence

from .outcome import Outcome
from .tsv import Results, Row

_NOT_RUN = Row(Outcome.INCOMPLETE, note="not run")


def _detected(after: Row) -> bool:
    """By a kernel's mutation a case that cannot be set up says nothing."""
    return after.outcome.accuses


def _detected_of_library(after: Row) -> bool:
    """A library that cannot serve breaks the set-up, too: the suspect counts."""
    return (after.outcome.accuses or after.outcome is Outcome.BROKEN) and after.note.endswith("suspect: library")


def _shown(row: Row) -> str:
    return row.outcome.value + (f": {row.note}" if row.note else "")


@dataclass
class Judgement:
    """What the results before and after a mutation say of it."""

    detected: dict[str, Outcome]  # by case
    missed: list[str]  # required cases that did not detect it, and why

    @property
    def good(self) -> bool:
        return bool(self.detected) and not self.missed

    def text(self, required: Iterable[str]) -> str:
        by = ", ".join(f"{case} ({self.detected[case].value})" for case in required if case in self.detected)
        count = len(self.detected)
        text = f"detected by {count} {'case' if count == 1 else 'cases'}" + (f": {by}" if by else "")
        return text + (f"; not by {', '.join(self.missed)}" if self.missed else "")


def judge(before: Results, after: Results, required: Sequence[str], raw: Optional[Results] = None) -> Judgement:
    """
    A case detects a mutation if it passes before and fails after it. Of a mutation of libfuse, RAW has
    the results of the raw server, on which the case passes or is skipped for want of a library.
    """
    detects = _detected if raw is None else _detected_of_library

    def passes_without(case: str) -> bool:
        if before.get(case, _NOT_RUN).outcome is not Outcome.PASS:
            return False
        return raw is None or raw.get(case, _NOT_RUN).outcome in (Outcome.PASS, Outcome.SKIP_LIBRARY)

    detected = {case: row.outcome for case, row in after.items() if passes_without(case) and detects(row)}
    missed = []
    for case in required:
        unchanged = before.get(case, _NOT_RUN)
        if case not in detected and not unchanged.outcome.skipped:
            changed = after.get(case, _NOT_RUN)
            missed.append(f"{case} (without the mutation: {_shown(unchanged)}, with it: {_shown(changed)})")
    return Judgement(detected, missed)


@dataclass
class Toleration:
    """What the results before and after a harmless mutation say of the suite."""

    changed: list[str]
    wrong: list[str]  # cases that failed, or whose difference is no change, and why
    missed: list[str]  # cases that had to change, and did not
    status: int  # exit status of the run

    @property
    def good(self) -> bool:
        return not (self.wrong or self.missed or self.status)

    def text(self) -> str:
        count = len(self.changed)
        parts = [f"{count} {'case' if count == 1 else 'cases'} changed" + (f": {', '.join(self.changed)}" if count else "")]
        parts += [f"not tolerated by {', '.join(self.wrong)}"] if self.wrong else []
        parts += [f"not changed: {', '.join(self.missed)}"] if self.missed else []
        parts += [f"exit status {self.status}"] if self.status else []
        return "; ".join(parts)


def tolerate(before: Results, after: Results, required: Sequence[str], status: int) -> Toleration:
    """After a harmless mutation a case has the outcome that it had before, or it changed."""
    rows = {case: after.get(case, _NOT_RUN) for case in before}
    changed = [case for case, row in rows.items() if row.outcome is Outcome.CHANGED]
    wrong = [
        f"{case} ({_shown(row)})"
        for case, row in rows.items()
        if row.outcome.failed or row.outcome not in (before[case].outcome, Outcome.CHANGED)
    ]
    missed = [
        f"{case} ({_shown(rows.get(case, _NOT_RUN))})"
        for case in required
        if case not in changed and not before.get(case, _NOT_RUN).outcome.skipped
    ]
    return Toleration(changed, wrong, missed, status)


_DEVIATES = re.compile(r"(\S+) deviates after (\d+) steps")  # by cases/explore.c


@dataclass
class Exploration:
    """What the explorer alone, whose seeds are cases, found of a mutation."""

    limit: int  # steps of all seeds
    steps: Optional[int] = None  # after which it was found; None: it was not, or not by a step
    found: str = ""  # a promise, or the outcome of a case without a deviation

    @property
    def good(self) -> bool:
        return bool(self.found)

    def text(self) -> str:
        if not self.found:
            return f"not found by the explorer in {self.limit} steps"
        return f"found by the explorer{f' after {self.steps} steps' if self.steps is not None else ''}: {self.found}"


def explored(before: Results, after: Results, steps: int) -> Exploration:
    """Each case makes STEPS steps unless it ends before, one after the other."""
    exploration = Exploration(steps * len(before))
    for number, case in enumerate(before):
        row = after.get(case, _NOT_RUN)
        if before[case].outcome is not Outcome.PASS or not _detected(row):
            continue
        deviation = _DEVIATES.search(row.note)
        exploration.found = deviation[1] if deviation else row.outcome.value
        exploration.steps = number * steps + int(deviation[2]) if deviation else None
        break
    return exploration
