# SPDX-License-Identifier: GPL-2.0
"""Advice for the author of an external file system: what it uses, and a paragraph for each finding."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, TextIO

from . import findings
from .findings import Finding, listed
from .model import Result, Server
from .outcome import Outcome

_USE_PROMISE = "A1"
_COLUMNS = 90
_SHOW = "To see it, in the mounted directory:"
_SHOW_WITH = "To see it, in the mounted directory, with {} set to the directory that you gave for it:"


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"


def _used(server: Server) -> tuple[set[str], set[str]]:
    """Kinds of file that it passes through, and those that it does not."""
    about_use = [
        result for result in server.results.values()
        if result.case.promise == _USE_PROMISE and findings.is_kind(result.case.variant)
    ]
    used = {result.case.variant for result in about_use if result.outcome is Outcome.PASS}
    return used, {result.case.variant for result in about_use if result.lacks == "passthrough"} - used


def _use(server: Server) -> str:
    results = list(server.results.values())
    used, unused = _used(server)
    lacks = dict.fromkeys(result.lacks for result in results if result.lacks not in ("", "passthrough"))
    if used:
        text = f"it uses passthrough for files that it {listed(used, 'and')}"
        if unused:
            text += f", not those that it {listed(unused, 'or')}"
    elif unused:
        text = f"it does not use passthrough: reads of files that it {listed(unused, 'or')} reach it"
    else:
        why = [
            result.reason for result in results
            if result.case.promise == _USE_PROMISE and result.outcome.skipped and not result.lacks
        ]
        return why[-1] if why else ""
    return f"{text}; it does not support {', '.join(lacks)}" if lacks else text


def _untried(results: list[Result]) -> str:
    return f"{_cases(len(results))} could not be tried: {results[0].what_happened}" if results else ""


def text(finding: Finding) -> str:
    """What is wrong, of which files, and what to change; without the commands."""
    cause = finding.cause[0].upper() + finding.cause[1:]
    whom = f"{finding.kinds}; " if finding.kinds else ""
    change = f" Change this: {finding.change}." if finding.change else ""
    return f"{cause} ({whom}{_cases(len(finding.results))} of {finding.promises}).{change}"


def show(finding: Finding) -> tuple[str, ...]:
    """The commands that show it, with a line before them, if there are any."""
    names = dict.fromkeys(re.findall(r"\$\w+", " ".join(finding.shell)))
    head = _SHOW_WITH.format(" and ".join(names)) if names else _SHOW
    return (head, *(f"    {line}" for line in finding.shell)) if finding.shell else ()


def badge(server: Server) -> str:
    """The verdict in one line."""
    found = len(findings.of(server))
    used, unused = _used(server)
    if found:
        word = f"{found} finding{'' if found == 1 else 's'}"
    elif not used and unused:
        word = "not used"
    elif not server.passed:
        word = "not tried"
    else:
        word = "ok"
    counts = f"{server.passed} passed, {server.failed} failed, {server.skipped} skipped"
    return f"[FUSE passthrough: {word}] {server.name}: {counts}"


def paragraphs(server: Server) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each a text and the commands after it."""
    results = list(server.results.values())
    found = findings.of(server)
    untried = [result for result in results if result.outcome in (Outcome.BROKEN, Outcome.INCOMPLETE)]
    general = filter(None, (_use(server), _untried(untried), f"{_cases(server.count(Outcome.PASS))} passed"))
    yield f"Advice for the author of {server.name}: {'. '.join(general)}.", ()
    for number, finding in enumerate(found, 1):
        yield f"{number}. {text(finding)}", show(finding)
    if any(findings.is_failed_open(result) or findings.explains_eio(result) for each in found for result in each.results):
        yield "See fixtures/servers/EIO.md for every reason why open(2) fails with EIO.", ()


def _folded(paragraph: str) -> Iterator[str]:
    while len(paragraph) > _COLUMNS:
        end = paragraph.rfind(" ", 0, _COLUMNS) + 1 or _COLUMNS
        yield paragraph[:end].rstrip(" ")
        paragraph = paragraph[end:]
    yield paragraph


def _lines(server: Server) -> Iterable[str]:
    for paragraph, commands in paragraphs(server):
        yield ""
        yield from _folded(paragraph)
        yield from commands
    yield ""
    yield badge(server)


def write(server: Server, out: TextIO) -> None:
    out.writelines(f"{line}\n" for line in _lines(server))
