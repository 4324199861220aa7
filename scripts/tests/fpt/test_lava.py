# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

import runs
from fpt.commands import lava_rest
from fpt.outcome import Outcome
from fpt.writers import lava


def test_signals_of_a_run() -> None:
    out = io.StringIO()
    signals = lava.Signals(out, ["raw", "libfuse-3.18.3"], ["a.f.x", "a.f.y"])
    signals.case(runs.result("raw", "a.f.x", Outcome.PASS), 0.0125)
    signals.case(runs.result("raw", "a.f.y", Outcome.SKIP_CONFIG))
    signals.case(runs.result("libfuse-3.18.3", "a.f.x", Outcome.FAIL), 2.0)
    signals.case(runs.result("raw", "text.of.server", Outcome.PASS))
    signals.end()
    assert out.getvalue() == (
        "<LAVA_SIGNAL_TESTSET START raw>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-x RESULT=pass MEASUREMENT=0.012500 UNITS=s>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-y RESULT=skip>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
        "<LAVA_SIGNAL_TESTSET START libfuse-3-18-3>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-x RESULT=fail MEASUREMENT=2.000000 UNITS=s>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
    )


def test_names_are_plain_and_unique() -> None:
    names = lava.names(["a.b", "a-b", "a+b", "c_d"])
    assert list(names.values()) == ["a-b", "a-b-2", "a-b-3", "c_d"]
    assert all(re.fullmatch("[A-Za-z0-9_-]+", name) for name in names.values())


def test_results() -> None:
    words = {outcome: lava.word(runs.result("raw", "a.f.x", outcome)) for outcome in Outcome}
    assert words[Outcome.XFAIL] == words[Outcome.XPASS] == words[Outcome.CHANGED] == "pass"
    assert words[Outcome.TIMEOUT] == words[Outcome.CRASH] == "fail"
    assert words[Outcome.BROKEN] == words[Outcome.INCOMPLETE] == "unknown"
    assert words[Outcome.SKIP_LIBRARY] == "skip"


def test_results_that_are_expected() -> None:
    raw, libfuse = runs.expecting().servers
    as_expected = {result.outcome: lava.word(result) for result in raw.results.values()}
    assert {word for outcome, word in as_expected.items() if not outcome.skipped} == {"pass"}
    assert as_expected[Outcome.SKIP_KERNEL] == "skip"
    assert {lava.word(result) for result in libfuse.results.values()} == {"fail"}


def test_what_is_known_after_the_run_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("p.f.passes", "p.f.warned", "p.f.died")
    (tmp_path / "cases.tsv").write_text("".join(f"p\t{name}\tE1\t6.9\t-\t-\ttitle\n" for name in names))
    (tmp_path / "ktap" / "raw").mkdir(parents=True)
    (tmp_path / "ktap" / "raw" / "p.ktap").write_text("ok 1 f.passes\nok 2 f.warned\n")
    (tmp_path / "results" / "k").mkdir(parents=True)
    rows = zip(names, ("pass", "fail", "crash"))
    (tmp_path / "results" / "k" / "raw.tsv").write_text(
        "case\tserver\toutcome\tobserved\trequests\tnote\n" + "".join(f"{name}\traw\t{word}\t\t\t\n" for name, word in rows)
    )
    assert lava_rest.main(["--run", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "<LAVA_SIGNAL_TESTSET START raw>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=p-f-warned-after-run RESULT=fail>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=p-f-died RESULT=fail>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
    )


def test_the_kernel_log_may_make_a_pass_the_expected_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cases.tsv").write_text("p\tp.f.warned\tE1\t6.9\t-\t-\ttitle\np\tp.f.died\tE1\t6.9\t-\t-\ttitle\n")
    (tmp_path / "ktap" / "raw").mkdir(parents=True)
    (tmp_path / "ktap" / "raw" / "p.ktap").write_text("ok 1 f.warned\n")
    (tmp_path / "results" / "k").mkdir(parents=True)
    (tmp_path / "results" / "k" / "raw.tsv").write_text(
        "case\tserver\toutcome\tobserved\trequests\tnote\np.f.warned\traw\tfail\t\t\t\np.f.died\traw\tcrash\t\t\t\n"
    )
    (tmp_path / "mine").write_text("p.* * raw fail,crash\n")
    assert lava_rest.main(["--run", str(tmp_path), "--expect", str(tmp_path / "mine"), "7.1", "7.1"]) == 0
    assert capsys.readouterr().out == (
        "<LAVA_SIGNAL_TESTSET START raw>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=p-f-warned-after-run RESULT=pass>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=p-f-died RESULT=pass>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
    )
