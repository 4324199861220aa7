# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt import expectations
from fpt.commands import collate as collate_command
from fpt.commands import left_out as command
from fpt.failure import Failure
from fpt.model import Case, Result, Run, Server
from fpt.outcome import Outcome
from run_dir import RunDir, printed

FILE = """
# What our kernel does differently.
drop.late.*          6.12..6.16.7   *           fail         https://example.org/1  (# is no comment here)

E3                   *              libfuse     timeout,fail
drop.late.two        *              raw         pass         backported
"""


def lines(text: str) -> list[expectations.Line]:
    return [expectations.parse(line, place) for place, line in expectations.lines_of(text, "mine")]


def run(kernel: str = "6.12.9", **outcomes: str) -> Run:
    """Of the servers raw and libfuse-3.18.3; a word of OUTCOMES is the one on raw, or both."""
    cases = [Case("drop", "drop.late.one", "E1"), Case("drop", "drop.late.two", "E2"), Case("lease", "lease.f.three", "E3")]
    servers = [Server("raw"), Server("libfuse-3.18.3")]
    for at, server in enumerate(servers):
        for case in cases:
            words = outcomes.get(case.name.rpartition(".")[2], "pass").split()
            server.results[case.name] = Result(case, server.name, Outcome(words[at % len(words)]))
    return Run(kernel, cases, servers)


def summary(of: Run, text: str, whole: bool = True) -> list[str]:
    return [line for line in expectations.summary(expectations.apply(of, lines(text), whole), "mine") if line]


def test_parse() -> None:
    first, second, third = lines(FILE)
    assert first == expectations.Line("mine:3", "drop.late.*", "6.12..6.16.7", "*", "fail",
                                      "https://example.org/1  (# is no comment here)")
    assert second.outcome == "timeout,fail" and second.reason == ""
    assert second.accepts("fail") and second.accepts("timeout") and not second.accepts("pass")
    assert third.place == "mine:6"


@pytest.mark.parametrize("text, why", [
    ("drop.* *", "mine:1: 2 columns, but cases, kernels, servers, outcome are expected, and a reason"),
    ("\ndrop.* * * passed", "mine:2: 'passed' is not an outcome: give one of pass xfail xpass changed fail broken timeout crash "
     "incomplete skip:cap skip:config skip:kernel skip:library skip:privilege skip, or a glob of them"),
    ("drop.{a * * fail", "mine:1: 'drop.{a': one pair of braces is allowed in each alternative, as in a.{b,c}.d,e"),
    ("drop.* 6.*..7 * fail", "mine:1: '6.*..7' is not a kernel: give a release (7.1.3), a range (6.12..6.16.7), a bound "
     "(<6.18, >=7.1) or a glob (7.1.*)"),
    ("a/b * * fail", "mine:1: 'a/b' is not a case: give its name, its promise or a glob of them"),
    ("drop.* * a/b fail", "mine:1: 'a/b' is not a server: give its name, with or without version, or a glob of them"),
])
def test_refused(text: str, why: str) -> None:
    with pytest.raises(expectations.Malformed) as refusal:
        lines(text)
    assert str(refusal.value) == why


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot read .*/gone: No such file or directory"):
        expectations.read(tmp_path / "gone")


def test_what_is_expected_does_not_fail() -> None:
    of = run(one="fail", two="pass fail", three="pass timeout")
    assert summary(of, FILE) == []
    assert not any(result.failed for result in of.results())
    assert [(result.case.name, result.server, result.known_reason) for result in of.results() if result.known_failure] == [
        ("drop.late.one", "raw", "https://example.org/1  (# is no comment here)"),
        ("drop.late.one", "libfuse-3.18.3", "https://example.org/1  (# is no comment here)"),
        ("drop.late.two", "libfuse-3.18.3", "https://example.org/1  (# is no comment here)"),
        ("lease.f.three", "libfuse-3.18.3", "expected by mine:5"),
    ]


def test_what_deviates_fails() -> None:
    of = run(two="fail", three="pass crash")
    assert summary(of, FILE) == [
        "Deviates from mine:",
        "  raw drop.late.one: pass, expected fail (mine:3: https://example.org/1  (# is no comment here))",
        "  raw drop.late.two: fail, expected pass (mine:6: backported)",
        "  libfuse-3.18.3 drop.late.one: pass, expected fail (mine:3: https://example.org/1  (# is no comment here))",
        "  libfuse-3.18.3 lease.f.three: crash, expected timeout,fail (mine:5)",
        "Stale in mine:",
        "  mine:5: E3: never timeout,fail, but crash",
        "  mine:6: drop.late.two: never pass, but fail",
    ]
    failed = [(result.case.name, result.server) for result in of.results() if result.failed]
    assert failed == [("drop.late.one", "raw"), ("drop.late.two", "raw"), ("drop.late.one", "libfuse-3.18.3"),
                      ("lease.f.three", "libfuse-3.18.3")]


