# SPDX-License-Identifier: GPL-2.0
"""fpt vm, which boots.inc calls."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fpt.commands import vm
from run_dir import RunDir


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert vm.main([*arguments]) == 0
    return capsys.readouterr().out


def test_pending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunDir(tmp_path, "p.f.one", "p.f.two")
    run.ktap("raw", "p", "ok 1 f.one")
    run.table("status.tsv")
    run.table("deaths.tsv")
    assert said(capsys, "pending", str(tmp_path), "raw", "libfuse") == (
        "done\traw\tp\tp.f.one\npending\traw\tp\tp.f.two\n"
        "pending\tlibfuse\tp\tp.f.one\npending\tlibfuse\tp\tp.f.two\n"
    )


def test_ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "done\traw\tp\tp.f.one\ndone\traw\tq\tq.f.one\npending\traw\tq\tq.f.two\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert said(capsys, "ended") == "raw\tp\t0\n"


def test_what_a_console_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console = tmp_path / "console"
    console.write_bytes(b"[ 1.0] fpt: begin p.f.one raw\n\xff\n[ 1.1] BUG: x\n")
    assert said(capsys, "death", str(console)) == "BUG: x\n"
    assert said(capsys, "running", str(console)) == "raw\tp\tp.f.one\n"
    console.write_bytes(b"")
    assert said(capsys, "death", str(console)) + said(capsys, "running", str(console)) == ""


def test_cases_of_skip_are_not_pending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunDir(tmp_path, "p.f.one", "p.f.two")
    run.table("status.tsv")
    run.table("deaths.tsv")
    run.table("left_out.tsv", ("raw", "p.f.two", "left out"))
    assert said(capsys, "pending", str(tmp_path), "raw") == "pending\traw\tp\tp.f.one\ndone\traw\tp\tp.f.two\n"
