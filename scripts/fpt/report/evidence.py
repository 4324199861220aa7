# SPDX-License-Identifier: GPL-2.0
"""What run directories add to results: the steps and expectations of cases that did not pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

from .. import tsv
from ..outcome import Outcome
from ..store import Store
from .runs import Place, kernel_of

Line = list[Any]  # ["s", who, what, result], ["e", ok, what, observed, wanted, where] or ["n", type, text]
Evidence = dict[Place, list[Line]]

MOST_LINES = 200
_NOT_SHOWN = ('{"type":"begin"', '{"type":"end"', '{"type":"note"')
_CASE = re.compile(r'"case":"([^"]*)"')


def collect(runs: Iterable[Path], store: Store) -> Evidence:
    """The first run with a result that equals the one in STORE is the one whose evidence belongs to it."""
    found: Evidence = {}
    for run in runs:
        kernel = kernel_of(run)
        for path in tsv.files(run / "results" / kernel):
            server = path.stem
            wanted = {case for case in _same_failures(path, kernel, store) if (kernel, server, case) not in found}
            for case, line in _read(run / "evidence" / server, wanted):
                found.setdefault((kernel, server, case), []).append(line)
    return found


def _same_failures(path: Path, kernel: str, store: Store) -> Iterator[str]:
    if (kernel, path.stem) not in store.pairs:
        return
    known = store.results(kernel, path.stem)
    for case, row in tsv.read(path, named=True).rows.items():
        if row.outcome is not Outcome.PASS and not row.outcome.skipped and row == known.get(case):
            yield case


def _read(folder: Path, wanted: set[str]) -> Iterator[tuple[str, Line]]:
    left = dict.fromkeys(wanted, MOST_LINES)
    if not left:
        return
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                case = _CASE.search(line)
                if not case or not left.get(case[1]) or line.startswith(_NOT_SHOWN):
                    continue
                left[case[1]] -= 1
                short = shorten(line)
                if short:
                    yield case[1], short


def shorten(line: str) -> Optional[Line]:
    """None for a line that a crash cut short."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    kind = record.get("type")
    if kind == "step":
        return ["s", *(record.get(key) for key in ("who", "what", "result"))]
    if kind in ("expect", "requests"):
        return ["e", *(record.get(key) for key in ("ok", "what", "observed", "wanted", "where"))]
    texts = (record.get(key) for key in ("text", "reason", "value", "line"))
    return ["n", kind, next((text for text in texts if text is not None), "")]
