# SPDX-License-Identifier: GPL-2.0
"""Kernel releases and library versions in their order."""

from __future__ import annotations

import re
from pathlib import Path

Key = tuple[tuple[int, int, str], ...]


def key(release: str) -> Key:
    """Sorts as versions do: 6.9 before 6.12, 7.4-rc1 before 7.4, 6.17.0 before 6.17.0-8."""
    parts: list[tuple[int, int, str]] = []
    for part in re.findall(r"\d+|[A-Za-z]+", release):
        if part.isdigit():
            parts.append((2, int(part), ""))
        elif part == "rc":
            parts.append((0, 0, part))
        else:
            parts.append((1, 0, part))
    return (*parts, (1, 0, ""))


def _architectures() -> list[str]:
    lines = (Path(__file__).parents[1] / "lib/architectures").read_text("utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


_NAMED = re.compile(rf"(\d.*?)(-(?:{'|'.join(_architectures())})(?:-\d+k)?)")


def split(name: str) -> tuple[str, str]:
    """7.3.4-arm64-64k is 7.3.4 with pages of 64 KiB on arm64."""
    match = _NAMED.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")


def rank(name: str) -> tuple[bool, Key, str]:
    """For kernels of results, of which some have a name instead of a release: these are last."""
    return not name[:1].isdigit(), key(name), name
