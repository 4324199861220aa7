# SPDX-License-Identifier: GPL-2.0
"""left-out FILE RUN_DIR KERNEL RELEASE SERVER...: writes RUN_DIR/left_out.tsv, the cases that --skip FILE leaves out.

Its columns are server, case and why. RELEASE is the whole one of KERNEL.
"""

from __future__ import annotations

from pathlib import Path

from .. import expectations, files, programs
from ..model import Run, Server


def main(arguments: list[str]) -> int:
    file, directory, kernel, release, *servers = arguments
    lines = expectations.read(Path(file))
    cases = [programs.parse_case(line.partition("\t")[2]) for line in files.lines(Path(directory, "cases.tsv"))]
    run = Run(kernel, cases, [Server(name) for name in servers], environment={"kernel_release": release})
    with open(Path(directory, "left_out.tsv"), "w", encoding="utf-8") as out:
        for server in servers:
            for case, line in expectations.left_out(run, lines, server).items():
                why = line.reason or "no reason given"
                out.write(f"{server}\t{case}\tleft out by {Path(line.place).name}: {why}\n")
    return 0
