# SPDX-License-Identifier: GPL-2.0
"""Figures of repeated measurements."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

from . import tsv
from .evidence import ServerEvidence


@dataclass(frozen=True)
class Figures:
    """Milliseconds."""

    median: float
    least: float
    most: float


def figures(microseconds: Iterable[float], divisor: int = 1) -> Figures:
    ordered = sorted(time / divisor / 1000 for time in microseconds)
    return Figures(ordered[(len(ordered) - 1) // 2], ordered[0], ordered[-1])


def row(text: str, shown: Figures, base: float = 0) -> str:
    """BASE: milliseconds of a bare cycle, of which the last column is a multiple."""
    line = f"{text:<44} {shown.median:8.2f} {shown.least:8.2f} {shown.most:8.2f}"
    return line + (f"  {shown.median / base:5.1f}" if base else "")


def case_times(run: Path) -> Iterator[int]:
    """Microseconds of each case of a run directory that was executed to its end. Raises NotAResult."""
    for path in sorted(run.glob("results/*/*.tsv")):
        evidence = ServerEvidence()
        for file in (run / "evidence" / path.stem).glob("*.jsonl"):
            with open(file, encoding="utf-8", errors="replace") as lines:
                evidence.read(lines)
        for case, result in tsv.read(path).rows.items():
            seconds = evidence.cases[case].seconds if case in evidence.cases else None
            if seconds is not None and not result.outcome.skipped:
                yield round(seconds * 1e6)
