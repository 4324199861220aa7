# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import os
import subprocess
from typing import Iterator

import pytest

from fpt.processes import Family, parent


@pytest.fixture
def child() -> Iterator[int]:
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as process:
        yield process.pid
        process.kill()


def exited() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def test_parent(child: int) -> None:
    assert parent(child) == os.getpid()
    assert parent(exited()) is None


# Each message of the kernel that names the process 4711.
MESSAGES = (
    "INFO: task a b:4711 blocked for more than 120 seconds.",
    "INFO: task sh:4711 is blocked on a mutex likely owned by task x:2.",
    "WARNING: CPU: 0 PID: 4711 at fs/x.c:1 f+0x1/0x2",
    "CPU: 0 UID: 0 PID: 4711 Comm: sh Not tainted",
    "Write of size 8 at addr ffff88 by task sh/4711",
    "WARNING: fs/x.c:22 at f+0x1/0x2, CPU#0: sh/4711",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:4711]",
    "BUG: scheduling while atomic: sh/4711/0x00000002",
    "in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 4711, name: sh",
    "sh/4711 is trying to acquire lock:",
    "read to 0xffff88 of 8 bytes by task 4711 on cpu 1:",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_names_its_process(message: str, child: int) -> None:
    assert Family(os.getpid()).whose(message.replace("4711", str(child))) == "run"


@pytest.mark.parametrize("message", [message for message in MESSAGES if "owned by" not in message])
def test_processes_above_are_of_others(message: str, child: int) -> None:
    assert Family(child).whose(message.replace("4711", str(os.getpid()))) == "others"


def test_whose(child: int) -> None:
    ours = Family(os.getpid())
    assert ours.whose("CPU: 0 PID: 2 Comm: kthreadd") == "run"
    assert ours.whose("INFO: task a b:1 blocked for more than 120 seconds.") == "others"
    assert ours.whose(f"CPU: 0 PID: {exited()} Comm: true") == "unknown"
    assert ours.whose("usb 1-1: new device 4711") == ""
    assert Family(child).whose(f"task sh:{os.getpid()} is blocked on a mutex likely owned by task x:{child}.") == "run"


def test_of_another_proc_nothing_is_known() -> None:
    assert Family(0).whose("CPU: 0 PID: 1 Comm: init") == "unknown"


def test_annotated() -> None:
    family = Family(os.getpid())
    assert family.annotated(f"4,1,2,-;PID: {os.getpid()};") == f"4,1,2,-,fpt=run;PID: {os.getpid()};"
    assert family.annotated(" KEY=;PID: 1") == " KEY=;PID: 1"
    assert family.annotated("4,1,2,-;text") == "4,1,2,-;text"
