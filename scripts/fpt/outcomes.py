# SPDX-License-Identifier: GPL-2.0
"""Reads the results of a run: one file for each server, one line for each case."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Iterator

from . import files
from .outcome import Outcome


def read(run: Path) -> Iterator[tuple[str, str, Outcome]]:
    """Server, case and outcome."""
    for path in sorted(run.glob("results/*/*.tsv")):
        for case, server, outcome, *_ in islice(files.rows(path), 1, None):
            yield server, case, Outcome(outcome)