def test_what_no_line_fits_is_as_usual() -> None:
    of = run("7.3.4", one="fail", three="pass fail")
    expectations.apply(of, lines(FILE), True)
    assert [result.failed for result in of.results()] == [True, False, False, True, False, False]


def test_a_change_can_be_expected() -> None:
    of = run(one="changed", two="changed pass")
    assert summary(of, "drop.late.one * * changed a posted series\ndrop.late.two * * pass\n") == [
        "Deviates from mine:", "  raw drop.late.two: changed, expected pass (mine:2)"]
    assert ([result.changed for result in of.results()], of.changed, of.failed) == (
        [True, False, False, True, False, False], 2, 1)


def test_a_skip_of_the_host_says_nothing() -> None:
    of = run(one="skip:config", two="skip:privilege", three="skip:config")
    assert summary(of, FILE) == []
    assert not any(result.failed for result in of.results())
    assert summary(run(one="skip:kernel", two="pass fail", three="pass fail"), FILE)[-3:] == [
        "Deviates from mine:",
        *(f"  {server} drop.late.one: skip:kernel, expected fail (mine:3: https://example.org/1  (# is no comment here))"
          for server in ("raw", "libfuse-3.18.3"))]


def test_stale() -> None:
    text = "gone.* * * fail\ngone.* 7.* * fail\ndrop.late.one * go-fuse fail\ngone.f.x * * skip\n"
    assert summary(run(), text) == ["Stale in mine:", "  mine:1: gone.*: no such case", "  mine:4: gone.f.x: no such case"]
    assert summary(run(), text, whole=False) == []


def test_left_out() -> None:
    text = "drop.* * * skip hangs\ndrop.late.two * raw pass\nE3 * * fail\n"
    found = expectations.Expectations(lines(text), run().cases, "6.12.9").left_out("raw")
    assert {case: line.reason for case, line in found.items()} == {"drop.late.one": "hangs"}


def test_cases_that_are_left_out_of_a_run(tmp_path: Path) -> None:
    directory = RunDir(tmp_path, "p.f.one", "p.f.two", "q.f.three")
    directory.ktap("raw", "p", "ok 1 f.one")
    directory.ktap("raw", "q", "ok 1 f.three")
    (tmp_path / "mine").write_text("p.f.two <7 raw skip hangs\there\nq.* 7.*-cloud raw skip\nq.* * go-fuse skip\n")
    assert command.main([str(tmp_path / "mine"), str(tmp_path), "6.12.9", "6.12.9-cloud", "raw", "libfuse"]) == 0
    assert (tmp_path / "left_out.tsv").read_text() == "raw\tp.f.two\tleft out by mine:1: hangs here\n"
    directory.statuses["raw", "p"] = "0"
    result = directory.collate("raw").servers[0].results["p.f.two"]
    assert (result.outcome, result.reason) == (Outcome.SKIP_CONFIG, "left out by mine:1: hangs here")


def test_summary_and_exit_status(tmp_path: Path) -> None:
    directory = RunDir(tmp_path, "p.f.one", "p.f.two")
    directory.ktap("raw", "p", "# x.c:1: got 1", "not ok 1 f.one", "ok 2 f.two", status="1")
    of = directory.collate("raw")
    assert (of.status, "Failed:" in printed(of), "Suspected:" in printed(of)) == (1, True, True)
    expectations.apply(of, lines("p.f.one * * fail"), True)
    assert (of.status, "Failed:" in printed(of), "Suspected:" in printed(of)) == (0, False, False)
    assert printed(of) == (
        "\nraw       1 passed, 0 failed, 0 skipped  (1 failed as --expect says)\n\n"
        "Expected failures:\n    1  mine:1\n\n"
        f"logs: {tmp_path}\n\n1 failed as expected\n1 passed, 0 failed, 0 skipped\n"
    )
    assert "Expected failures:\n  raw p.f.one: fail\n" in printed(of, verbose=True)
    assert "      expected fail (mine:1)\n" in printed(of, verbose=True)
    expectations.apply(of, lines("p.f.two * * fail"), True)
    assert of.status == 1
    assert printed(of).endswith("\n0 passed, 2 failed, 0 skipped\n")


def test_a_run_that_stopped_for_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = RunDir(tmp_path, "p.f.one", "q.f.two")
    directory.ktap("raw", "p", "not ok 1 f.one", status="1")
    directory.collate("raw")  # writes status.tsv
    (tmp_path / "stopped").touch()
    (tmp_path / "mine").write_text("p.f.one * * fail\n")
    assert collate_command.main(["--expect", str(tmp_path / "mine"), str(tmp_path), "k", "raw"]) == 1
    assert "  stopped early, but all failures are expected: run again without --fail-fast\n" in capsys.readouterr().out
    (tmp_path / "stopped").unlink()
    (tmp_path / "mine").write_text("p.f.one * * fail\nq.* * * *\n")
    assert collate_command.main(["--expect", str(tmp_path / "mine"), str(tmp_path), "k", "raw"]) == 0
