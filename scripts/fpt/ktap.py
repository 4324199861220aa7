# SPDX-License-Identifier: GPL-2.0
"""Reads KTAP as the kselftest harness prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Iterator, Optional

from . import reasons
from .outcome import Outcome

_RESULT = re.compile(r"(?P<not>not )?ok \d+ (?:- )?(?P<rest>.+)")
# A result may follow output of a server that did not end its line.
_LATE_RESULT = re.compile(r"(?:not )?ok \d+ \w+(?:\.\w+)+(?: # .*)?$", re.ASCII)
_DIRECTIVE = re.compile(r"(SKIP|XFAIL|XPASS)(?: +|$)(.*)")
_CHANGED = "changed: "  # KTAP has no word of its own for it
_LOCATED = re.compile(r"(?:\S+\.[ch]:\d+|broken):")
_ABOUT_THE_RUN = re.compile(r" *(?:RUN|OK|FAIL|SKIP) |Starting|PASSED:|FAILED:|Totals:")
# show_failure() of the terminal names these where the reader is, and a VM's are elsewhere.
_PLACES = re.compile(r" +(?:evidence|kernel log|rerun): ")
_ENDS = (
    (re.compile(r".*: Test failed$"), "exit"),
    (re.compile(r".*: Test terminated by timeout$"), "timeout"),
    (re.compile(r".*: Test terminated unexpectedly by signal"), "crash"),
    (re.compile(r"broken: "), "broken"),
)


@dataclass(frozen=True)
class Verdict:
    """One result line and the diagnostic lines before it."""

    name: str  # of the case, without the program's
    word: str  # pass fail skip xfail xpass changed
    reason: str  # behind SKIP, XFAIL or XPASS, of what changed without "changed: "
    failure: str  # the message that is closest to the cause
    end: str  # of the process, if the harness said it: exit timeout crash broken
    details: tuple[str, ...]  # the diagnostic lines about the case, without their indentation

    @property
    def outcome(self) -> Outcome:
        """What the harness alone knows."""
        if self.word == "fail" and self.end in ("timeout", "crash", "broken"):
            return Outcome(self.end)
        return reasons.skip(self.reason).outcome if self.word == "skip" else Outcome(self.word)


class Reader:
    """Reads the lines of one program as they come."""

    def __init__(self) -> None:
        self.skip_all = ""  # the reason for which no case ran
        self._forget()

    def _forget(self) -> None:
        self._located = self._other = self._end = ""
        self._details: list[str] = []

    def _diagnostic(self, text: str) -> None:
        if _ABOUT_THE_RUN.match(text) or _PLACES.match(text):
            return
        if text.startswith("  "):
            self._details.append(text[2:])  # context of a failure
            return
        end = next((end for pattern, end in _ENDS if pattern.match(text)), "")
        if end and not (end == "exit" and self._end == "broken"):
            self._end = end
        if end == "exit":
            return
        self._details.append(text)
        # The first line with a source location is the failed expectation that caused the others.
        # Without one, the last line is closest to the cause.
        if not _LOCATED.match(text):
            self._other = text
        elif not self._located:
            self._located = text

    def line(self, line: str) -> Optional[Verdict]:
        """Takes a line without its newline, and returns the verdict if it is one."""
        if line.startswith("# "):
            self._diagnostic(line[2:])
            return None
        if line.startswith("1..0 # SKIP "):
            self.skip_all = line[len("1..0 # SKIP ") :]
        match = _RESULT.match(line)
        if not match:
            late = _LATE_RESULT.search(line)
            match = _RESULT.match(late.group()) if late else None
        if not match:
            return None
        name, _, rest = match["rest"].partition(" # ")
        directive = _DIRECTIVE.match(rest)
        if directive:
            word, reason = directive[1].lower(), directive[2]
            if word == "xfail" and reason.startswith(_CHANGED):
                word, reason = "changed", reason[len(_CHANGED) :]
        else:
            word, reason = "fail" if match["not"] else "pass", ""
        verdict = Verdict(name, word, reason, self._located or self._other, self._end, tuple(self._details))
        self._forget()
        return verdict


def read(lines: Iterable[str]) -> Iterator[Verdict]:
    reader = Reader()
    for line in lines:
        verdict = reader.line(line.rstrip("\n"))
        if verdict:
            yield verdict
