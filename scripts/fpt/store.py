# SPDX-License-Identifier: GPL-2.0
"""The results of many kernels and servers: results/ of the checkout, or of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import release, tsv
from .tsv import NotAResult, Results, Row

__all__ = ["NotAResult", "Pair", "Results", "Row", "Store", "load"]

Pair = tuple[str, str]  # kernel and server


@dataclass
class Store:
    _results: dict[Pair, Results]

    @property
    def pairs(self) -> list[Pair]:
        """By kernel in the order of releases, then by server."""
        return sorted(self._results, key=lambda pair: (release.key(pair[0]), pair))

    def results(self, kernel: str, server: str) -> Results:
        """By case, in the order of the programs and their cases."""
        return self._results[kernel, server]


def load(directory: Path) -> Store:
    """Raises NotAResult."""
    found: dict[Pair, Results] = {}
    for folder in sorted(directory.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            for path in tsv.files(folder):
                found[folder.name, path.stem] = tsv.read(path, named=True).rows
    return Store(found)
