# SPDX-License-Identifier: GPL-2.0
"""The text files of a run directory, which programs and kernels of any quality write."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator


def lines(path: Path) -> Iterator[str]:
    """Without newlines; what is not UTF-8 is replaced."""
    *lines, rest = path.read_bytes().decode("utf-8", "replace").split("\n")
    return iter([*lines, rest] if rest else lines)


def rows(path: Path) -> Iterator[list[str]]:
    """The columns of a table separated by tabs."""
    return (line.split("\t") for line in lines(path))
