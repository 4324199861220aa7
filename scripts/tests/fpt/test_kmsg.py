# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import os
from pathlib import Path

import pytest

from fpt.kmsg import KernelLog

DEVICE = Path("/dev/kmsg")


@pytest.mark.skipif(not os.access(DEVICE, os.R_OK | os.W_OK), reason="privilege: no access to /dev/kmsg")
def test_copies_what_is_between_its_markers(tmp_path: Path) -> None:
    DEVICE.write_text("fpt test: before\n")
    log = KernelLog(tmp_path / "kmsg")
    DEVICE.write_text(f"fpt test: PID: {os.getpid()}\n")
    log.end(60)
    DEVICE.write_text("fpt test: behind\n")
    first, *records = (tmp_path / "kmsg").read_text().splitlines()
    texts = [record.partition(";")[2] for record in records if not record.startswith(" ")]
    assert log.unreadable == ""
    # Other processes write there, too.
    own = [text for text in texts if text.startswith(first) or text == f"fpt test: PID: {os.getpid()}"]
    assert own == [f"{first} begins", f"fpt test: PID: {os.getpid()}", f"{first} ends"]
    assert not {"fpt test: before", "fpt test: behind"} & set(texts)


def test_without_access_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpt.kmsg._DEVICE", str(tmp_path / "none"))
    assert KernelLog(tmp_path / "kmsg").unreadable == f"no access to {tmp_path}/none"


def test_text_that_does_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpt.kmsg._DEVICE", "/dev/null")
    log = KernelLog(tmp_path / "kmsg")
    log.end(60)
    assert log.unreadable == "text written to /dev/null cannot be read back"
