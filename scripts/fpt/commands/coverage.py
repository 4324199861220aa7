# SPDX-License-Identifier: GPL-2.0
"""
fpt coverage RUN BUILD PAGE [--part]: writes coverage.md into a run directory of a kernel that was built in BUILD.
PAGE has the reasons for what no case executes. The exit status is 1 if a reason is missing, unless RUN is a part only.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .. import coverage, coverage_reasons
from ..failure import Failure


def main(arguments: list[str]) -> int:
    run, build, reasons = (Path(argument) for argument in arguments[:3])
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
    page = coverage_reasons.read(reasons.read_text().splitlines())
    (run / "coverage.md").write_text(coverage.report(sources, tree, page))
    missing = sum(len(lines) for lines in coverage.unexplained(sources, tree, page).values())
    if "--part" in arguments or not missing:
        return 0
    print(f"coverage: {missing} lines or outcomes were not executed, and cases/COVERAGE.md does not say why")
    return 1
