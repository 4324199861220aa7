# SPDX-License-Identifier: GPL-2.0
"""cases/COVERAGE.md: which lines of the kernel no case executes, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Iterator, Mapping

ALL = "all"  # in place of lines: the whole function


@dataclass(frozen=True)
class Reason:
    """A row: lines of one or several functions that have in common why they are not executed."""

    row: int
    functions: tuple[str, ...]
    texts: tuple[str, ...]  # each in a line of the function; none: all of its lines
    why: str


@dataclass
class Page:
    version: str = ""  # of the kernel
    files: dict[str, list[Reason]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)  # files of which nothing is asked
    every_outcome: set[str] = field(default_factory=set)  # files of which each outcome of a condition is asked, too
    constant: list[str] = field(default_factory=list)  # texts of conditions that may have one outcome in any file


@dataclass(frozen=True)
class Function:
    """A definition in a source, by the numbers of its lines."""

    name: str
    first: int
    last: int


def read(lines: Iterable[str]) -> Page:
    """
    A section "## FILE" has rows "| `function()`, ... | `text of a line`, ... or all | why |", "## Left out" has rows
    "| FILE, ... | why |", and so has "## Every outcome"; "## In every file" has rows "| `text of a line`, ... | why |".
    """
    page = Page()
    title = ""
    for number, line in enumerate(lines, 1):
        version = re.search(r"Linux (\d[\w.]*\w)", line)
        if version and not page.version:
            page.version = version[1]
        if line.startswith("## "):
            title = line[3:].strip()
            if title.startswith("fs/"):
                page.files.setdefault(title, [])
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if title == "Left out" and cells and cells[0].startswith("fs/"):
            page.left_out.update(cells[0].split(", "))
        elif title == "Every outcome" and cells and cells[0].startswith("fs/"):
            page.every_outcome.update(cells[0].split(", "))
        elif title == "In every file" and cells and cells[0].startswith("`"):
            page.constant += _quoted(cells[0])
        elif title in page.files and len(cells) == 3 and cells[0].startswith("`"):
            texts = () if cells[1] == ALL else tuple(_quoted(cells[1]))
            page.files[title].append(Reason(number, tuple(name[:-2] for name in _quoted(cells[0])), texts, cells[2]))
    return page


def _quoted(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def functions(text: list[str]) -> list[Function]:
    """The definitions of a file in kernel style, whose body begins and ends in the first column."""
    found = []
    first = 1
    for number, line in enumerate(text, 1):
        if line.startswith("{"):
            name = re.search(r"(\w+)\(", " ".join(text[first - 1 : number]))
            last = next((n for n in range(number, len(text) + 1) if text[n - 1].startswith("}")), len(text))
            if name:
                found.append(Function(name[1], first, last))
        if not line.strip() or line.startswith(("}", "#")) or line.endswith((";", "*/")):
            first = number + 1
    return found


def explained(reason: Reason, text: list[str], counts: Mapping[int, int]) -> set[int]:
    """
    The lines that the reason holds for: those named, and the deeper ones behind each, up to the first that was
    executed. COUNTS: of the lines with code.
    """
    lines: set[int] = set()
    for function in functions(text):
        if function.name not in reason.functions:
            continue
        for line in range(function.first, function.last + 1):
            if not reason.texts:
                lines.add(line)
            elif any(part in text[line - 1] for part in reason.texts):
                lines.update([line], _block(line, function.last, text, counts))
    return lines


def _block(line: int, last: int, text: list[str], counts: Mapping[int, int]) -> Iterator[int]:
    for n in range(line + 1, last):
        if text[n - 1].strip() and _indent(text[n - 1]) <= _indent(text[line - 1]) or counts.get(n):
            return
        yield n


def _indent(line: str) -> int:
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


def unknown(reason: Reason, text: list[str]) -> Iterator[str]:
    """What a row names that is not in the file."""
    known = functions(text)
    for name in reason.functions:
        if not any(function.name == name for function in known):
            yield f"{name}()"
    bodies = [line for function in known if function.name in reason.functions for line in text[function.first - 1 : function.last]]
    yield from (part for part in reason.texts if not any(part in line for line in bodies))
