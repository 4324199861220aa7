# SPDX-License-Identifier: GPL-2.0
"""How long each case took, from evidence that is still being written."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from .evidence import ServerEvidence

_END = '{"type":"end"'


class Durations:
    """Follows the evidence of programs in a run directory."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._read: dict[Path, int] = {}  # bytes
        self._evidence: dict[str, ServerEvidence] = {}

    def of(self, server: str, case: str) -> Optional[float]:
        """None if it has not said that it ended."""
        ends = self._evidence.setdefault(server, ServerEvidence())
        ends.read(self._news(self._logs / "evidence" / server / f"{case.partition('.')[0]}.jsonl"))
        return ends.cases[case].seconds if case in ends.cases else None

    def _news(self, path: Path) -> list[str]:
        try:
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                data = file.read()
        except FileNotFoundError:
            return []
        complete = data[: data.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(complete)
        return [line for line in complete.decode(errors="replace").split("\n") if line.startswith(_END)]
