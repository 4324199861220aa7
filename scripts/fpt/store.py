# SPDX-License-Identifier: GPL-2.0
"""The results of many kernels and servers, stored as what differs: results/ of the checkout.

  runs      a line per kernel: its name and the servers that ran there
  cases     a line per case: its name and, separated by tabs, what it usually observes and requests
  expected  expectations: where a case does not pass; "skip" where it was not run
  observed  where a case that ran observes or requests anything else, or a skipped one anything

A folder of <kernel>/<server>.tsv, as a run leaves it, is read as well.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Mapping, Optional, Union

from . import expectations, globs, release, tsv
from .expectations import SKIP
from .failure import Failure
from .outcome import Outcome
from .tsv import NotAResult, Results, Row

__all__ = ["NotAResult", "Pair", "Results", "Row", "Store", "for_all_servers", "is_store", "load"]

Pair = tuple[str, str]  # kernel and server
Words = tuple[str, str]  # what was observed and the requests


def _names(server: str) -> Iterator[tuple[str, str]]:
    """How a note may begin, and what stands for it."""
    yield globs.unversioned(server), "{server}"
    yield server, "{name}"


def for_all_servers(note: str, server: str) -> str:
    """Without the server's name, so that it is the same for others: "{server} cannot hold a request back"."""
    for name, word in _names(server):
        if note.startswith(f"{name} "):
            return word + note[len(name):]
    return note


def _for_server(note: str, server: str) -> str:
    for name, word in _names(server):
        if note.startswith(word):
            return name + note[len(word):]
    return note


def in_order(lists: Iterable[Iterable[str]]) -> list[str]:
    """Of all cases. Those that the first list does not have follow the case that they follow in theirs."""
    found: list[str] = []
    for cases in lists:
        known = set(found)
        after: dict[str, list[str]] = {}
        before = ""
        for case in cases:
            if case in known:
                before = case
            else:
                after.setdefault(before, []).append(case)
        if after:
            found = after.get("", []) + [name for case in found for name in (case, *after.get(case, []))]
    return found


class Store:
    def __init__(self, results: Mapping[Pair, Results], cases: Optional[list[str]] = None) -> None:
        """CASES: all of them in their order."""
        self._results = results
        self._cases = cases

    @property
    def cases(self) -> list[str]:
        if self._cases is None:
            self._cases = in_order(self.results(*pair) for pair in reversed(self.pairs))
        return self._cases

    @property
    def kernels(self) -> list[str]:
        """The oldest first."""
        return sorted({kernel for kernel, _ in self._results}, key=release.rank)

    def servers(self, kernel: str) -> list[str]:
        return sorted(server for one, server in self._results if one == kernel)

    @property
    def pairs(self) -> list[Pair]:
        """By kernel in the order of releases, then by server."""
        return [(kernel, server) for kernel in self.kernels for server in self.servers(kernel)]

    def results(self, kernel: str, server: str) -> Results:
        """By case, in the order of the programs and their cases."""
        return self._results[kernel, server]


class _Lazy(Mapping[Pair, Results]):
    """Makes the results of a pair when they are asked for."""

    def __init__(self, pairs: list[Pair], read: Callable[[Pair], Results]) -> None:
        self._pairs = dict.fromkeys(pairs)
        self._read = functools.lru_cache(maxsize=None)(read)

    def __getitem__(self, pair: Pair) -> Results:
        return self._read(pair)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


def is_store(directory: Path) -> bool:
    return (directory / "runs").is_file()


def load(directory: Path) -> Store:
    """Raises Failure, a file that is malformed with its line."""
    if is_store(directory):
        return _load(directory)
    paths = {(path.parent.name, path.stem): path for path in sorted(directory.glob("*/*.tsv"))
             if not path.name.startswith(".") and not path.parent.name.startswith(".")}
    return Store({pair: tsv.read(path, named=True).rows for pair, path in paths.items()})


# --- reading ---------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """FILE:LINE and text, with the tabs at its end."""
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{path}:{number}", line


def _read_runs(path: Path) -> list[Pair]:
    found: list[Pair] = []
    for place, line in _lines(path):
        kernel, *servers = line.split()
        for server in servers:
            if not tsv.SERVER.fullmatch(server):
                raise NotAResult(f"{place}: '{server}' is not the name of a server")
            if (kernel, server) in found:
                raise NotAResult(f"{place}: {server} on {kernel} is there twice")
            found.append((kernel, server))
        if not servers:
            raise NotAResult(f"{place}: a kernel and the servers on it are expected")
    return found


def _two(columns: list[str], place: str) -> Words:
    if len(columns) > 2:
        raise NotAResult(f"{place}: at most two tabs are expected, got {len(columns)}")
    observed, requests = [*columns, "", ""][:2]
    return observed, requests


def _read_cases(path: Path) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for place, line in _lines(path):
        case, *columns = line.split("\t")
        if not tsv.CASE.fullmatch(case):
            raise NotAResult(f"{place}: '{case}' is not the name of a case")
        if case in found:
            raise NotAResult(f"{place}: {case} is there twice")
        found[case] = _two(columns, place)
    return found


@dataclass(frozen=True)
class _Observed:
    cases: str
    kernels: str
    servers: str
    words: Words


def _read_observed(path: Path) -> Iterator[_Observed]:
    for place, line in _lines(path):
        where, *columns = line.split("\t")
        if len(where.split()) != 3:
            raise NotAResult(f"{place}: cases, kernels and servers are expected before the first tab")
        like = expectations.parse(f"{where} {SKIP}", place)
        yield _Observed(like.cases, like.kernels, like.servers, _two(columns, place))


def _fits(line: Union[expectations.Line, _Observed], pair: Pair) -> bool:
    return globs.fits_kernel(line.kernels, pair[0]) and globs.fits_server(line.servers, pair[1])


def _load(directory: Path) -> Store:
    pairs = _read_runs(directory / "runs")
    usual = _read_cases(directory / "cases")
    names = globs.Names(usual)
    expected = [expectations.parse(line.rstrip(), place) for place, line in _lines(directory / "expected")]
    for line in expected:
        if line.outcome != SKIP and line.outcome not in {outcome.value for outcome in Outcome}:
            raise NotAResult(f"{line.place}: '{line.outcome}' is more than one outcome, in results that are known")
        if not names.of(line.cases):
            raise NotAResult(f"{line.place}: '{line.cases}' is no case of {directory / 'cases'}")
    observed = list(_read_observed(directory / "observed"))

    def usual_row(case: str, outcome: str, note: str) -> Row:
        return tsv.row(outcome, *(("", "") if Outcome(outcome).skipped else usual[case]), note)

    @functools.lru_cache(maxsize=None)
    def rows_of(line: expectations.Line, reason: str) -> dict[str, Optional[Row]]:
        cases = names.of(line.cases)
        if line.outcome == SKIP:
            return dict.fromkeys(cases)
        return {case: usual_row(case, line.outcome, reason) for case in cases}

    passed: dict[str, Optional[Row]] = {case: usual_row(case, Outcome.PASS.value, "") for case in usual}

    def read(pair: Pair) -> Results:
        rows = dict(passed)
        for line in expected:
            if _fits(line, pair):
                rows.update(rows_of(line, _for_server(line.reason, pair[1])))
        for other in observed:
            if _fits(other, pair):
                for case in names.of(other.cases):
                    row = rows[case]
                    rows[case] = row and tsv.row(row.outcome.value, *other.words, row.note)
        return {case: row for case, row in rows.items() if row}

    return Store(_Lazy(pairs, read), list(usual))
