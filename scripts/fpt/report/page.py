# SPDX-License-Identifier: GPL-2.0
"""Writes the HTML page: page.html with its style, its script and the data in it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, Generic, Hashable, Iterable, Mapping, Sequence, TypeVar

from ..model import Case
from ..store import Row
from .evidence import Evidence
from .matrix import Matrix
from .runs import Place

_FOLDER = Path(__file__).resolve().parent
_T = TypeVar("_T", bound=Hashable)


class _Shared(Generic[_T]):
    """Numbers values, each different one once."""

    def __init__(self) -> None:
        self._numbers: dict[_T, int] = {}

    def number(self, value: _T) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[_T]:
        return list(self._numbers)


class _Data:
    """What page.js reads. Most cases have the same results on most kernels and servers: equal texts, results, evidence
    and ways in which results spread over the columns are written once."""

    def __init__(self, matrix: Matrix, evidence: Evidence, seconds: Mapping[Place, float]) -> None:
        self._matrix = matrix
        self._texts: _Shared[str] = _Shared()
        self._results: _Shared[Row] = _Shared()
        self._spreads: _Shared[tuple[int, ...]] = _Shared()
        self._evidence: _Shared[str] = _Shared()
        self._evidence_of: dict[str, dict[int, str]] = {}  # by case and column
        columns = {(column.kernel, column.server): number for number, column in enumerate(matrix.columns)}
        self._by_server = sorted(
            range(len(matrix.columns)), key=lambda column: matrix.servers.index(matrix.columns[column].server)
        )
        for (kernel, server, case), lines in evidence.items():
            self._evidence_of.setdefault(case, {})[columns[kernel, server]] = _json(lines)
        self._milliseconds: dict[int, dict[str, float]] = {}
        for (kernel, server, case), duration in seconds.items():
            if (kernel, server) in columns:
                self._milliseconds.setdefault(columns[kernel, server], {})[case] = round(duration * 1000)

    def json(self) -> str:
        matrix = self._matrix
        sections = [(section.id, section.title, section.cases) for section in matrix.sections]
        if matrix.gone:
            sections.append(("-", "No longer in the suite", matrix.gone))
        shown = [
            {"id": name, "title": title, "cases": [self._case(case) for case in cases]}
            for name, title, cases in sections
        ]
        return _json(
            {
                "kernels": matrix.kernels,
                "servers": matrix.servers,
                "columns": [
                    [matrix.kernels.index(column.kernel), matrix.servers.index(column.server)]
                    for column in matrix.columns
                ],
                "sections": shown,
                "promises": {promise.id: [promise.text, promise.ref, promise.level, promise.why] for promise in matrix.promises},
                "results": [self._result(row) for row in self._results.values],
                "texts": self._texts.values,
                "spreads": self._spreads.values,
                "evidence": [json.loads(lines) for lines in self._evidence.values],
                "durations": self._durations([case.name for _, _, cases in sections for case in cases]),
            }
        )

    def _result(self, row: Row) -> list[int]:
        return [self._texts.number(text) for text in (row.outcome.value, row.observed, row.requests, row.note)]

    def _case(self, case: Case) -> list[Any]:
        """[name, promise, title, since, needs, abilities, results, spread, {column: evidence}, level]"""
        found = self._matrix.found[case.name]
        evidence = {
            str(column): self._evidence.number(lines) for column, lines in self._evidence_of.get(case.name, {}).items()
        }
        return [
            case.name,
            case.promise,
            case.title,
            case.since,
            ",".join(case.needs),
            ",".join(case.abilities),
            [self._results.number(row) for row in found],
            self._spreads.number(self._spread(found.values())),
            evidence,
            case.level,
        ]

    def _spread(self, columns_of_results: Iterable[Sequence[int]]) -> tuple[int, ...]:
        """Number of a result (-1: none) and in how many columns it is, column by column, those of a server first."""
        which = [-1] * len(self._by_server)
        for number, columns in enumerate(columns_of_results):
            for column in columns:
                which[column] = number
        runs = itertools.groupby(which[column] for column in self._by_server)
        return tuple(value for number, equal in runs for value in (number, len(list(equal))))

    def _durations(self, cases: Sequence[str]) -> dict[str, list[float]]:
        """By column, milliseconds of each case, -1 if there is none."""
        return {str(column): [known.get(case, -1) for case in cases] for column, known in self._milliseconds.items()}


def _json(value: Any) -> str:
    """"<" could end the script element around it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def text(matrix: Matrix, evidence: Evidence, seconds: Mapping[Place, float]) -> str:
    def included(line: str) -> str:
        if not (line.startswith("@") and line.endswith("@\n")):
            return line
        name = line[1:-2]
        return f"{data}\n" if name == "data" else (_FOLDER / name).read_text(encoding="utf-8")

    data = _Data(matrix, evidence, seconds).json()
    with (_FOLDER / "page.html").open(encoding="utf-8") as lines:
        return "".join(included(line) for line in lines)
