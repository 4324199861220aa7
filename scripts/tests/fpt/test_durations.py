# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

from fpt.durations import Durations


def test_follows_evidence_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "raw" / "p.jsonl"
    durations = Durations(tmp_path)
    assert durations.of("raw", "p.f.a") is None
    path.parent.mkdir(parents=True)
    path.write_text('{"type":"begin","case":"p.f.a"}\n{"type":"end","case":"p.f.a","us":"2500"}\n{"type":"end","case":"p.')
    assert durations.of("raw", "p.f.a") == 0.0025
    with path.open("a") as file:
        file.write('f.b","us":"1000000"}\n{"type":"end","case":"p.f.c"}\nnot JSON\n')
    assert durations.of("raw", "p.f.b") == 1.0
    assert durations.of("raw", "p.f.c") is None
