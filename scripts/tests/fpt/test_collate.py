# SPDX-License-Identifier: GPL-2.0
"""What becomes of KTAP, evidence, statuses and deaths."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from fpt import collate, pending
from fpt.failure import Failure
from fpt.model import Result, Run
from fpt.outcome import Outcome
from run_dir import RunDir

CASE = "p.f.case"


def record(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "case": CASE, **members}


BEGIN = record("begin")
END = record("end", us="1500")
MET = record("expect", what="open f", observed="0", wanted="0", ok=True)
CHANGED = record("expect", what="open f", observed="EPERM", wanted="EIO", ok=False, changed=True)
CHANGE = "ok 1 f.case # XFAIL changed: open f: got EPERM, wanted EIO"
UNMET = record("expect", what="open f", observed="EIO", wanted="0", ok=False)


def result(path: Path, ktap: list[str], *records: dict[str, Any], status: str = "0") -> Result:
    run = RunDir(path, CASE)
    run.ktap("raw", "p", *ktap, status=status)
    run.evidence("raw", "p", *records)
    return run.collate("raw").servers[0].results[CASE]


def test_a_pass(tmp_path: Path) -> None:
    requests = [record("requests", observed=text, wanted=text, ok=True) for text in ("LOOKUP OPEN", "", "RELEASE")]
    found = result(tmp_path, ["ok 1 f.case"], BEGIN, MET, *requests, MET, record("hint", text="unused"), END)
    assert (found.outcome, found.observed, found.requests) == (Outcome.PASS, "0 0", "LOOKUP OPEN | RELEASE")
    assert (found.note, found.seconds) == ("", 0.0015)


@pytest.mark.parametrize("ktap, records, outcome, reason", [
    (["# a.c:1:case:got 1", "not ok 1 f.case"], [BEGIN, UNMET, END], Outcome.FAIL, "open f: got EIO, wanted 0"),
    (["# a.c:1:case:got 1", "not ok 1 f.case"], [BEGIN, END], Outcome.FAIL, "got 1"),
    (["not ok 1 f.case"], [], Outcome.FAIL, "no failure message"),
    (["# case: Test failed", "not ok 1 f.case"], [BEGIN], Outcome.FAIL, "no failure message"),
    (["not ok 1 f.case"], [BEGIN], Outcome.CRASH, "no failure message"),
    (["# case: Test terminated by timeout", "not ok 1 f.case"], [BEGIN, UNMET], Outcome.TIMEOUT,
     "case: Test terminated by timeout"),
    (["ok 1 f.case"], [BEGIN, record("broken", reason="no mount"), record("broken", reason="x")], Outcome.BROKEN, "no mount"),
    (["ok 1 f.case # SKIP config: none (set X)"], [], Outcome.SKIP_CONFIG, "none (set X)"),
    (["ok 1 f.case # SKIP odd"], [], Outcome.BROKEN, "skip without a class: odd"),
    (["1..0 # SKIP privilege: no"], [], Outcome.SKIP_PRIVILEGE, "no"),
    (["ok 1 f.case # XFAIL K1"], [], Outcome.XFAIL, "K1"),
    (["not ok 1 f.case # XPASS K1"], [], Outcome.XPASS, "K1"),
    ([CHANGE], [BEGIN, CHANGED, END], Outcome.CHANGED, "open f: got EPERM, wanted EIO"),
    ([CHANGE], [], Outcome.CHANGED, "open f: got EPERM, wanted EIO"),
    ([CHANGE], [BEGIN, CHANGED, record("broken", reason="no mount"), END], Outcome.BROKEN, "no mount"),
    (["# a.c:1:case:got 1", "not ok 1 f.case"], [BEGIN, CHANGED, UNMET, END], Outcome.FAIL, "open f: got EIO, wanted 0"),
    (["not ok 1 f.case"], [BEGIN, CHANGED], Outcome.CRASH, "no failure message"),
    (["# case: Test terminated by timeout", "not ok 1 f.case"], [BEGIN, CHANGED], Outcome.TIMEOUT,
     "case: Test terminated by timeout"),
    (["ok 1 f.case # XFAIL K1"], [BEGIN, CHANGED, UNMET, END], Outcome.XFAIL, "K1"),
])
def test_outcomes(tmp_path: Path, ktap: list[str], records: list[dict[str, Any]], outcome: Outcome, reason: str) -> None:
    found = result(tmp_path, ktap, *records)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize("records, status, outcome, reason", [
    ([BEGIN], "timeout", Outcome.TIMEOUT, "the program exceeded its time limit"),
    ([], "timeout", Outcome.INCOMPLETE, "the program exceeded its time limit"),
    ([], "unbegun", Outcome.INCOMPLETE, "the time limit of the run was over before the program began"),
    ([BEGIN], "139", Outcome.CRASH, "the program was killed by signal 11"),
    ([BEGIN, CHANGED], "139", Outcome.CRASH, "the program was killed by signal 11"),
    ([BEGIN, CHANGED], "timeout", Outcome.TIMEOUT, "the program exceeded its time limit"),
    ([BEGIN], "3", Outcome.CRASH, "the program exited with status 3"),
    ([BEGIN], "", Outcome.INCOMPLETE, "the machine ended before the case started"),
])
def test_without_a_verdict(tmp_path: Path, records: list[dict[str, Any]], status: str, outcome: Outcome, reason: str) -> None:
    found = result(tmp_path, [], *records, status=status)
    assert (found.outcome, found.reason) == (outcome, f"no verdict: {reason}")


def test_a_failure_has_its_hints_and_details(tmp_path: Path) -> None:
    hint = record("hint", text="fixed by 0123456789ab")
    found = result(tmp_path, ["# a.c:1:case:got 0x12", "#   steps:", "not ok 1 f.case"], BEGIN, hint, END)
    assert found.note == "got 0x..; fixed by 0123456789ab"
    assert found.details == ("a.c:1:case:got 0x12", "steps:")


def test_special_characters_of_evidence(tmp_path: Path) -> None:
    odd = record("expect", what="read", observed='"a\\b\n\x01"', wanted="", ok=True)
    assert result(tmp_path, ["ok 1 f.case"], BEGIN, odd, END).observed == '"a\\\\b\\n?"'


def test_a_line_cut_short_by_a_crash_costs_itself_alone(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE, "q.f.next")
    run.ktap("raw", "p", "ok 1 f.case")
    run.ktap("raw", "q", status="139")
    run.evidence("raw", "p", BEGIN, MET)
    run.evidence("raw", "q", {"type": "begin", "case": "q.f.next"})
    evidence = tmp_path / "evidence/raw/p.jsonl"
    evidence.write_bytes(evidence.read_bytes()[:-20])
    results = run.collate("raw").servers[0].results
    assert (results[CASE].outcome, results["q.f.next"].outcome) == (Outcome.PASS, Outcome.CRASH)


def test_what_is_not_utf8_is_replaced(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p")
    (tmp_path / "ktap/raw/p.ktap").write_bytes(b"# got \xff\nnot ok 1 f.case\n")
    assert run.collate("raw").servers[0].results[CASE].reason == "got \ufffd"


def test_a_kernel_report_fails_a_case_that_passed(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p", "ok 1 f.case # SKIP config: none")
    run.kmsg(f"12,-;fpt: begin {CASE} raw", "4,-;BUG: x")
    found = run.collate("raw").servers[0].results[CASE]
    assert (found.outcome, found.note) == (Outcome.FAIL, "kernel log: BUG: x; suspect: kernel")


def test_a_kernel_report_fails_a_case_that_changed(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p", CHANGE)
    run.evidence("raw", "p", BEGIN, CHANGED, END)
    run.kmsg(f"12,-;fpt: begin {CASE} raw", "4,-;BUG: x")
    collated = run.collate("raw")
    found = collated.servers[0].results[CASE]
    assert (found.outcome, found.note) == (Outcome.FAIL, "kernel log: BUG: x; suspect: kernel")
    assert (collated.failed, collated.changed, collated.status) == (1, 0, 1)


def test_a_change_is_neither_failed_nor_passed(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p", CHANGE)
    run.evidence("raw", "p", BEGIN, CHANGED, END)
    collated = run.collate("raw")
    found = collated.servers[0].results[CASE]
    assert [(change.what, change.got, change.wanted) for change in found.changes] == [("open f", "EPERM", "EIO")]
    assert (found.outcome, found.observed, found.suspect) == (Outcome.CHANGED, "EPERM", None)
    assert (collated.passed, collated.failed, collated.skipped, collated.changed) == (0, 0, 0, 1)
    assert (collated.known_failures, collated.unexpected_passes, collated.status) == (0, 0, 0)


def test_the_level_of_a_case(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.table("cases.tsv", ("p", CASE, "F1", "any", "-", "-", "title", "today"))
    run.ktap("raw", "p", "ok 1 f.case")
    assert run.collate("raw").cases[0].level == "today"


def test_a_death(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p")
    run.evidence("raw", "p", BEGIN, MET)
    run.kmsg(f"12,-;fpt: begin {CASE} raw", "4,-;BUG: x")
    run.table("deaths.tsv", ("raw", CASE, "crash", "BUG: x"), ("-", "-", "crash", "no init at 0x12"))
    collated = run.collate("raw")
    found = collated.servers[0].results[CASE]
    assert (found.outcome, found.note, found.observed) == (Outcome.CRASH, "BUG: x; suspect: kernel", "")
    assert found.kernel_died
    assert collated.failures == ["the kernel died: no init at 0x.."]


def test_a_case_that_begins_again(tmp_path: Path) -> None:
    found = result(tmp_path, ["ok 1 f.case"], BEGIN, UNMET, record("hint", text="x"), BEGIN, MET, END)
    assert (found.outcome, found.observed) == (Outcome.PASS, "0")


def test_a_program_that_fails_although_its_cases_pass(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.ktap("raw", "p", "ok 1 f.case", status="139")
    collated = run.collate("raw")
    assert collated.failures == ["p on raw: all cases passed, but the program was killed by signal 11"]
    assert (collated.passed, collated.failed, collated.status) == (1, 1, 1)


def test_a_run_that_stopped(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE, "q.f.one", "q.f.two")
    run.ktap("raw", "p", "not ok 1 f.case", status="1")
    (tmp_path / "stopped").touch()
    collated = run.collate("raw")
    assert (list(collated.servers[0].results), collated.not_run, collated.failures) == ([CASE], 2, [])


def statuses(path: Path, *verdicts: str) -> Run:
    run = RunDir(path, CASE, "p.f.other")
    run.ktap("raw", "p", *verdicts)
    return run.collate("raw")


def test_exit_status(tmp_path: Path) -> None:
    skipped = "ok 1 f.case # SKIP config: x"
    assert statuses(tmp_path, "ok 1 f.case", "ok 2 f.other # XFAIL x").status == 0
    assert statuses(tmp_path, "ok 1 f.case", "not ok 2 f.other").status == 1
    assert statuses(tmp_path, skipped, "ok 2 f.other # SKIP config: x").status == 4
    assert statuses(tmp_path, skipped, "ok 2 f.other # SKIP config: x", "ok 3 f.unlisted").status == 4


def test_exit_status_where_no_case_needs_passthrough(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    run.table("cases.tsv", ("p", CASE, "C1", "any", "-", "-", "title"))
    run.ktap("raw", "p", "ok 1 f.case")
    assert run.collate("raw").status == 0
    run.ktap("raw", "p", "ok 1 f.case # SKIP kernel: none")
    assert run.collate("raw").status == 4


def test_the_kernels_configuration_is_named(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    (tmp_path / "config").write_bytes(b"CONFIG_X=y\n")
    environment = run.collate("raw").environment
    assert environment["kernel_config"] == "config"
    assert environment["kernel_config_sha256"] == hashlib.sha256(b"CONFIG_X=y\n").hexdigest()


def test_no_run_directory(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="not a run directory, it has no cases.tsv"):
        collate.read(str(tmp_path), "k", ["raw"])


def test_a_file_is_missing(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE)
    (tmp_path / "kmsg").unlink()
    with pytest.raises(Failure, match="cannot read .*/kmsg: No such file") as caught:
        run.collate("raw")
    assert caught.value.status == 2


def test_pending(tmp_path: Path) -> None:
    run = RunDir(tmp_path, CASE, "p.f.died", "p.f.left", "q.f.ended", "r.f.new")
    run.ktap("raw", "p", "ok 1 f.case")
    run.table("status.tsv", ("raw", "q", "0"))
    run.table("deaths.tsv", ("raw", "p.f.died", "crash", "BUG"), ("-", "-", "crash", "x"))
    assert list(pending.jobs(run.path, ["raw"])) == [
        (False, "raw", "p", CASE), (False, "raw", "p", "p.f.died"), (True, "raw", "p", "p.f.left"),
        (True, "raw", "r", "r.f.new"),
    ]


def test_the_death_that_stopped_a_run_is_a_failure(tmp_path: Path) -> None:
    directory = RunDir(tmp_path, "p.f.one", "p.f.two")
    directory.ktap("raw", "p")
    directory.statuses.clear()
    directory.table("deaths.tsv", ("raw", "p.f.one", "crash", "Kernel panic"))
    (tmp_path / "stopped").touch()
    run = directory.collate("raw")
    assert (run.status, run.failed, run.not_run) == (1, 1, 1)
