# SPDX-License-Identifier: GPL-2.0
"""Advice for the author of an external file system: what it uses, what is broken, what to check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Collection, Iterator, TextIO

from .model import Result, Server
from .outcome import Outcome

# EIO and what is pinned first, then what may follow from them.
_PROMISES_BY_WEIGHT = ("A5", "A6", "A8", "A9", "A1", "A2", "A3", "A4", "A7", "A10", "A11")
_USE_PROMISE = "A1"
# Variants of the cases of that promise.
_KINDS_OF_OPEN = {
    "open_rdonly": "opens for reading",
    "open_rdwr": "opens for writing",
    "o_creat": "creates",
    "o_tmpfile": "opens with O_TMPFILE",
}
_COLUMNS = 90


@dataclass
class _Problem:
    """All failures with the same advice."""

    advice: str
    results: list[Result] = field(default_factory=list)

    @property
    def weight(self) -> int:
        if any(map(_explains_eio, self.results)):
            return -1
        return min(_weight(result.case.promise) for result in self.results)

    def __str__(self) -> str:
        first = self.results[0]
        text = f'Broken: {first.case.promise} ({first.outcome.value}), "{first.case.title}"'
        if first.what_happened:
            text += f": {_what_happened(first)}"
        if len(self.results) > 1:
            promises = " ".join(dict.fromkeys(result.case.promise for result in self.results))
            text += f"; and {len(self.results) - 1} more of {promises}"
        return f"{text}. Check this: {self.advice}. " if self.advice else f"{text}. "


def _weight(promise: str) -> int:
    return _PROMISES_BY_WEIGHT.index(promise) if promise in _PROMISES_BY_WEIGHT else len(_PROMISES_BY_WEIGHT)


def _explains_eio(result: Result) -> bool:
    return bool(result.eio_cause and result.advice)


def _is_failed_open(result: Result) -> bool:
    return result.open_error == "EIO"


def _what_happened(result: Result) -> str:
    what = result.reason
    if result.held_by:
        what = f"it is held by {result.held_by}"
    elif result.eio_cause:
        what = f"what makes opens fail: got {result.eio_cause}"
    return "; ".join((what, *result.reports, *result.hints))


def _problems(results: list[Result]) -> list[_Problem]:
    """All failed opens are one problem if a case has found the cause."""
    cause = next((result.advice for result in results if _explains_eio(result)), "")
    problems: dict[str, _Problem] = {}
    for result in sorted(results, key=_is_failed_open):
        advice = cause if cause and _is_failed_open(result) else result.advice
        problem = problems.setdefault(advice or f"of {result.case.promise}", _Problem(advice))
        problem.results.append(result)
    return sorted(problems.values(), key=lambda problem: problem.weight)


def _listed(kinds: Collection[str], word: str) -> str:
    *some, last = [text for kind, text in _KINDS_OF_OPEN.items() if kind in kinds]
    return f"{', '.join(some)} {word} {last}" if some else last


def _use(results: list[Result]) -> str:
    about_use = [each for each in results if each.case.promise == _USE_PROMISE and each.case.variant in _KINDS_OF_OPEN]
    used = {result.case.variant for result in about_use if result.outcome is Outcome.PASS}
    unused = {result.case.variant for result in about_use if result.lacks == "passthrough"} - used
    lacks = dict.fromkeys(result.lacks for result in results if result.lacks not in ("", "passthrough"))
    if used:
        text = f"it uses passthrough for files that it {_listed(used, 'and')}"
        if unused:
            text += f", not those that it {_listed(unused, 'or')}"
    elif unused:
        text = f"it does not use passthrough: reads of files that it {_listed(unused, 'or')} reach it"
    else:
        why = [result.reason for result in about_use if result.outcome.skipped and not result.lacks]
        return f"{why[-1]}. " if why else ""
    return f"{text}; it does not support {', '.join(lacks)}. " if lacks else f"{text}. "


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"


def _untried(results: list[Result]) -> str:
    return f"{_cases(len(results))} could not be tried: {results[0].what_happened}. " if results else ""


def paragraphs(server: Server) -> Iterator[str]:
    results = list(server.results.values())
    untried = [result for result in results if result.outcome in (Outcome.BROKEN, Outcome.INCOMPLETE)]
    failed = [result for result in results if result.outcome.accuses]
    problems = _problems(failed)
    yield (
        f"Advice for the author of {server.name}: {_use(results)}{''.join(map(str, problems))}{_untried(untried)}"
        f"{_cases(server.count(Outcome.PASS))} passed."
    )
    if any(_is_failed_open(result) or _explains_eio(result) for result in failed):
        yield "See fixtures/servers/EIO.md for every reason why open(2) fails with EIO."


def _folded(text: str) -> Iterator[str]:
    while len(text) > _COLUMNS:
        end = text.rfind(" ", 0, _COLUMNS) + 1 or _COLUMNS
        yield text[:end].rstrip(" ")
        text = text[end:]
    yield text


def write(server: Server, out: TextIO) -> None:
    print(file=out)
    for paragraph in paragraphs(server):
        for line in _folded(paragraph):
            print(line, file=out)
