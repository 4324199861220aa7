# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

import runs
from fpt.matrix import NotAMatrix, Row, Table, choose, read
from fpt.model import Run, Server
from fpt.outcome import Outcome
from fpt.run_json import NotARun
from fpt.writers import run_json

HEAD = "kernel\tservers\tnote\n"


def server(*outcomes: Outcome) -> Server:
    return runs.server_of("raw", *(runs.result("raw", f"p.f.n{n}", outcome) for n, outcome in enumerate(outcomes)))


def read_text(tmp_path: Path, text: str) -> list[Row]:
    path = tmp_path / "m.tsv"
    path.write_text(text)
    return read(path)


@pytest.mark.parametrize(
    "text, error",
    [
        ("", "1: no row after this line"),
        (HEAD, "1: no row after this line"),
        ("\n6.1\traw\t\n", "1: the first line does not name the columns: kernel, servers, note"),
        (HEAD + "6.1\traw\n\n", "3: has 0 columns between tabs: wanted kernel, servers, note"),
        (HEAD + "6.1\traw\told\tmore\n", "2: has 4 columns between tabs: wanted kernel, servers, note"),
        (HEAD + "v6\traw\t\n", '2: "v6" is not a kernel version'),
        (HEAD + "6.1\traw,,libfuse\t\n", '2: "raw,,libfuse" is not a list of server names separated by commas'),
    ],
)
def test_an_invalid_matrix_is_refused_with_its_line(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(NotAMatrix) as refused:
        read_text(tmp_path, text)
    assert str(refused.value) == f"{tmp_path}/m.tsv:{error}"


def test_a_kernel_in_no_row_gets_the_servers_of_the_last(tmp_path: Path) -> None:
    rows = read_text(tmp_path, HEAD + "6.1\traw\told\n6.12\traw,libfuse\n6.1\tlibfuse\t")
    assert list(choose(rows, ["7.0", "6.1"])) == [
        Row("7.0", "libfuse"),
        Row("6.1", "raw", "old"),
        Row("6.1", "libfuse"),
    ]


def test_each_outcome_is_counted_once() -> None:
    table = Table()
    table.add("6.12", server(*Outcome))
    assert list(table.text())[1:] == [
        "6.12  2/1/1/5/5",
        "(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)",
        "1 failed as expected",
        "1 changed, not promised",
        "2 passed, 5 failed, 5 skipped",
    ]


@pytest.mark.parametrize(
    "outcomes, status",
    [
        ([Outcome.PASS, Outcome.SKIP_CAP], 0),
        ([Outcome.XFAIL], 0),
        ([Outcome.CHANGED], 0),
        ([Outcome.PASS, Outcome.INCOMPLETE], 1),
        ([Outcome.SKIP_KERNEL], 4),
    ],
)
def test_status(outcomes: list[Outcome], status: int) -> None:
    table = Table()
    table.add("6.12", server(*outcomes))
    assert table.status == status


def test_a_row_without_a_verdict_fails_the_matrix() -> None:
    table = Table()
    table.add("6.12", server(Outcome.PASS))
    table.add_lost("7.4", "Debian has no such kernel")
    assert list(table.text())[2] == "7.4   Debian has no such kernel"
    assert table.status == 1


def row(tmp_path: Path, run: Run, verdict: str) -> Table:
    (tmp_path / "run").mkdir()
    (tmp_path / "verdict").write_text(f"{verdict}\n")
    with (tmp_path / "run/run.json").open("w", encoding="utf-8") as out:
        run_json.write(run, out)
    table = Table()
    table.add_directory("6.12", tmp_path)
    return table


def test_a_row_counts_as_its_run_does(tmp_path: Path) -> None:
    run = runs.expecting()
    assert list(row(tmp_path, run, "1").text())[1:] == [
        "6.12  2/6/1/0/5       0/0/0/12/0",
        "(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)",
        "6 failed as expected",
        "1 changed, not promised",
        f"{run.passed} passed, {run.failed} failed, {run.skipped} skipped",
    ]


def test_expected_failures_alone_do_not_fail(tmp_path: Path) -> None:
    run = runs.expecting()
    del run.servers[1]
    assert row(tmp_path, run, "0").status == 0


def test_a_pass_that_deviates_fails(tmp_path: Path) -> None:
    run = runs.expecting()
    run.servers = [runs.server_of("libfuse", run.servers[1].results["drop.pass.case"])]
    assert row(tmp_path, run, "1").status == 1


def test_a_kernel_that_runs_nothing_has_no_results(tmp_path: Path) -> None:
    table = row(tmp_path, runs.run_of(server(Outcome.PASS, Outcome.SKIP_KERNEL)), "4")
    assert list(table.text())[1].split() == ["6.12", "unsupported"]
    assert table.status == 4


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"servers": {"raw": {}}, "cases": [{"name": "a.b", "results": 1}]}'])
def test_a_file_that_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "verdict").write_text("0\n")
    (tmp_path / "run/run.json").write_text(text)
    with pytest.raises(NotARun, match="run.json: not the run.json of a run: "):
        Table().add_directory("6.12", tmp_path)
