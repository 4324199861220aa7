# SPDX-License-Identifier: GPL-2.0
"""What a report in the kernel log makes of an exploration that found nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpt.commands import explore

RECURSIVE = "WARNING: possible recursive locking detected"


class Log:
    """A kernel log with one report."""

    fd = None
    unreadable = ""
    lock = ""

    def __init__(self, copy: Path) -> None:
        lines = ["m", "12,1,1,-;m begins", f"4,2,1,-;{RECURSIVE}", f"4,3,1,-;ffff ({self.lock}", "12,4,1,-;m ends"]
        copy.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    def end(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize("lock, status, said", [
    ("sb_writers#7", 0, "explore.sh: known bug met, in the kernel log: K5: "),
    ("&fc->bg_lock", 1, "deviation: kernel log: "),
])
def test_a_report(
    lock: str, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program"
    program.write_text("""#!/bin/sh\necho '{"promise": "K5", "known_report": ["possible recursive", "sb_writers"]}'\n""")
    program.chmod(0o755)
    monkeypatch.setattr(explore, "KernelLog", Log)
    monkeypatch.setattr(Log, "lock", lock)
    assert explore.main([str(tmp_path), "true"]) == status
    assert capsys.readouterr().out == f"{said}{RECURSIVE}\n"
