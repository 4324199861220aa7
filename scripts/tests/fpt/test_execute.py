# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Optional

import pytest

from fpt.execute import Execution, Job, Server, Settings
from fpt.expectations import Expectations, parse
from fpt.kmsg import KernelLog
from fpt.live import Live, View
from fpt.model import Case


class Runs:
    """Runs programs of shell text in a run directory of their own."""

    def __init__(self, at: Path) -> None:
        self.logs = at / "run"
        self._programs = at / "programs"
        self._programs.mkdir()
        for folder in ("ktap", "evidence"):
            (self.logs / folder / "raw").mkdir(parents=True)
        self.out = io.StringIO()

    def program(self, name: str, text: str) -> Path:
        path = self._programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def run(
        self,
        *programs: Path,
        at_once: int = 1,
        limit: float = 0,
        run_limit: float = 0,
        fail_fast: bool = False,
        why: str = "",
        expect: Optional[Expectations] = None,
    ) -> list[str]:
        """Returns the lines of status.tsv."""
        settings = Settings(self.logs, ("--an-argument",), at_once, limit, run_limit, fail_fast)
        jobs = [Job(Server("raw", "/a/server", why), program) for program in programs]
        Execution(settings, Live(View(self.out, self.logs), expectations=expect), NoLog()).run(jobs)
        return [line.replace("\t", " ") for line in (self.logs / "status.tsv").read_text().splitlines()]

    def ktap(self, program: str) -> bytes:
        return (self.logs / "ktap" / "raw" / f"{program}.ktap").read_bytes()


class NoLog(KernelLog):
    def __init__(self) -> None:
        self.fd = None


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def test_a_program_is_told_its_server(runs: Runs) -> None:
    program = runs.program("p", 'echo "$FPT_SERVER $FPT_SERVER_NAME $FPT_EVIDENCE $*"; cat; echo to stderr >&2')
    assert runs.run(program) == ["raw p 0"]
    assert runs.ktap("p").decode() == f"/a/server raw {runs.logs}/evidence/raw/p.jsonl --an-argument\nto stderr\n"


def test_output_is_kept_byte_by_byte(runs: Runs) -> None:
    assert runs.run(runs.program("p", r"printf 'a\0\377\r\nnot ok 1 f.x'; exit 1")) == ["raw p 1"]
    assert runs.ktap("p") == b"a\0\xff\r\nnot ok 1 f.x"
    assert " p.f.x " in runs.out.getvalue()


def test_status(runs: Runs) -> None:
    assert runs.run(runs.program("a", "exit 4"), runs.program("b", "kill -SEGV $$")) == ["raw a 4", "raw b 139"]


def test_a_program_that_does_not_exist(runs: Runs) -> None:
    assert runs.run(runs.logs / "none", runs.program("a", "")) == ["raw none 127", "raw a 0"]


def test_an_unusable_server_runs_nothing(runs: Runs) -> None:
    assert runs.run(runs.program("p", "echo ran"), why="config: off") == ["raw p 4"]
    assert runs.ktap("p") == b"1..0 # SKIP config: off\n"


def test_programs_run_at_once(runs: Runs, tmp_path: Path) -> None:
    # Each opens one end of a FIFO, which blocks until the other does.
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    programs = [runs.program("a", f"echo >{fifo}"), runs.program("b", f"cat {fifo}")]
    assert sorted(runs.run(*programs, at_once=2, limit=60)) == ["raw a 0", "raw b 0"]


def test_the_time_limit_of_the_run_ends_what_runs_and_begins_nothing_more(runs: Runs) -> None:
    programs = runs.program("a", ":"), runs.program("b", "tail -f /dev/null"), runs.program("c", ":")
    assert runs.run(*programs, run_limit=0.2) == ["raw a 0", "raw b timeout", "raw c unbegun"]


def test_the_time_limit_ends_all_processes_of_a_program(runs: Runs) -> None:
    stubborn = "trap '' TERM; tail -f /dev/null & tail -f /dev/null"
    assert runs.run(runs.program("p", stubborn), limit=0.2) == ["raw p timeout"]


def test_a_program_without_output_is_not_over(runs: Runs) -> None:
    assert runs.run(runs.program("p", "exec >/dev/null 2>&1; tail -f /dev/null"), limit=0.2) == ["raw p timeout"]


def test_fail_fast_starts_no_further_program(runs: Runs) -> None:
    good, bad = runs.program("a", "echo ok 1 f.x"), runs.program("b", "echo not ok 1 f.x; exit 1")
    assert runs.run(good, bad, good, fail_fast=True) == ["raw a 0", "raw b 1"]
    assert (runs.logs / "stopped").exists()


def test_fail_fast_does_not_end_with_an_expected_failure(runs: Runs) -> None:
    expect = Expectations([parse("a.f.x * * fail", "mine:1")], [Case("a", "a.f.x")], "7.1.3")
    known, good = runs.program("a", "echo not ok 1 f.x; exit 1"), runs.program("b", "echo ok 1 f.x")
    assert runs.run(known, good, fail_fast=True, expect=expect) == ["raw a 1", "raw b 0"]
    assert not (runs.logs / "stopped").exists()


def test_fail_fast_ends_with_what_deviates(runs: Runs) -> None:
    expect = Expectations([parse("a.f.x * * fail", "mine:1")], [Case("a", "a.f.x")], "7.1.3")
    fixed, good = runs.program("a", "echo ok 1 f.x"), runs.program("b", "")
    assert runs.run(fixed, good, fail_fast=True, expect=expect) == ["raw a 0"]


def test_fail_fast_after_a_crash(runs: Runs) -> None:
    assert runs.run(runs.program("a", "kill -SEGV $$"), runs.program("b", ""), fail_fast=True) == ["raw a 139"]


def test_fail_fast_without_a_failure(runs: Runs) -> None:
    assert runs.run(runs.program("a", ""), runs.program("b", "exit 4"), fail_fast=True) == ["raw a 0", "raw b 4"]
    assert not (runs.logs / "stopped").exists()
