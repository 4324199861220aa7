# SPDX-License-Identifier: GPL-2.0
"""The built programs of cases, and what they say of their cases and of the contract."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

from .failure import Failure
from .model import LEVELS, Case

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Promise:
    """One numbered statement of the contract, or the heading of a section of them."""

    id: str
    level: str  # of LEVELS; "-" of a heading
    ref: str  # the source that decides it; "-" of a heading
    text: str
    basis: str  # what promises it, or "-"
    today: str  # why it is only so today, or "-"

    @property
    def why(self) -> str:
        """Of its level."""
        return self.basis if self.level == "must" else self.today

    @property
    def is_heading(self) -> bool:
        return self.ref == "-"


def _check_level(of: str, level: str) -> None:
    if level not in LEVELS:
        raise Failure(f"{of}: '{level}' is not a level, {' or '.join(LEVELS)}: run 'make' again")


def _words(column: str) -> tuple[str, ...]:
    return () if column == "-" else tuple(column.split(","))


def parse_case(line: str) -> Case:
    """A line of --list."""
    name, promise, since, needs, abilities, title, *levels = line.split("\t")
    for level in levels:
        _check_level(name, level)
    return Case(name.partition(".")[0], name, promise, since, _words(needs), _words(abilities), title, *levels)


def parse_promise(line: str) -> Promise:
    """A line of --promises."""
    promise = Promise(*line.split("\t"))
    if not promise.is_heading:
        _check_level(promise.id, promise.level)
    return promise


def programs(folder: Path) -> list[Path]:
    """In the order of their names; none if there is no such folder."""
    files = sorted(folder.glob("*"))
    return [file for file in files if file.is_file() and os.access(file, os.X_OK)]


def answers(asked: Sequence[Path], *arguments: str) -> list[Optional[list[str]]]:
    """The lines that each prints, all asked at once; None of one that fails or does not end."""
    running = [
        subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
        for program in asked
    ]
    return [_answer(process) for process in running]


def _answer(process: subprocess.Popen[str]) -> Optional[list[str]]:
    with process:
        try:
            output, _ = process.communicate(timeout=_ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return None
    return None if process.returncode else output.splitlines()


def _lines_of(program: Path, *arguments: str) -> list[str]:
    """Standard error is the caller's."""
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
    if done.returncode:
        raise Failure(f"{program} {arguments[0]} failed: run 'make' again")
    return done.stdout.splitlines()


def _some(folder: Path) -> list[Path]:
    found = programs(folder)
    if not found:
        raise Failure(f"no programs in {folder.parent}: run 'make' first (or say OUTPUT=...)")
    return found


def cases(folder: Path, options: Sequence[str] = ()) -> list[Case]:
    """What --list says with such options as --filter: $OUTPUT/cases or $OUTPUT/external."""
    return [parse_case(line) for program in _some(folder) for line in _lines_of(program, "--list", *options)]


def promises(folder: Path) -> list[Promise]:
    """The contract, which every program knows."""
    return [parse_promise(line) for line in _lines_of(_some(folder)[0], "--promises")]
