# SPDX-License-Identifier: GPL-2.0
"""The sections of the summary that the recorded ones of tests/data do not have."""

from __future__ import annotations

from pathlib import Path

from fpt import expectations
from fpt.model import Run
from run_dir import RunDir, printed

CASES = ("p.f.one", "p.f.two")


def run_of(path: Path, *ktap: str, status: str = "0", external: bool = False) -> Run:
    run = RunDir(path, *CASES)
    run.ktap("raw", "p", *ktap, status=status)
    return run.collate("raw", external=external)


def test_all_passed(tmp_path: Path) -> None:
    assert printed(run_of(tmp_path, "ok 1 f.one", "ok 2 f.two")) == (
        f"\nraw       2 passed, 0 failed, 0 skipped\n\nlogs: {tmp_path}\n\n2 passed, 0 failed, 0 skipped\n"
    )


def test_library_skips_are_listed_on_request(tmp_path: Path) -> None:
    run = run_of(tmp_path, "ok 1 f.one", "ok 2 f.two # SKIP library: no forget")
    assert "    1  library: not supported by a server (--verbose lists what)\n" in printed(run)
    assert "    1  library: no forget\n" in printed(run, verbose=True)
    run.external = True
    assert "    1  library: no forget\n" in printed(run)


def test_expected_failures(tmp_path: Path) -> None:
    run = run_of(tmp_path, "ok 1 f.one # XFAIL why", "ok 2 f.two # XFAIL why")
    assert "Expected failures:\n    2  F1: why\n" in printed(run)
    assert "Expected failures:\n  raw p.f.one: xfail\n      F1: title of p.f.one\n      why\n" in printed(run, verbose=True)


def test_unexpected_passes(tmp_path: Path) -> None:
    text = printed(run_of(tmp_path, "not ok 1 f.one # XPASS why", "ok 2 f.two"))
    assert "UNEXPECTED PASSES (if the kernel was fixed, remove .xfail from the case):\n  raw p.f.one: xpass\n" in text
    assert "\n0 failed as expected, 1 passed unexpectedly\n2 passed, 0 failed, 0 skipped\n" in text


def test_what_changed_has_a_list_of_its_own(tmp_path: Path) -> None:
    run = RunDir(tmp_path, *CASES)
    changed = "# XFAIL changed: open f: got EPERM, wanted EIO"
    run.ktap("raw", "p", f"ok 1 f.one {changed}", "ok 2 f.two")
    run.ktap("libfuse", "p", f"ok 1 f.one {changed}", "ok 2 f.two # XFAIL why")
    text = printed(run.collate("raw", "libfuse"))
    assert text.startswith(
        "\nraw       1 passed, 0 failed, 0 skipped  (1 changed)\n"
        "libfuse   0 passed, 0 failed, 0 skipped  (1 xfail, 1 changed)\n"
        "\nExpected failures:\n    1  F1: why\n"
        "\nChanged, not promised:\n  F1 p.f.one: open f: got EPERM, wanted EIO (raw, libfuse)\n\n")
    assert text.endswith("\n1 failed as expected\n2 changed, not promised\n1 passed, 0 failed, 0 skipped\n")
    assert "Suspected" not in text


def test_each_change_of_a_case_is_listed(tmp_path: Path) -> None:
    run = RunDir(tmp_path, *CASES)
    run.ktap("raw", "p", "ok 1 f.one # XFAIL changed: open f: got EPERM, wanted EIO", "ok 2 f.two")
    record = dict(type="expect", case="p.f.one", observed="EPERM", wanted="EIO", ok=False, changed=True)
    run.evidence("raw", "p", dict(record, what="open f"), dict(record, what="open g"))
    assert ("\n  F1 p.f.one: open f: got EPERM, wanted EIO (raw)\n  F1 p.f.one: open g: got EPERM, wanted EIO (raw)\n"
            in printed(run.collate("raw")))


def test_how_to_rerun_a_failure(tmp_path: Path) -> None:
    run = run_of(tmp_path, "not ok 1 f.one", "ok 2 f.two")
    assert "rerun:" not in printed(run)
    run.rerun["raw"] = "scripts/run.sh --server raw --filter"
    assert "      rerun: scripts/run.sh --server raw --filter p.f.one\n" in printed(run)


def test_unsupported(tmp_path: Path) -> None:
    skips = ("ok 1 f.one # SKIP kernel: none", "ok 2 f.two # SKIP kernel: none")
    assert "\nUNSUPPORTED: no case that needs passthrough could run\n" in printed(run_of(tmp_path, *skips, "ok 3 f.more"))
    assert "UNSUPPORTED" not in printed(run_of(tmp_path, *skips))


def test_stopped(tmp_path: Path) -> None:
    run = run_of(tmp_path, "not ok 1 f.one", "ok 2 f.two")
    run.not_run = 1
    assert "\nstopped at the first failure: 1 case was not run\n" in printed(run)
    run.not_run = 2
    assert "\nstopped at the first failure: 2 cases were not run\n" in printed(run)


def test_the_kernel_log(tmp_path: Path) -> None:
    run = run_of(tmp_path, "ok 1 f.one", "ok 2 f.two")
    run.reports_of_others = ["INFO: x"]
    run.reports_known = [("K5", "WARNING: recursive locking"), ("K6", "BUG: y")]
    run.reports_unknown = 2
    run.records_lost = 3
    assert printed(run).endswith(f"""
Kernel log, reports about processes outside of this run (not counted, see {tmp_path}/kernel.log):
  INFO: x

Kernel log: 2 of the reports name processes that had exited, cannot be looked up here, or were
interrupted. They count, but may concern other processes: see {tmp_path}/kernel.log

Kernel log, known reports (not counted):
  K5: WARNING: recursive locking (lockdep is off from there on)
  K6: BUG: y

3 kernel log records were lost: a report may have been missed

logs: {tmp_path}

2 passed, 0 failed, 0 skipped
""")


def test_the_slowest_cases_on_request(tmp_path: Path) -> None:
    run = run_of(tmp_path, "ok 1 f.one", "ok 2 f.two")
    for seconds, result in zip((0.25, 3.5), run.results()):
        result.seconds = seconds
    assert "\nSlowest:\n    3.50 s  raw p.f.two\n    0.25 s  raw p.f.one\n" in printed(run, verbose=True)
    assert "Slowest" not in printed(run)


def test_failures_that_a_case_and_a_file_expect(tmp_path: Path) -> None:
    directory = RunDir(tmp_path, "p.f.one", "p.f.two", "p.f.three")
    directory.ktap("raw", "p", "ok 1 f.one # XFAIL why", "not ok 2 f.two", "not ok 3 f.three", status="1")
    run = directory.collate("raw")
    lines = [expectations.parse("p.f.{two,three} * * fail https://example.org/1", "mine:1")]
    expectations.apply(run, lines, True)
    assert printed(run) == f"""
raw       0 passed, 0 failed, 0 skipped  (1 xfail, 2 failed as --expect says)

Expected failures:
    1  F1: why
    2  mine:1: https://example.org/1

logs: {tmp_path}

3 failed as expected
0 passed, 0 failed, 0 skipped
"""


def test_what_deviates_is_no_skip(tmp_path: Path) -> None:
    run = run_of(tmp_path, "ok 1 f.one # SKIP kernel: none", "ok 2 f.two # SKIP kernel: none")
    expectations.apply(run, [expectations.parse("p.f.two * * fail", "mine:1")], True)
    assert "Skipped:\n    1  kernel: none\n" in printed(run)
    assert printed(run).endswith("\n0 passed, 1 failed, 1 skipped\n")
