# SPDX-License-Identifier: GPL-2.0
"""Writes the HTML page: page.html with its style, its script and the data in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from ..model import Case
from .evidence import Line, Place
from .matrix import Matrix

_FOLDER = Path(__file__).resolve().parent


class _Shared:
    """Numbers values, each different one once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, key: Any, value: Any) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(value)
        return self._numbers[key]


def data(matrix: Matrix, evidence: Mapping[Place, list[Line]]) -> dict[str, Any]:
    shared = _Shared()

    def words(some: tuple[str, ...]) -> str:
        return ",".join(some) or "-"

    def of_case(case: Case) -> list[Any]:
        results = _Shared()
        which = []
        proofs = {}
        for column, row in enumerate(matrix.cells(case)):
            which.append(-1 if row is None else results.number(row, [row.outcome.value, row.observed, row.requests, row.note]))
            place = (matrix.columns[column].kernel, matrix.columns[column].server, case.name)
            if place in evidence:
                proofs[str(column)] = shared.number(json.dumps(evidence[place]), evidence[place])
        gone = case.promise == "-"
        needs = ["", ""] if gone else [words(case.needs), words(case.abilities)]
        return [case.name, case.promise, case.title, case.since, *needs, results.values, which, proofs]

    sections = [{"id": section.id, "title": section.title, "cases": [of_case(case) for case in section.cases]} for section in matrix.sections]
    if matrix.gone:
        sections.append({"id": "-", "title": "No longer in the suite", "cases": [of_case(case) for case in matrix.gone]})
    return {
        "kernels": matrix.kernels,
        "servers": matrix.servers,
        "columns": [[matrix.kernels.index(column.kernel), matrix.servers.index(column.server)] for column in matrix.columns],
        "sections": sections,
        "promises": {promise.id: [promise.text, promise.ref] for promise in matrix.promises},
        "evidence": shared.values,
    }


def text(content: Mapping[str, Any]) -> str:
    def included(line: str) -> str:
        if not (line.startswith("@") and line.endswith("@\n")):
            return line
        name = line[1:-2]
        if name == "data":
            # "<" could end the script element around it.
            return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c") + "\n"
        return (_FOLDER / name).read_text(encoding="utf-8")

    with (_FOLDER / "page.html").open(encoding="utf-8") as lines:
        return "".join(included(line) for line in lines)
