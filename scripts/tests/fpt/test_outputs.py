# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import runs
from fpt import collate, outputs
from fpt.arguments import Parser
from fpt.failure import Failure
from fpt.model import Run
from fpt.outcome import Outcome

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(autouse=True)
def no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def options(*arguments: str) -> argparse.Namespace:
    parser = Parser("collate", "")
    outputs.add_options(parser)
    return parser.parse(list(arguments))


def test_nothing_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outputs.write(options(), runs.three_failures())
    assert not os.listdir(tmp_path)


def test_wrong_settings() -> None:
    for wrong in (("--kcidb-origin", "My CI"), ("--kcidb-build-id", "17")):
        with pytest.raises(Failure, match=f"{wrong[0]}.*does not match"):
            options(*wrong)


def test_settings(tmp_path: Path) -> None:
    file = tmp_path / "kcidb"
    given = options("--kcidb", str(file), "--kcidb-origin", "my_ci", "--kcidb-build-id", "my_ci:1")
    outputs.write(given, runs.three_failures())
    assert {(test["origin"], test["build_id"]) for test in json.loads(file.read_text())["tests"]} == {("my_ci", "my_ci:1")}


def test_check(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    outputs.check(options("--ktap", str(tmp_path / "old"), "--junit", str(tmp_path / "new")))
    assert os.listdir(tmp_path) == ["old"]
    for wrong in (tmp_path, tmp_path / "none" / "file"):
        with pytest.raises(Failure, match=f"cannot write {wrong}: give another file to --junit"):
            outputs.check(options("--junit", str(wrong)))


def test_a_file_that_can_no_longer_be_written(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot write .*: Is a directory"):
        outputs.write(options("--ktap", str(tmp_path)), runs.three_failures())


def failed_names(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Of each output: server and case of what failed, joined by a dot."""
    files = {name: tmp_path / name for name in ("ktap", "junit", "kcidb", "github")}
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    outputs.write(options(*(f"--{name}={file}" for name, file in files.items())), run)

    ktap, server, before = [], "", ""
    for line in files["ktap"].read_text().splitlines():
        if line.startswith("  # Subtest: "):
            server = line.split()[-1]
        elif line.lstrip().startswith("not ok "):
            name = line.split()[3]
            ktap += [f"{server}.{name}"] if before.rpartition(".")[0] == name else []
            before = name
    junit = [
        f"{case.attrib['classname'].partition('.')[0]}.{case.attrib['name']}"
        for case in ElementTree.parse(files["junit"]).findall("testsuite/testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]
    tests: list[dict[str, Any]] = json.loads(files["kcidb"].read_text())["tests"]
    kcidb = [test["path"].partition(".")[2] for test in tests if test["status"] in ("FAIL", "ERROR")]
    errors = [line for line in files["github"].read_text().splitlines() if line.startswith("::error ")]
    github = [".".join(line.partition("title=")[2].partition("%3A")[0].split()) for line in errors]
    items = [line.split("`") for line in (tmp_path / "summary").read_text().splitlines() if line.startswith("- `")]
    summary = [f"{item[2].split()[1].rstrip(':')}.{item[1]}" for item in items]
    return {"ktap": ktap, "junit": junit, "kcidb": kcidb, "github": github, "summary": summary}


def test_three_failures_under_their_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(f"raw.{name}" for name in (runs.WRONG_CONTENT, runs.SERVER_CRASH, runs.KERNEL_WARNING))
    for output, found in failed_names(runs.three_failures(), tmp_path, monkeypatch).items():
        assert sorted(found) == names, output


def recorded(folder: str, tmp_path: Path) -> Run:
    shutil.copytree(DATA / folder, tmp_path / "run")
    return collate.read(str(tmp_path / "run"), "6.18.44", sorted(os.listdir(DATA / folder / "ktap")))


def test_the_same_of_a_recorded_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that opens another file, one that ends by a signal, and a warning of the kernel."""
    wrong_content = "raw.drop.late.io_continues_after_drop"
    server_crash = "raw.create.o_creat.io_reaches_backing_file"
    kernel_warning = "raw.io_mode.mapping.private_does_not_exclude"
    run = recorded("formats/run", tmp_path)
    assert (run.passed, run.failed, run.skipped) == (2, 3, 0)
    for output, found in failed_names(run, tmp_path, monkeypatch).items():
        assert sorted(found) == sorted((wrong_content, server_crash, kernel_warning)), output
    text = (tmp_path / "github").read_text()
    assert 'fail: backing file f: got "f", wanted "gh"' in text
    assert "broken: the server was ended by signal ABRT" in text
    assert "fail: kernel log: WARNING: at fs/fuse/iomode.c:22" in text


@pytest.mark.parametrize("folder", ("collate", "deaths"))
def test_all_failures_of_other_runs(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recorded(folder, tmp_path)
    names = [f"{result.server}.{result.case.name}" for result in run.results() if result.outcome.failed]
    names += [f"run.failure_{n}" for n, _ in enumerate(run.failures, 1)]
    unexpected = [f"{result.server}.{result.case.name}" for result in run.results() if result.outcome is Outcome.XPASS]
    found = failed_names(run, tmp_path, monkeypatch)
    assert sorted(found["ktap"]) == sorted(names)
    assert sorted(found["junit"]) == sorted(names + unexpected)
