# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt import store, tsv
from fpt.outcome import Outcome

HEAD = "case\tserver\toutcome\tobserved\trequests\tnote\n"
GOOD = "a.f.x\traw\tpass\t0\tOPEN\t\n"


def test_load(tmp_path: Path) -> None:
    for kernel in ("7.3", "6.12.9", "7.3-rc2"):
        (tmp_path / kernel).mkdir()
        (tmp_path / kernel / "raw.tsv").write_text(HEAD + GOOD + "a.f.é\traw\tskip:cap\t\t\tü\n".replace("é", "y"))
    (tmp_path / "README.md").write_text("x")
    found = store.load(tmp_path)
    assert found.pairs == [("6.12.9", "raw"), ("7.3-rc2", "raw"), ("7.3", "raw")]
    assert found.results("7.3", "raw") == {
        "a.f.x": store.Row(Outcome.PASS, "0", "OPEN", ""), "a.f.y": store.Row(Outcome.SKIP_CAP, "", "", "ü")}


@pytest.mark.parametrize("text, why", [
    ("", "1: not a result, its first line has other column names"),
    ("x\n", "1: not a result, its first line has other column names"),
    (HEAD, "1: incomplete result, it has no case"),
    (HEAD + GOOD + GOOD, "3: case a.f.x is also in line 2"),
    (HEAD + GOOD[:-1], "2: incomplete result, its last line has no newline"),
    (HEAD + GOOD + "a.f", "3: not a line of a result: 6 columns expected, got 1"),
    (HEAD + GOOD + "\n", "3: not a line of a result: 6 columns expected, got 0"),
    (HEAD + "a.f.x\traw\tpass\t\0\t\t\n", "2: not a result, it has a control character"),
    (HEAD + "a.f.x\traw\tpassed\t\t\t\n", "2: 'passed' is not an outcome"),
    (HEAD + "a.f.x\traw\tskip:moon\t\t\t\n", "2: 'skip:moon' is not an outcome"),
    (HEAD + "\traw\tpass\t\t\t\n", "2: '' is not the name of a case"),
    (HEAD + "a.f.x\t\tpass\t\t\t\n", "2: '' is not the name of a server"),
    (HEAD + GOOD + "a.f.y\tlibfuse\tpass\t\t\t\n", "3: server libfuse, but raw in the line before"),
])
def test_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "some.tsv"
    file.write_text(text)
    with pytest.raises(tsv.NotAResult) as refusal:
        tsv.read(file)
    assert str(refusal.value) == f"{file}:{why}"


def test_named_for_another_server(tmp_path: Path) -> None:
    file = tmp_path / "libfuse.tsv"
    file.write_text(HEAD + GOOD)
    assert tsv.read(file).server == "raw"
    with pytest.raises(tsv.NotAResult) as refusal:
        tsv.read(file, named=True)
    assert str(refusal.value) == f"{file}:2: server raw, but the file is called libfuse.tsv"
