# SPDX-License-Identifier: GPL-2.0
"""Whom two cases accuse, of which one shows what raw can do and the other differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest

from fpt import suspects
from fpt.model import Run, Suspect
from fpt.outcome import Outcome
from run_dir import RunDir, printed

PASSES = "ok 2 f.library"
FAILS = "not ok 2 f.library"
SKIPS = "ok 2 f.library # SKIP library: raw cannot"


def both(tmp_path: Path, raw: str, libfuse: str, broken: str = "") -> RunDir:
    run = RunDir(tmp_path, "p.f.kernel", "p.f.library")
    run.ktap("raw", "p", "ok 1 f.kernel", *raw.split("\n"), status="1")
    run.ktap("libfuse", "p", *libfuse.split("\n"), status="1")
    records: list[dict[str, Any]] = [
        {"type": "note", "case": "p.f.kernel", "key": "server_name", "value": "libfuse-mt"},
        {"type": "note", "case": "p.f.kernel", "key": "server_version", "value": "3.19.0"},
    ]
    if broken:
        by = {} if broken == "host" else {"by": broken}
        records.append({"type": "broken", "case": "p.f.kernel", "reason": "x", **by})
    run.evidence("libfuse", "p", *records)
    return run


def suspect(run: Run, server: str, case: str) -> Optional[Suspect]:
    (found,) = [each.results[case].suspect for each in run.servers if each.name == server]
    return found


@pytest.mark.parametrize("raw, libfuse, broken, server, case, expected", [
    (SKIPS, FAILS, "", "libfuse", "p.f.library", Suspect.LIBRARY),  # raw cannot, and fails nothing else
    (f"{SKIPS}\nnot ok 3 f.other", FAILS, "", "libfuse", "p.f.library", Suspect.UNDECIDED),  # raw fails another
    (PASSES, FAILS, "", "libfuse", "p.f.library", Suspect.LIBRARY),
    (FAILS, FAILS, "", "libfuse", "p.f.library", Suspect.KERNEL),
    (FAILS, FAILS, "", "raw", "p.f.library", Suspect.KERNEL),
    (SKIPS, "not ok 1 f.kernel", "init", "libfuse", "p.f.kernel", Suspect.LIBRARY),
    (PASSES, f"not ok 1 f.kernel\n{PASSES}", "server", "libfuse", "p.f.kernel", Suspect.LIBRARY),
    (PASSES, "not ok 1 f.kernel", "server", "libfuse", "p.f.kernel", None),  # never worked
    (PASSES, f"not ok 1 f.kernel\n{PASSES}", "host", "libfuse", "p.f.kernel", None),
    (FAILS, "ok 1 f.kernel # SKIP library: cannot", "", "raw", "p.f.library", Suspect.KERNEL),
    (FAILS, PASSES, "", "raw", "p.f.library", Suspect.UNDECIDED),
    (f"# library: Test terminated by timeout\n{FAILS}", "ok 1 f.kernel # SKIP library: cannot", "", "raw",
     "p.f.library", Suspect.UNDECIDED),  # a hang of raw alone may be its own
])
def test_suspect(tmp_path: Path, raw: str, libfuse: str, broken: str, server: str, case: str,
                 expected: Optional[Suspect]) -> None:
    assert suspect(both(tmp_path, raw, libfuse, broken).collate("raw", "libfuse"), server, case) is expected

def test_raw32_has_no_library(tmp_path: Path) -> None:
    run = RunDir(tmp_path, "p.f.case", "p.f.both")
    run.ktap("raw", "p", "ok 1 f.case", "not ok 2 f.both", status="1")
    run.ktap("raw32", "p", "not ok 1 f.case", "not ok 2 f.both", status="1")
    collated = run.collate("raw", "raw32")
    assert suspect(collated, "raw32", "p.f.case") is Suspect.UNDECIDED
    assert suspect(collated, "raw32", "p.f.both") is Suspect.KERNEL


def test_a_server_that_misses_what_the_kernel_has(tmp_path: Path) -> None:
    run = both(tmp_path, PASSES, "ok 1 f.kernel # SKIP kernel: INIT does not offer it").collate("raw", "libfuse")
    result = run.servers[1].results["p.f.kernel"]
    assert (result.outcome, result.suspect) == (Outcome.FAIL, Suspect.LIBRARY)
    assert result.reason == "skipped, but raw passes it on this kernel: INIT does not offer it"


CHANGED = "ok 2 f.library # XFAIL changed: open f: got EPERM, wanted EIO"


@pytest.mark.parametrize("raw, libfuse, server, expected", [
    (CHANGED, FAILS, "libfuse", Suspect.UNDECIDED),  # whether raw passes it is not known
    (FAILS, CHANGED, "raw", Suspect.KERNEL),  # as if libfuse had not run it
    (PASSES, CHANGED, "libfuse", None),
    (CHANGED, PASSES, "raw", None),
])
def test_a_change_is_no_evidence(tmp_path: Path, raw: str, libfuse: str, server: str, expected: Optional[Suspect]) -> None:
    run = both(tmp_path, raw, libfuse).collate("raw", "libfuse")
    assert suspect(run, server, "p.f.library") is expected


def test_what_changed_on_raw_may_be_skipped_elsewhere(tmp_path: Path) -> None:
    run = both(tmp_path, CHANGED, "ok 2 f.library # SKIP kernel: INIT does not offer it").collate("raw", "libfuse")
    assert run.servers[1].results["p.f.library"].outcome is Outcome.SKIP_KERNEL


def test_a_change_alone_is_no_control(tmp_path: Path) -> None:
    run = RunDir(tmp_path, "p.f.kernel", "p.f.library")
    run.ktap("raw", "p", CHANGED.replace("library", "kernel"), FAILS, status="1")
    assert suspect(run.collate("raw"), "raw", "p.f.library") is Suspect.UNDECIDED


def test_the_order_of_the_servers_changes_nothing(tmp_path: Path) -> None:
    run = both(tmp_path, PASSES, f"{FAILS}\nok 3 f.unlisted").collate("libfuse", "raw")
    assert suspect(run, "libfuse", "p.f.library") is Suspect.LIBRARY
    assert "p.f.unlisted" not in run.servers[1].results


def test_a_deliberate_fault_suspects_nobody(tmp_path: Path) -> None:
    run = both(tmp_path, PASSES, FAILS).collate("raw", "libfuse", fault="wrong-id")
    assert {result.suspect for result in run.results()} == {None}
    assert "\na deliberate fault is active (FPT_FAULT=wrong-id): this run says nothing" in printed(run)
    assert "Suspected:" not in printed(run)


def test_the_summary_names_library_and_version(tmp_path: Path) -> None:
    text = printed(both(tmp_path, PASSES, FAILS).collate("raw", "libfuse"))
    assert ("  libfuse-mt 3.19.0, not the kernel: 1 case failed on libfuse but not on raw, which uses no library\n"
            "      promise F1\n") in text


def test_the_summary_names_a_promise_once(tmp_path: Path) -> None:
    run = RunDir(tmp_path, "p.f.kernel", "p.f.library", "p.f.more")
    run.ktap("raw", "p", "ok 1 f.kernel", "not ok 2 f.library", "not ok 3 f.more", status="1")
    assert "  kernel k: 2 cases failed on raw, which uses no library, or with a kernel log report\n      promise F1\n" \
        in printed(run.collate("raw"))


def test_the_summary_of_raw_alone(tmp_path: Path) -> None:
    text = printed(both(tmp_path, FAILS, PASSES).collate("raw"))
    assert "  kernel k: 1 case failed on raw, which uses no library, or with a kernel log report\n" in text


def test_the_summary_says_what_would_decide(tmp_path: Path) -> None:
    run = both(tmp_path, FAILS, FAILS)
    assert "undecided: 1 case failed, and raw, which uses no library, passed none in this run (give --server raw,NAME)" \
        in printed(run.collate("libfuse"))
    assert "--server raw" not in printed(run.collate("libfuse", external=True))
    run.ktap("raw", "p", "not ok 1 f.kernel", FAILS)
    assert "passed none in this run (run more cases)" in printed(run.collate("raw", "libfuse"))
    run.ktap("raw", "p", "ok 1 f.kernel", FAILS)
    run.ktap("libfuse", "p", PASSES)
    assert "  undecided: 1 case failed and may be due to the kernel, a library or a server\n" \
        in printed(run.collate("raw", "libfuse"))


def over_io_uring(tmp_path: Path, **verdicts: str) -> Run:
    """raw passes; the others, over io_uring, print the verdict."""
    run = RunDir(tmp_path, "p.f.case")
    run.ktap("raw", "p", "ok 1 f.case")
    for server, verdict in verdicts.items():
        name = server.replace("_", "-")
        run.ktap(name, "p", f"{verdict} 1 f.case", status="1")
        run.evidence(name, "p", {"type": "note", "case": "p.f.case", "key": "server_over_io_uring", "value": "yes"})
    return run.collate("raw", *(server.replace("_", "-") for server in verdicts))


def test_all_over_io_uring_fail(tmp_path: Path) -> None:
    run = over_io_uring(tmp_path, raw_uring="not ok", libfuse_uring="not ok")
    assert [result.suspect for result in run.results()] == [None, Suspect.KERNEL, Suspect.KERNEL]
    assert suspects.raw_uring_was_control(run)
    assert "  kernel k: 1 case failed on raw or raw-uring, which use no library, or with" in printed(run)


def test_two_libraries_over_io_uring_fail_without_raw_uring(tmp_path: Path) -> None:
    run = over_io_uring(tmp_path, mine_uring="not ok", libfuse_uring="not ok")
    assert [result.suspect for result in run.results()] == [None, Suspect.UNDECIDED, Suspect.UNDECIDED]


def test_one_over_io_uring_fails(tmp_path: Path) -> None:
    run = over_io_uring(tmp_path, raw_uring="ok", libfuse_uring="not ok")
    assert [result.suspect for result in run.results()] == [None, None, Suspect.LIBRARY]


@pytest.mark.parametrize("server", ["raw_uring", "libfuse_uring"])
def test_one_alone_over_io_uring(tmp_path: Path, server: str) -> None:
    run = over_io_uring(tmp_path, **{server: "not ok"})
    assert [result.suspect for result in run.results()] == [None, Suspect.UNDECIDED]


def test_a_report_or_a_death_suspects_the_kernel(tmp_path: Path) -> None:
    run = both(tmp_path, PASSES, "not ok 1 f.kernel")
    run.kmsg("12,-;fpt: begin p.f.kernel libfuse", "4,-;BUG: x")
    run.table("deaths.tsv", ("libfuse", "p.f.library", "crash", "Oops"))
    collated = run.collate("libfuse")
    assert [result.suspect for result in collated.results()] == [Suspect.KERNEL, Suspect.KERNEL]
