# SPDX-License-Identifier: GPL-2.0
"""What a run prints about its cases as they end: "SERVER CASE OUTCOME REASON"."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional, TextIO

from . import ktap, reasons
from .expectations import Expectations
from .model import Case, Result
from .outcome import Outcome

PROGRESS_SECONDS = 3.0
_REASON_MOST = 300
_DETAILS_MOST = 3500
_SERVER_WIDTH = 9


@dataclass(frozen=True)
class View:
    """Where and how much to print."""

    out: TextIO
    logs: Path
    rerun: dict[str, str] = field(default_factory=dict)  # server: command up to the case's name
    verbose: bool = False
    quiet: bool = False

    @property
    def width(self) -> int:
        return max([_SERVER_WIDTH, *map(len, self.rerun)])

    def failure(self, server: str, case: str, line: str, details: str = "") -> str:
        """What a reader needs who has never seen the suite."""
        if details:
            details = "    " + details.replace("\n", "\n    ") + "\n"
        program = case.partition(".")[0]
        return (
            f"{line}\n{details}"
            f"    evidence: {self.logs}/evidence/{server}/{program}.jsonl\n"
            f'    kernel log: {self.logs}/kernel.log, from "fpt: begin {case} {server}"\n'
            f"    rerun: {self.rerun.get(server, '')} {case}\n"
        )

    def line(self, server: str, case: str, outcome: str, text: str) -> str:
        return f"{server:<{self.width}} {case:<60} {outcome}" + (f"  {text}" if text else "")

    def print(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


def _details(verdict: ktap.Verdict) -> str:
    """Without the first line if it is the reason, and without the middle of very many."""
    lines = [reasons.printable(line) for line in verdict.details]
    if lines and lines[0] == reasons.printable(verdict.failure):
        del lines[0]
    text = "\n".join(lines)
    if len(text) > _DETAILS_MOST:
        half = _DETAILS_MOST // 2
        text = f"{text[:half]}\n[...]\n{text[-half - 1:]}"
    return text


def result_of(server: str, program: str, verdict: ktap.Verdict, expectations: Optional[Expectations]) -> Result:
    """What is known before the kernel log and the other servers are."""
    case = f"{program}.{verdict.name}"
    result = Result(Case(program, case), server, verdict.outcome, verdict.reason)
    if expectations:
        result.expected = expectations.of(server, case, result.outcome)
    return result


def _word(result: Result, verdict: ktap.Verdict) -> str:
    if result.known_failure:
        return Outcome.XFAIL.value
    word = result.outcome.value if result.failed else verdict.word
    if result.deviates:
        return f"{word}, {result.expected}"
    return "XPASS" if result.unexpected_pass else word


CaseEnded = Callable[[Result], None]


class Live:
    """Takes the output of programs, and prints failures in full, changes, with --verbose every case, and
    how far a run is that has printed nothing for a while. A failure that is expected is no failure."""

    def __init__(
        self,
        view: View,
        case_ended: Optional[CaseEnded] = None,
        all_ended: Optional[Callable[[], None]] = None,
        expectations: Optional[Expectations] = None,
    ) -> None:
        self.failed = 0
        self._view = view
        self._expectations = expectations
        self._failed_as_expected: set[tuple[str, str]] = set()  # programs with such a case
        self._case_ended = case_ended
        self._all_ended = all_ended
        self._readers: dict[tuple[str, str], ktap.Reader] = {}
        self._passed = self._skipped = 0
        self._latest = ""
        self._printed = time.monotonic()

    def take(self, server: str, program: str, line: str) -> None:
        """A line of a program's output, without its newline."""
        verdict = self._readers.setdefault((server, program), ktap.Reader()).line(line)
        if verdict:
            result = result_of(server, program, verdict, self._expectations)
            self._show(result, verdict)
            if self._case_ended:
                self._case_ended(result)

    def failed_as_expected(self, server: str, program: str) -> bool:
        """A program exits with 1 also if all its failures are expected."""
        return (server, program) in self._failed_as_expected

    def _show(self, result: Result, verdict: ktap.Verdict) -> None:
        view, server, case = self._view, result.server, result.case.name
        self._latest = f"{server} {case}"
        text = verdict.failure if verdict.word == "fail" else verdict.reason
        text = reasons.printable(text.removeprefix("broken: "))[:_REASON_MOST]
        if result.known_failure and verdict.word == "fail":
            self._failed_as_expected.add((server, result.case.program))
        line = view.line(server, case, _word(result, verdict), result.known_reason if result.known_failure else text)
        self._passed += result.outcome is Outcome.PASS and not result.failed
        self._skipped += result.skipped
        if result.failed:
            self.failed += 1
            self._print(view.failure(server, case, line, _details(verdict)))
        elif (view.verbose or result.unexpected_pass or result.changed) and not view.quiet:
            self._print(line + "\n")

    def end(self) -> None:
        if self._all_ended:
            self._all_ended()

    def _print(self, text: str) -> None:
        self._view.print(text)
        self._printed = time.monotonic()

    def progress(self) -> Optional[float]:
        """Prints how far the run is if it is time, and returns the seconds until the next time."""
        if self._view.quiet:
            return None
        if time.monotonic() >= self._printed + PROGRESS_SECONDS:
            at = f", at {self._latest}" if self._latest else ""
            self._print(f"... {self._passed} passed, {self.failed} failed, {self._skipped} skipped{at}\n")
        return self._printed + PROGRESS_SECONDS - time.monotonic()
