# SPDX-License-Identifier: GPL-2.0
"""cases/contract.c by its sections, with the programs of cases that test each."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_HEADING = re.compile(r'^(?=\t\{ "[A-Z]", )', re.MULTILINE)
_LETTER_AND_TITLE = re.compile(r'\t\{ "([A-Z])", "([^"]*)"')
_PROMISE = re.compile(r'^\t\{ "([A-Z][0-9]+)", "([^"]*)",.*?\.(basis|today) = ', re.MULTILINE | re.DOTALL)
_END = "\t{ 0 },\n"
_OF_A_CASE = re.compile(r'\.promise = "([A-Z])')
_LEFT_OUT = "AFGSU"  # libraries, external file systems, the explorer


@dataclass(frozen=True)
class Section:
    """A letter's headings, which may be several, with the promises below them."""

    letter: str
    title: str  # of the first
    promises: tuple[tuple[str, str, bool], ...]  # ID, text, whether it must be kept
    programs: tuple[str, ...]  # most of whose cases test it


class KernelContract:
    """What of it is about the kernel; .source is contract.c with no more than that."""

    def __init__(self, cases: Path) -> None:
        top, *blocks = _HEADING.split((cases / "contract.c").read_text())
        blocks[-1], end, bottom = blocks[-1].partition(_END)
        self._blocks = [block.rstrip("\n") + "\n" for block in blocks if block[4] not in _LEFT_OUT]
        self.source = top + "\n".join(self._blocks) + end + bottom
        self._programs = _programs_by_section(cases)

    def sections(self) -> list[Section]:
        return [self._section(letter) for letter in dict.fromkeys(block[4] for block in self._blocks)]

    def _section(self, letter: str) -> Section:
        text = "".join(block for block in self._blocks if block[4] == letter)
        heading = _LETTER_AND_TITLE.match(text)
        assert heading
        promises = ((id, promise, why == "basis") for id, promise, why in _PROMISE.findall(text))
        return Section(letter, heading[2], tuple(promises), tuple(self._programs.get(letter, ())))


def _programs_by_section(cases: Path) -> dict[str, list[str]]:
    programs: dict[str, list[str]] = {}
    for file in sorted(cases.glob("*.c")):
        tested = Counter(_OF_A_CASE.findall(file.read_text())).most_common(1)
        for letter, _ in tested:
            programs.setdefault(letter, []).append(file.stem)
    return programs
