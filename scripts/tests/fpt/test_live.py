# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
from pathlib import Path

import pytest

from fpt import expectations
from fpt.commands import live as command
from fpt.live import Live, View
from fpt.model import Case

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


def expecting(out: io.StringIO, verbose: bool = False) -> Live:
    """Case p.f.a is to fail on raw."""
    line = expectations.parse("p.f.a * raw fail known", "/at/mine:3")
    found = expectations.Expectations([line], [Case("p", "p.f.a")], "7.1.3")
    return Live(View(out, Path("/run"), verbose=verbose), expectations=found)


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
    lines = ("ok 1 f.a", "ok 2 f.b # SKIP config: x", "not ok 3 f.c # XFAIL why", "ok 4 f.d # XPASS why",
             "ok 5 f.e # XFAIL changed: open: got 0, wanted EIO")
    assert [line.split()[2:] for line in shown(*lines, verbose=True).splitlines()] == [
        ["pass"], ["skip", "config:", "x"], ["xfail", "why"], ["XPASS", "why"],
        ["changed", "open:", "got", "0,", "wanted", "EIO"],
    ]
    assert [line.split()[1] for line in shown(*lines).splitlines()] == ["p.f.d", "p.f.e"]
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


def test_an_expected_failure_is_none() -> None:
    out = io.StringIO()
    live = expecting(out)
    live.take("raw", "p", "not ok 1 f.a")
    assert (live.failed, out.getvalue()) == (0, "")
    assert live.failed_as_expected("raw", "p") and not live.failed_as_expected("libfuse", "p")
    expecting(out, verbose=True).take("raw", "p", "not ok 1 f.a")
    assert out.getvalue() == f"{'raw':<9} {'p.f.a':<60} xfail  known\n"


@pytest.mark.parametrize("line, word", [
    ("ok 1 f.a", "pass"), ("ok 1 f.a # SKIP kernel: none", "skip:kernel"), ("ok 1 f.a # XFAIL why", "xfail"),
])
def test_what_deviates_is_a_failure(line: str, word: str) -> None:
    out = io.StringIO()
    live = expecting(out)
    live.take("raw", "p", line)
    assert live.failed == 1
    assert out.getvalue().startswith(f"{'raw':<9} {'p.f.a':<60} {word}, expected fail (mine:3: known)")
    assert "    rerun: " in out.getvalue()


def test_a_timeout_is_no_failure_that_fits_fail() -> None:
    out = io.StringIO()
    expecting(out).take("libfuse", "p", "ok 1 f.a")
    assert out.getvalue() == ""
    live = expecting(out)
    live.take("raw", "p", "# f: Test terminated by timeout")
    live.take("raw", "p", "not ok 1 f.a")
    assert live.failed == 1 and " timeout, expected fail (mine:3: known)" in out.getvalue()


def test_progress_counts_what_the_summary_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    out = io.StringIO()
    live = expecting(out)
    live.take("raw", "p", "not ok 1 f.a")
    now = 103.0
    live.progress()
    assert out.getvalue() == "... 0 passed, 0 failed, 0 skipped, at raw p.f.a\n"


def test_the_case_that_a_kernel_died_of(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.tsv").write_text("p\tp.f.a\tE1\t6.9\t-\t-\ttitle\n")
    (tmp_path / "mine").write_text("p.f.a * * crash panics\n")
    expect = ["--run", str(tmp_path), "--fail-fast", "--expect", str(tmp_path / "mine"), "7.1.3", "7.1.3"]
    command.main([*expect, "--died", "raw", "p.f.a", "crash", "BUG: x"])
    assert capfd.readouterr().out == "" and not (tmp_path / "stopped").exists()
    command.main([*expect, "--died", "raw", "p.f.a", "timeout", "hung"])
    assert " timeout, expected crash (mine:1: panics)  hung\n" in capfd.readouterr().out
    assert (tmp_path / "stopped").exists()
