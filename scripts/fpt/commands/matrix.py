# SPDX-License-Identifier: GPL-2.0
"""
For matrix.sh: "rows FILE [KERNEL...]" prints the rows to run, "targets KERNEL..." release, architecture and pages
of each, and "table" shows what became of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .. import matrix, release
from ..run_json import NotARun


def _rows(path: str, kernels: list[str]) -> int:
    rows = matrix.read(Path(path))
    for row in matrix.choose(rows, kernels) if kernels else rows:
        print(row.kernel, row.servers, row.note, sep="\t")
    return 0


def _targets(kernels: list[str]) -> int:
    for kernel in kernels:
        name, target = release.split(kernel)
        architecture, _, pages = target[1:].partition("-")
        print(name, architecture, pages, sep="|")
    return 0


def _table() -> int:
    """Reads lines of kernel, servers, and directory of the row, or "" and why it has no verdict."""
    table = matrix.Table()
    entries = [line.rstrip("\n").split("\t") for line in sys.stdin]
    most_servers: list[str] = max((entry[1].split(",") for entry in entries), key=len)
    table.add_columns(most_servers)
    for kernel, _, directory, why in entries:
        if directory:
            table.add_directory(kernel, Path(directory))
        else:
            table.add_lost(kernel, why)
    for line in table.text():
        print(line)
    return table.status


def main(arguments: list[str]) -> int:
    try:
        if arguments[0] == "targets":
            return _targets(arguments[1:])
        return _table() if arguments == ["table"] else _rows(arguments[1], arguments[2:])
    except (matrix.NotAMatrix, NotARun, OSError) as error:
        print(f"matrix.sh: {error}", file=sys.stderr)
        return 1
