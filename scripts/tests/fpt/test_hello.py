# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt import hello
from fpt.failure import Failure


def server(folder: Path, text: str) -> Path:
    path = folder / "raw"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_hello(tmp_path: Path) -> None:
    said = hello.read(server(tmp_path, "echo hello protocol 2 server raw version 1.2 can passthrough inspect; exit 1"))
    assert said == hello.Hello("raw", "1.2", frozenset({"passthrough", "inspect"}))


@pytest.mark.parametrize("text", ["echo hello", "true", "echo hello protocol 1 server raw version 1 can"])
def test_another_first_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(Failure, match="raw sends no hello of protocol 2"):
        hello.read(server(tmp_path, text))


def test_a_file_that_cannot_be_executed(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\x7fELF")
    with pytest.raises(Failure, match="sends no hello"):
        hello.read(tmp_path / "raw")
