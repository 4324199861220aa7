# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import os
from pathlib import Path

from fpt import order, shard


def run(at: Path, age: int, *rows: str, ended: bool = True) -> Path:
    (at / "results" / "k").mkdir(parents=True)
    lines = ["case\tserver\toutcome\tobserved\trequests\tnote", *(row.replace(" ", "\t") + "\t\t\t" for row in rows)]
    (at / "results" / "k" / "raw.tsv").write_text("\n".join(lines) + "\n")
    if ended:
        (at / "run.json").write_text("{}")
        os.utime(at / "run.json", (1000 - age, 1000 - age))
    return at


def test_the_newest_complete_run_counts(tmp_path: Path) -> None:
    run(tmp_path / "b", 2, "old.f.x raw fail")
    run(tmp_path / "a", 1, "drop.f.x raw fail", "drop.f.y raw pass", "mmap.f.x raw skip:config", "race.f.x raw crash")
    run(tmp_path / "killed", 0, "mmap.f.x raw fail", ended=False)
    this = run(tmp_path / "this", 0, "mmap.f.x raw fail")
    failed = order.failed_before(tmp_path, this)
    assert failed == {("raw", "drop"), ("raw", "race")}
    jobs = [("raw", "backing"), ("raw", "drop"), ("raw", "mmap"), ("raw", "race"), ("libfuse", "drop")]
    assert order.failed_first(jobs, lambda job: job, failed) == [
        ("raw", "drop"), ("raw", "race"), ("raw", "backing"), ("raw", "mmap"), ("libfuse", "drop"),
    ]


def test_without_a_run_nothing_failed(tmp_path: Path) -> None:
    assert order.failed_before(tmp_path, tmp_path / "this") == set()


def test_shards_are_all_cases_once() -> None:
    cases = list(range(100))
    for of in (1, 3, 7):
        parts = [shard.part(cases, f"{number}/{of}") for number in range(1, of + 1)]
        assert sorted(sum(parts, [])) == cases
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
