# SPDX-License-Identifier: GPL-2.0
"""Which reports count for which case. The headers are those of /dev/kmsg with what run.sh adds."""

from __future__ import annotations

import io

import pytest

from fpt import kernel_log
from fpt.kernel_log import KernelLog

MARKER = "fpt: run 1.5"
CASE = "gamma.h.two"
KEY = ("libfuse", CASE)
HUNG = "INFO: task loopback:123 blocked for more than 120 seconds."
HUNG_STABLE = "INFO: task loopback blocked for more than .. seconds."
KASAN = "BUG: KASAN: slab-use-after-free in fuse_backing_free+0x1/0x2"
WARNED = "WARNING: CPU: 1 PID: 99 at fs/x.c:1 f+0x1/0x2"
LOCKUP = "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:99]"
RECURSIVE = "WARNING: possible recursive locking detected"
KNOWN = kernel_log.known(["K5\tpossible recursive locking detected\t(sb_writers|i_mutex_key).*at: [a-z_]+_write\n"])


def boot(*lines: str, first: int = 1) -> list[str]:
    """Of "text" or "whose;text" the records of a boot, in which the case runs from the beginning."""
    records = [MARKER, f"12,{first},1,-;{MARKER} begins", f"12,{first + 1},2,-;fpt: begin {CASE} libfuse"]
    for number, line in enumerate(lines, first + 2):
        whose, separator, text = line.rpartition(";")
        records.append(f"4,{number},3,-{',fpt=' + whose if separator else ''};{text}")
    return records


def read(*boots: list[str]) -> KernelLog:
    lines = (line + "\n" for records in boots for line in records)
    return kernel_log.read(lines, [CASE, "gamma.h.one"], ["libfuse"], KNOWN, io.StringIO())


def counted(*lines: str) -> str:
    """The report that counts for the case."""
    return read(boot(*lines)).reports.get(KEY, "")


def test_a_report_fails_the_running_case() -> None:
    assert counted("harmless", HUNG, "Call Trace:") == f"kernel log: {HUNG_STABLE}"
    assert counted(KASAN) == "kernel log: BUG: KASAN: slab-use-after-free in fuse_backing_free+0x../0x.."


@pytest.mark.parametrize("text", [
    "BUG: x", "kernel BUG at fs/fuse/file.c:1!", "Oops: 0002 [#1]", "general protection fault, maybe", "Kernel panic - not",
    "Unable to handle kernel paging request", "KCSAN: data-race", "UBSAN: shift", "refcount_t: underflow",
    "WARNING: possible circular locking", "inconsistent lock state", "rcu: INFO: rcu_preempt detected stalls",
    "kmemleak: 3 new suspected memory leaks", "call trace:",
])
def test_what_is_a_report(text: str) -> None:
    assert counted(text)


def test_the_first_report_stays_and_all_running_cases_have_it() -> None:
    log = read([*boot(), f"12,3,3,-;fpt: begin gamma.h.one libfuse", f"4,4,4,-;{HUNG}", f"4,5,5,-;{KASAN}"])
    assert log.reports[KEY] == f"kernel log: {HUNG_STABLE} (also running: gamma.h.one libfuse)"
    assert log.reports["libfuse", "gamma.h.one"] == f"kernel log: {HUNG_STABLE} (also running: {CASE} libfuse)"


def test_outside_of_any_case() -> None:
    ended = f"12,3,3,-;fpt: end {CASE} libfuse"
    log = read([*boot(), ended, f"4,4,4,-,fpt=run;{HUNG}", f"4,5,5,-;{KASAN}"])
    assert (log.outside, log.reports) == (HUNG_STABLE, {})
    log = read([*boot(), ended, f"4,4,4,-,fpt=others;{HUNG}"])
    assert (log.outside, log.others) == ("", [HUNG])


def test_marks_of_another_run_are_ignored() -> None:
    other = ["12,1,1,-;fpt: begin gamma.h.gone libfuse", "12,2,2,-;fpt: begin gamma.h.one raw"]
    log = read([MARKER, f"12,0,0,-;{MARKER} begins", *other, f"4,3,3,-;{HUNG}"])
    assert (log.outside, log.reports) == (HUNG_STABLE, {})


def test_another_run_begins_the_same_case() -> None:
    again = [f"12,4,4,-;fpt: end {CASE} libfuse", f"12,5,5,-;fpt: begin {CASE} libfuse"]
    assert KEY in read([*boot(f"run;{HUNG}"), *again]).reports


def test_a_case_starts_from_scratch_in_another_boot() -> None:
    assert KEY in read(boot(HUNG)).reports
    assert KEY not in read(boot(HUNG), boot()).reports


def test_only_what_is_between_the_marks_of_the_run() -> None:
    before = [MARKER, f"4,1,1,-;{WARNED}", "12,2,2,-;fpt: run 0.5 begins", f"4,3,3,-;{WARNED}"]
    after = [f"12,4,4,-;{MARKER} begins", f"12,5,5,-;{MARKER} ends", f"4,6,6,-;{WARNED}"]
    out = io.StringIO()
    log = kernel_log.read([*before, *after], [CASE], ["libfuse"], [], out)
    assert (log.outside, log.lost) == ("", 0)
    assert out.getvalue() == f"[0.000004] {MARKER} begins\n[0.000005] {MARKER} ends\n"


