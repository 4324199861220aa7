# SPDX-License-Identifier: GPL-2.0
"""The order of jobs: first what failed in the run before."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, TypeVar

from . import tsv

Job = TypeVar("Job")
Key = tuple[str, str]  # server and program


def failed_before(runs: Path, this: Path) -> set[Key]:
    """What failed in the newest complete run, besides this one, below runs."""
    ended = [path for path in runs.glob("*/run.json") if path.parent.resolve() != this.resolve()]
    newest = max(ended, key=lambda path: path.stat().st_mtime_ns, default=None)
    return set() if newest is None else _failed(newest.parent)


def _failed(run: Path) -> set[Key]:
    return {
        (result.server, case.partition(".")[0])
        for result in map(tsv.read, run.glob("results/*/*.tsv"))
        for case, row in result.rows.items()
        if row.outcome.failed
    }


def failed_first(jobs: list[Job], key: Callable[[Job], Key], failed: set[Key]) -> list[Job]:
    return sorted(jobs, key=lambda job: key(job) not in failed)
