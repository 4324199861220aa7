# SPDX-License-Identifier: GPL-2.0
"""Whose processes a record of the kernel log names, looked up in /proc as long as they exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

# Each group is a PID.
_NAMED = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"PID: (\d+)",
        r":(\d+) (?:is )?blocked ",
        r"task [^ ].*/(\d+)",
        r"task (\d+) on cpu",
        r"task [^ ]+:(\d+)",
        r"\[[^]]*:(\d+)\]$",
        r"[^ ]/(\d+) is trying to ",
        r"CPU#\d+: .*/(\d+)$",
        r"pid: (\d+), name",
        r"while atomic: .*/(\d+)/0x",
    )
)
_PARENT = re.compile(r"^PPid:\s*(\d+)$", re.MULTILINE)
_INIT, _KTHREADD = 1, 2
_DEPTH_MOST = 100  # of ancestors, which may change during the walk


def parent(pid: int) -> Optional[int]:
    """None if it has exited."""
    try:
        found = _PARENT.search(Path(f"/proc/{pid}/status").read_text(errors="replace"))
    except OSError:
        return None
    return int(found[1]) if found else None


class Family:
    """A process and its descendants."""

    def __init__(self, root: int) -> None:
        """Root is 0 if /proc is not that of the PIDs in the kernel log."""
        self._root = root

    def _whose(self, pid: int) -> str:
        if not self._root:
            return "unknown"
        for _ in range(_DEPTH_MOST):
            if pid <= _KTHREADD or pid == self._root:
                return "others" if pid == _INIT else "run"
            above = parent(pid)
            if above is None:
                break
            pid = above
        return "unknown"

    def whose(self, text: str) -> str:
        """run: one process belongs to it, or is a kernel thread, which may work for it; others: all
        exist and belong elsewhere; unknown: one has exited; "": the text names none."""
        found = {self._whose(int(pid)) for pattern in _NAMED for pid in pattern.findall(text)}
        return next((whose for whose in ("run", "unknown", "others") if whose in found), "")

    def annotated(self, record: str) -> str:
        """The same record of /dev/kmsg with another field, "fpt=WHOSE", if it names processes."""
        head, semicolon, text = record.partition(";")
        whose = "" if record.startswith(" ") else self.whose(text)
        return f"{head},fpt={whose};{text}" if whose else record


def family_of_run() -> Family:
    """That of the caller. The kernel log has the PIDs of this /proc if it shows kernel threads."""
    try:
        shown = Path(f"/proc/{_KTHREADD}/comm").read_text() == "kthreadd\n"
    except OSError:
        shown = False
    self = int(Path("/proc/self").readlink().name) if shown else 0
    return Family((parent(self) or 0) if shown else 0)
