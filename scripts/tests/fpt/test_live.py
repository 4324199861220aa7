# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
from pathlib import Path

import pytest

from fpt.live import Live, View

FAILURE = (
    "# a.c:1:case:got \0 1",
    "#   E1: title",
    "#   steps:",
    "#   evidence: where the program is",
    "# case: Test failed",
    "not ok 1 f.case",
)


def shown(*lines: str, verbose: bool = False, quiet: bool = False) -> str:
    out = io.StringIO()
    live = Live(View(out, Path("/run"), {"raw": "run.sh --filter", "libfuse-3.18.3": "x"}, verbose, quiet))
    for line in lines:
        live.take("raw", "p", line)
    return out.getvalue()


def test_a_failure_has_all_that_a_reader_needs() -> None:
    assert shown(*FAILURE, quiet=True) == (
        f"{'raw':<14} {'p.f.case':<60} fail  a.c:1:case:got ? 1\n"
        "    E1: title\n"
        "    steps:\n"
        "    evidence: /run/evidence/raw/p.jsonl\n"
        '    kernel log: /run/kernel.log, from "fpt: begin p.f.case raw"\n'
        "    rerun: run.sh --filter p.f.case\n"
    )


def test_other_cases_are_printed_when_asked() -> None:
    lines = ("ok 1 f.a", "ok 2 f.b # SKIP config: x", "not ok 3 f.c # XFAIL why", "ok 4 f.d # XPASS why")
    assert [line.split()[2:] for line in shown(*lines, verbose=True).splitlines()] == [
        ["pass"], ["skip", "config:", "x"], ["xfail", "why"], ["XPASS", "why"],
    ]
    assert [line.split()[1] for line in shown(*lines).splitlines()] == ["p.f.d"]
    assert shown(*lines, quiet=True) == ""


def test_the_end_of_a_process_is_the_outcome() -> None:
    assert " p.f.a " in shown("# broken: no mount", "not ok 1 f.a")
    assert " broken  no mount\n" in shown("# broken: no mount", "# f: Test failed", "not ok 1 f.a")
    assert " timeout  f: Test terminated by timeout\n" in shown("# f: Test terminated by timeout", "not ok 1 f.a")


def test_of_very_many_details_the_middle_is_left_out() -> None:
    steps = [f"#   {number:04}. step" for number in range(1000)]
    text = shown("# a.c:1: why", *steps, "not ok 1 f.a")
    assert "0000. step" in text and "0999. step" in text and "\n    [...]\n" in text
    assert "0500. step" not in text


def test_programs_do_not_mix() -> None:
    out = io.StringIO()
    live = Live(View(out, Path("/run")))
    live.take("raw", "a", "# a.c:1: of a")
    live.take("raw", "b", "not ok 1 f.b")
    live.take("raw", "a", "not ok 1 f.a")
    assert "fail  a.c:1: of a" in out.getvalue().splitlines()[4]
    assert live.failed == 2


def test_progress_is_printed_when_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    out = io.StringIO()
    live = Live(View(out, Path("/run")))
    live.take("raw", "p", "ok 1 f.a")
    now = 102.0
    assert live.progress() == 1.0
    assert out.getvalue() == ""
    now = 103.0
    assert live.progress() == 3.0
    assert out.getvalue() == "... 1 passed, 0 failed, 0 skipped, at raw p.f.a\n"
    assert Live(View(out, Path("/run"), quiet=True)).progress() is None
