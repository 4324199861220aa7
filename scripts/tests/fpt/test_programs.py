# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt import programs
from fpt.failure import Failure


def make(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_a_case() -> None:
    case = programs.parse_case("p.f.one\tE1\t6.9\tpassthrough,overlayfs\t-\tthe first")
    assert (case.program, case.name, case.promise, case.since, case.title) == ("p", "p.f.one", "E1", "6.9", "the first")
    assert (case.needs, case.abilities, case.needs_passthrough) == (("passthrough", "overlayfs"), (), True)


def test_cases_of_all_programs_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    make(folder, "b", r"printf 'b.f.two\tE1\tany\t-\t-\t%s\n' $2")
    make(folder, "a", r"printf 'a.f.one\tE1\tany\t-\t-\tone\n'")
    (folder / "no_program").write_text("", encoding="utf-8")
    (folder / "directory").mkdir()
    assert [(case.name, case.title) for case in programs.cases(folder, ["second"])] == [
        ("a.f.one", "one"),
        ("b.f.two", "second"),
    ]


def test_promises(tmp_path: Path) -> None:
    make(tmp_path / "cases", "a", r"printf 'E\t-\t-\tDrops\t-\t-\nE1\ttoday\tfs/a.c: early()\tan early drop\t-\tno document\n'")
    heading, promise = programs.promises(tmp_path / "cases")
    assert heading.is_heading and not promise.is_heading
    assert (promise.id, promise.level, promise.basis, promise.today) == ("E1", "today", "-", "no document")
    assert promise.why == "no document"
    assert (promise.ref, promise.text) == ("fs/a.c: early()", "an early drop")


def test_the_level_of_a_case() -> None:
    assert programs.parse_case("p.f.one\tE1\t6.9\t-\t-\tone\ttoday").level == "today"


def test_an_unknown_level() -> None:
    with pytest.raises(Failure, match="p.f.one: 'may' is not a level, must or today: run 'make' again"):
        programs.parse_case("p.f.one\tE1\t6.9\t-\t-\tone\tmay")
    with pytest.raises(Failure, match="E1: 'may' is not a level, must or today: run 'make' again"):
        programs.parse_promise("E1\tmay\tfs/a.c\ta promise\t-\tno document")


def test_nothing_built(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"no programs in .*: run 'make' first"):
        programs.cases(tmp_path / "cases")


def test_a_program_that_refuses(tmp_path: Path) -> None:
    make(tmp_path / "cases", "a", "exit 1")
    with pytest.raises(Failure, match=r"cases/a --list failed: run 'make' again"):
        programs.cases(tmp_path / "cases")
