# SPDX-License-Identifier: GPL-2.0
"""A run directory, as small as a test needs it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from fpt import collate, summary
from fpt.model import Run

MARKER = "fpt: run 1.5"


class RunDir:
    """Each case is listed with promise F1; what a test does not write is as if all had ended with 0."""

    def __init__(self, path: Path, *cases: str) -> None:
        self.path = path
        self.programs = dict.fromkeys(case.partition(".")[0] for case in cases)
        lines = [f"{case.partition('.')[0]}\t{case}\tF1\t6.9\tpassthrough\t-\ttitle of {case}\n" for case in cases]
        (path / "cases.tsv").write_text("".join(lines), encoding="utf-8")
        self.statuses: dict[tuple[str, str], str] = {}
        self.kmsg()

    def ktap(self, server: str, program: str, *lines: str, status: str = "0") -> None:
        folder = self.path / "ktap" / server
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{program}.ktap").write_text("\n".join(["TAP version 13", *lines, ""]), encoding="utf-8")
        self.statuses[server, program] = status

    def evidence(self, server: str, program: str, *records: dict[str, Any]) -> None:
        folder = self.path / "evidence" / server
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"{program}.jsonl").write_text(text, encoding="utf-8")

    def kmsg(self, *records: str) -> None:
        """Records without their number: "priority,flags;text"."""
        lines = [MARKER, f"12,1,1,-;{MARKER} begins"]
        for number, record in enumerate(records, 2):
            header, _, text = record.partition(";")
            priority, _, flags = header.partition(",")
            lines.append(f"{priority},{number},{number},{flags};{text}")
        (self.path / "kmsg").write_text("\n".join([*lines, ""]), encoding="utf-8")

    def table(self, name: str, *rows: tuple[str, ...]) -> None:
        (self.path / name).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")

    def collate(self, *servers: str, fault: str = "", external: bool = False) -> Run:
        self.table("status.tsv", *((*key, status) for key, status in self.statuses.items()))
        return collate.read(str(self.path), "k", servers, fault=fault, external=external)


def printed(run: Run, verbose: bool = False) -> str:
    out = io.StringIO()
    summary.write(run, out, verbose)
    return out.getvalue()
