# SPDX-License-Identifier: GPL-2.0
"""Expectations: what becomes of which case on which kernel and server, in a file kept by hand.

A line has the columns cases, kernels, servers, outcome and, as free text, the reason. Where several
lines fit, the last one decides. The outcome "skip" stands for a case that is not run at all.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, Optional

from . import files, globs, programs
from .failure import Failure
from .tsv import NotAResult
from .model import Case, Expected, Result, Run
from .outcome import Outcome

SKIP = "skip"
COLUMNS = ("cases", "kernels", "servers", "outcome", "reason")
_OUTCOMES = (*(outcome.value for outcome in Outcome), SKIP)
_OF_THE_HOST = (Outcome.SKIP_CONFIG, Outcome.SKIP_PRIVILEGE)


class Malformed(NotAResult):
    """Its text is "FILE:LINE: why"."""


@dataclass(frozen=True)
class Line:
    place: str  # FILE:LINE
    cases: str
    kernels: str
    servers: str
    outcome: str
    reason: str = ""

    def accepts(self, outcome: str) -> bool:
        return any(fnmatch.fnmatchcase(outcome, glob) for glob in globs.alternatives(self.outcome))


def parse(text: str, place: str) -> Line:
    """Raises Malformed."""
    columns = text.split(None, len(COLUMNS) - 1)
    try:
        if len(columns) < 4:
            raise ValueError(f"{len(columns)} columns, but cases, kernels, servers, outcome are expected, and a reason")
        line = Line(place, *columns)
        globs.check_cases(line.cases)
        globs.check_kernels(line.kernels)
        globs.check_servers(line.servers)
        for glob in globs.alternatives(line.outcome):
            if not fnmatch.filter(_OUTCOMES, glob):
                raise ValueError(f"'{glob}' is not an outcome: give one of {' '.join(_OUTCOMES)}, or a glob of them")
    except ValueError as error:
        raise Malformed(f"{place}: {error}") from None
    return line


def lines_of(text: str, name: str) -> Iterator[tuple[str, str]]:
    """FILE:LINE and text of what is neither a comment nor blank."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield f"{name}:{number}", line


def read(path: Path) -> list[Line]:
    """Raises Failure."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None
    return [parse(line, place) for place, line in lines_of(text, str(path))]


class Expectations:
    """The lines of a file, asked for the cases of one run."""

    def __init__(self, lines: Iterable[Line], cases: Iterable[Case], *kernel: str) -> None:
        """KERNEL: its name in results, and its release."""
        self._kernel = kernel
        self._lines = [line for line in lines if globs.fits_kernel(line.kernels, *kernel)]
        self._cases_of: dict[str, list[str]] = {}  # by name or promise
        for case in cases:
            for name in {case.name, case.promise} - {""}:
                self._cases_of.setdefault(name, []).append(case.name)
        self._names = globs.Names(self._cases_of)
        self._decisive: dict[str, dict[str, Line]] = {}  # by server and case

    def cases_of(self, line: Line) -> set[str]:
        return {case for name in self._names.of(line.cases) for case in self._cases_of[name]}

    def for_server(self, server: str) -> dict[str, Line]:
        """Case and the line that decides on it."""
        if server not in self._decisive:
            found = self._decisive[server] = {}
            for line in self.lines_for(server):
                found.update(dict.fromkeys(self.cases_of(line), line))
        return self._decisive[server]

    def of(self, server: str, case: str, outcome: Outcome) -> Optional[Expected]:
        """What Result.expected is with this outcome."""
        line = self.for_server(server).get(case)
        if line is None or line.outcome == SKIP:
            return None
        met = line.accepts(outcome.value)
        return Expected(Path(line.place).name, line.outcome, line.reason, met) if met or outcome not in _OF_THE_HOST else None

    def left_out(self, server: str) -> dict[str, Line]:
        """The cases that --skip leaves out, and the lines that say so."""
        return {case: line for case, line in self.for_server(server).items() if line.outcome == SKIP}

    def lines_for(self, server: str) -> list[Line]:
        return [line for line in self._lines if globs.fits_server(line.servers, server)]


@dataclass
class Assessment:
    """How a run compares with a file; what each result is expected to be is in Result.expected."""

    deviating: list[Result] = field(default_factory=list)
    stale: list[tuple[Line, str]] = field(default_factory=list)  # and why


def for_run_dir(file: Path, directory: Path, *kernel: str) -> Expectations:
    """Of a run that has just begun. Raises Failure."""
    cases = (programs.parse_case(line.partition("\t")[2]) for line in files.lines(directory / "cases.tsv"))
    return Expectations(read(file), cases, *kernel)


def apply(run: Run, lines: list[Line], whole: bool) -> Assessment:
    """Sets Result.expected. WHOLE: the run is of all cases, so that a line without a case is stale."""
    expectations = Expectations(lines, run.cases, run.kernel, run.environment.get("kernel_release", run.kernel))
    found = Assessment()
    seen: dict[Line, set[Outcome]] = {}
    for server in run.servers:
        for line in expectations.lines_for(server.name):
            outcomes = seen.setdefault(line, set())
            for case in expectations.cases_of(line):
                if case in server.results:
                    outcomes.add(server.results[case].outcome)
        for case, result in server.results.items():
            result.expected = expectations.of(server.name, case, result.outcome)
            if result.deviates:
                found.deviating.append(result)
    for line in lines:
        why = _stale(line, seen[line], bool(expectations.cases_of(line)), whole) if line in seen else ""
        if why:
            found.stale.append((line, why))
    return found


def _stale(line: Line, outcomes: set[Outcome], has_cases: bool, whole: bool) -> str:
    if not has_cases:
        return "no such case" if whole else ""
    ran = [outcome.value for outcome in Outcome if outcome in outcomes and outcome not in _OF_THE_HOST]
    if line.outcome == SKIP or not ran or any(map(line.accepts, ran)):
        return ""
    return f"never {line.outcome}, but {', '.join(ran)}"


def summary(found: Assessment, name: str) -> Iterator[str]:
    """The lines that the summary of a run shows. NAME: of the file."""
    if found.deviating:
        yield from ("", f"Deviates from {name}:")
        for result in found.deviating:
            yield f"  {result.server} {result.case.name}: {result.outcome.value}, {result.expected}"
    if found.stale:
        yield from ("", f"Stale in {name}:")
        for line, why in found.stale:
            yield f"  {Path(line.place).name}: {line.cases}: {why}"