def test_text_of_processes_is_no_report() -> None:
    assert not read([*boot(), f"12,3,3,-;some daemon: {KASAN}"]).reports


def test_lines_that_continue_a_record() -> None:
    assert not read([*boot(), "6,3,3,-;usb 1-1: new device", " SUBSYSTEM=usb", " DEVICE=WARNING: x;y"]).reports


def test_duplicates_and_lost_records() -> None:
    log = read([*boot("a", "b"), "4,3,3,-;a", "4,9,9,-;c"])
    assert log.lost == 4


@pytest.mark.parametrize("lock", [
    "sb_writers#7){.+.+}-{0:0}, at: backing_file_write", "&sb->s_type->i_mutex_key#9){+.+.}, at: fuse_passthrough_write"])
def test_a_known_report(lock: str) -> None:
    lines = [RECURSIVE, "7.3.4-debug #1 Not tainted", "-----", "x/357 is trying to acquire lock:", f"ffff ({lock}",
             "Call Trace:", " <TASK>", " </TASK>"]
    log = read(boot(*lines))
    assert (log.reports, log.known) == ({}, [("K5", RECURSIVE)])
    assert KEY in read(boot(*lines, "BUG: another")).reports
    assert not counted(*lines[:3], f"run;{lines[3]}", *lines[4:]), "whoever the process is"


def test_an_unknown_report_of_the_same_kind() -> None:
    assert counted(RECURSIVE, "ffff (&fc->bg_lock){+.+.}, at: fuse_request_end", "Call Trace:") == f"kernel log: {RECURSIVE}"
    assert counted(RECURSIVE, "1", "2", "3", "4", "5", "6", "ffff (sb_writers#7), at: backing_file_write")


def test_a_known_report_says_nothing_of_the_next_boot() -> None:
    cut_short = boot(RECURSIVE, "ffff (sb_writers#7), at: backing_file_write")
    assert KEY in read(cut_short, boot("Oops: 0002 [#1]", first=0)).reports


def test_an_allocation_failure() -> None:
    failure = "fault_io: vmalloc error: size 32768, vm_struct allocation failed"
    assert not counted(failure, "Call Trace:", " <TASK>", " </TASK>")
    assert counted(failure, "Call Trace:", " <TASK>", " </TASK>", "refcount_t: underflow"), "its trace has ended"
    assert counted(failure, "Call Trace:", KASAN), "a report after it, where traces have no end mark"


@pytest.mark.parametrize("lines", [
    [f"others;{HUNG}", "      Not tainted 6.18", "others;task:loopback state:D pid:123", "Call Trace:", " </TASK>"],
    ["cut here", "refcount_t: underflow, use-after-free", f"others;{WARNED}", "Call Trace:"],
    ["======", KASAN, "others;Write of size 8 at addr 0 by task x/99", "Call Trace:"],
    ["BUG: kernel NULL pointer dereference", "#PF: error_code(0x0002)", "Oops: Oops: 0002 [#1] SMP", "others;CPU: 0 PID: 99",
     "Call Trace:"],
    ["cut here", f"others;{WARNED}", "Call Trace:", " <TASK>"],
    [f"others;{LOCKUP}", "Call Trace:", " <IRQ>"],
])
def test_reports_of_others(lines: list[str]) -> None:
    log = read(boot(*lines))
    assert (log.reports, len(log.others), log.unknown) == ({}, 1, 0)


@pytest.mark.parametrize("lines", [
    [f"run;{HUNG}", "Call Trace:"],
    [HUNG, "Call Trace:"],  # not looked up, as in a virtual machine
    ["cut here", f"others;{WARNED}", "others;CPU: 1 PID: 99 Comm: x", "Call Trace:", "end trace", "Call Trace:"],
    ["======", KASAN, "run;Write of size 8 at addr 0 by task x/99", "Call Trace:"],
    [f"others;{HUNG}", "======", KASAN, "run;Write of size 8 at addr 0 by task x/99"],
    [KASAN, f"others;{HUNG}"],
    [KASAN, "cut here", f"others;{WARNED}"],
    [KASAN, f"others;{LOCKUP}"],
    [KASAN],
])
def test_reports_that_count(lines: list[str]) -> None:
    log = read(boot(*lines))
    assert (KEY in log.reports, log.unknown) == (True, 0)


@pytest.mark.parametrize("lines", [
    [f"unknown;{HUNG}", "Call Trace:"],
    ["cut here", f"others;{WARNED}", "Call Trace:", " <IRQ>"],  # the interrupted process is not the culprit
])
def test_reports_that_count_and_may_concern_others(lines: list[str]) -> None:
    log = read(boot(*lines))
    assert (KEY in log.reports, log.others, log.unknown) == (True, [], 1)


def test_cause_of_death() -> None:
    console = ["[ 1.0] Oops: early", "[ 2.0] fpt: begin a.b.c raw", "[ 2.1] odd", "[ 2.2] BUG: first", "[ 2.3] Kernel panic"]
    assert kernel_log.cause_of_death(line + "\n" for line in console) == "BUG: first"
    assert kernel_log.cause_of_death(console[:3]) == ""


def test_running_on_a_console() -> None:
    console = ["[ 1.0] fpt: begin a.b.c raw\n", "x[ 1.1] fpt: begin d.e.f raw\n", "[ 1.2] fpt: end a.b.c raw\n"]
    assert kernel_log.running(console) == [("raw", "d.e.f")]
