# SPDX-License-Identifier: GPL-2.0
"""left-out FILE RUN_DIR KERNEL RELEASE SERVER...: writes RUN_DIR/left_out.tsv, the cases that --skip FILE leaves out.

Its columns are server, case and why. RELEASE is the whole one of KERNEL.
"""

from __future__ import annotations

from pathlib import Path

from .. import expectations


def main(arguments: list[str]) -> int:
    file, directory, kernel, release, *servers = arguments
    found = expectations.for_run_dir(Path(file), Path(directory), kernel, release)
    with open(Path(directory, "left_out.tsv"), "w", encoding="utf-8") as out:
        for server in servers:
            for case, line in found.left_out(server).items():
                why = line.reason.replace("\t", " ") or "no reason given"
                out.write(f"{server}\t{case}\tleft out by {Path(line.place).name}: {why}\n")
    return 0
