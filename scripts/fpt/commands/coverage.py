# SPDX-License-Identifier: GPL-2.0
"""fpt coverage RUN BUILD: writes coverage.md into a run directory of a kernel that was built in BUILD."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .. import coverage
from ..failure import Failure


def main(arguments: list[str]) -> int:
    run, build = Path(arguments[0]), Path(arguments[1])
    gcov = coverage.gcov_of((build / ".config").read_text())
    sources: coverage.Sources = {}
    received = run / "coverage.hex"
    if not received.exists() or not received.stat().st_size:
        raise Failure("no coverage: no guest sent counters before its end")
    with tempfile.TemporaryDirectory() as work, received.open() as lines:
        for files in coverage.boots(line.rstrip("\n") for line in lines):
            for path, document in coverage.read_boot(gcov, build, Path(work), files):
                sources.setdefault(path, coverage.Source()).add(document)
    tree = build / "source" if (build / "source").exists() else build
    (run / "coverage.md").write_text(coverage.report(sources, tree))
    return 0
