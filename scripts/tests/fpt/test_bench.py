# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

from fpt import bench


def test_row() -> None:
    figures = bench.figures([9000, 1000, 4000, 3000])
    assert bench.row("four", figures) == f"{'four':44}     3.00     1.00     9.00"
    assert bench.row("four", bench.figures([3000], 2), 0.5) == f"{'four':44}     1.50     1.50     1.50    3.0"


def test_times_are_of_executed_cases(tmp_path: Path) -> None:
    (tmp_path / "results/k").mkdir(parents=True)
    (tmp_path / "results/k/raw.tsv").write_text(
        "case\tserver\toutcome\tobserved\trequests\tnote\n"
        "a.f.x\traw\tpass\t\t\t\na.f.y\traw\tskip:cap\t\t\t\na.f.z\traw\tcrash\t\t\t\n"
    )
    (tmp_path / "evidence/raw").mkdir(parents=True)
    (tmp_path / "evidence/raw/a.jsonl").write_text(
        '{"type":"begin","case":"a.f.x"}\n{"type":"end","case":"a.f.x","us":"1234"}\n'
        '{"type":"begin","case":"a.f.y"}\n{"type":"end","case":"a.f.y","us":"9"}\n{"type":"begin","case":"a.f.z"}\n'
    )
    assert list(bench.case_times(tmp_path)) == [1234]
