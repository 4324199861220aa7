# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import random
from pathlib import Path
from typing import Callable, Optional

import pytest

from fpt import globs, store, store_writer
from fpt.commands import store as command
from fpt.outcome import Outcome
from fpt.rectangles import Rectangles
from fpt.store import Pair, Results, Row, Store

RESULTS = Path(__file__).resolve().parents[3] / "results"
KERNELS = ["6.1.9", "6.12.9", "7.3-rc2", "7.3", "7.3.1", "named", "own"]
SERVERS = ["go-fuse-2.9.0", "libfuse", "libfuse-3.17.2", "libfuse-3.18.3", "libfuse-uring-3.18.3", "raw", "raw-uring"]
CASES = [f"{program}.{subject}.{rest}" for program in ("alpha", "beta") for subject in ("f", "g", "h")
         for rest in ("one", "two", "v.one", "w.one", "v.two")]
HEAD = "case\tserver\toutcome\tobserved\trequests\tnote\n"


def stored(results: dict[Pair, Results], directory: Path) -> Store:
    store_writer.save(Store(results), directory)
    return store.load(directory)


def lines_of(directory: Path, name: str = "expected") -> list[list[str]]:
    text = (directory / name).read_text()
    return [line.split(None, 4) for line in text.splitlines() if line and not line.startswith("#")]


def random_row(random_: random.Random) -> Optional[Row]:
    outcome = random_.choice(list(Outcome))
    words = ["", "0", "0 EIO", "#x", " y", "é"]
    note = random_.choice(["", "got 1, wanted 0", "# {a,b} * x", "a  b", "raw has no x", "libfuse has no x", "libfusex has no x"])
    return None if random_.random() < 0.1 else Row(outcome, random_.choice(words), random_.choice(words), note)


@pytest.mark.parametrize("seed", range(12))
def test_any_results_are_read_back(seed: int, tmp_path: Path) -> None:
    random_ = random.Random(seed)
    pairs = [(kernel, server) for kernel in KERNELS for server in SERVERS if random_.random() < 0.6]
    results: dict[Pair, Results] = {pair: {} for pair in pairs}
    for case in CASES:
        few = [Row(Outcome.PASS, "0"), *(random_row(random_) for _ in range(3))]
        for pair in pairs:
            row = few[0] if random_.random() < 0.5 else random_.choice(few)
            if row:
                results[pair][case] = row
    found = stored(results, tmp_path)
    assert found.pairs == Store(results).pairs
    assert {pair: found.results(*pair) for pair in pairs} == results
    assert store_writer.texts(found) == {name: (tmp_path / name).read_text() for name in store_writer.FILES}


@pytest.mark.parametrize("named, word", [(globs.unversioned, "{server}"), (str, "{name}")])
def test_what_servers_lack_is_written_once(named: Callable[[str], str], word: str, tmp_path: Path) -> None:
    pairs = [("7.3", server) for server in ("go-fuse-2.9.0", "libfuse-3.18.3", "libfuse-mt-3.18.3", "raw")]
    results: dict[Pair, Results] = {pair: dict.fromkeys(CASES, Row(Outcome.PASS)) for pair in pairs}
    for pair in pairs[:3]:
        results[pair][CASES[0]] = Row(Outcome.SKIP_LIBRARY, note=f"{named(pair[1])} has no hold")
    found = stored(results, tmp_path)
    assert lines_of(tmp_path) == [[CASES[0], "*", "go-fuse,libfuse*", "skip:library", f"{word} has no hold"]]
    assert {pair: found.results(*pair) for pair in pairs} == results


def test_unlike_pairs_alone_are_written(tmp_path: Path) -> None:
    passes = {case: Row(Outcome.PASS, "0", "OPEN") for case in CASES}
    failing = {**passes, **{case: Row(Outcome.FAIL, "EIO", "OPEN", "got EIO") for case in CASES if case[0] == "a" and ".one" in case}}
    stored({("6.1.9", "raw"): failing, ("6.1.9", "libfuse-3.18.3"): failing, ("7.3", "raw"): passes}, tmp_path)
    assert lines_of(tmp_path) == [
        line.split(None, 4) for subject in ("f", "g", "h") for line in (
            f"alpha.{subject}.one <=6.1.9 * fail got EIO", f"alpha.{subject}.*.one <=6.1.9 * fail got EIO")]


def test_a_new_case_that_passes_adds_one_line(tmp_path: Path) -> None:
    results = {(kernel, "raw"): {case: Row(Outcome.PASS, "0") for case in CASES[1:]} for kernel in KERNELS}
    results["6.1.9", "raw"] = {case: Row(Outcome.SKIP_KERNEL, note="too old") for case in CASES}
    stored(results, tmp_path)
    before = {name: (tmp_path / name).read_text().splitlines() for name in store_writer.FILES}
    for pair in results:
        results[pair].setdefault(CASES[0], Row(Outcome.PASS, "1"))
    stored(results, tmp_path)
    added = [line for name in store_writer.FILES for line in (tmp_path / name).read_text().splitlines()
             if line not in before[name]]
    assert added == [f"{CASES[0]}\t1"]


def test_a_kernel_that_does_as_the_one_before_adds_one_line(tmp_path: Path) -> None:
    old = {case: Row(Outcome.PASS, "0") for case in CASES}
    new = {**old, CASES[3]: Row(Outcome.FAIL, "1", "", "broke")}
    stored({("6.12.9", "raw"): old, ("7.3", "raw"): new}, tmp_path)
    before = (tmp_path / "expected").read_text()
    stored({("6.12.9", "raw"): old, ("7.3", "raw"): new, ("7.3.1", "raw"): new}, tmp_path)
    assert (tmp_path / "expected").read_text() == before
    assert lines_of(tmp_path, "runs")[-1] == ["7.3.1", "raw"]


@pytest.mark.parametrize("wanted, columns", [
    ("6.1:raw 6.12:raw 7.3:raw 6.1:libfuse-3.18.3 6.12:libfuse-3.18.3 7.3:libfuse-3.18.3 7.3:libfuse-mt-3.18.3", ["* *"]),
    ("6.1:raw 6.1:libfuse-3.18.3", ["<=6.1 *"]),
    ("7.3:raw 7.3:libfuse-3.18.3", [">=7.3 libfuse,raw"]),
    ("6.12:raw 7.3:raw", [">=6.12 raw"]),
    ("6.1:raw 7.3:raw", ["<=6.1,>=7.3 raw"]),
    ("7.3:libfuse-mt-3.18.3 6.12:raw", ["6.12 raw", "* libfuse-mt"]),
])
def test_rectangles(wanted: str, columns: list[str]) -> None:
    def pairs(text: str) -> set[Pair]:
        return {(pair.partition(":")[0], pair.partition(":")[2]) for pair in text.split()}

    every = pairs("6.1:raw 6.12:raw 7.3:raw 6.1:libfuse-3.18.3 6.12:libfuse-3.18.3 7.3:libfuse-3.18.3 7.3:libfuse-mt-3.18.3")
    assert [" ".join(line) for line in Rectangles(every).describe(pairs(wanted))] == columns


@pytest.mark.parametrize("name, text, why", [
    ("runs", "7.3\n", "1: a kernel and the servers on it are expected"),
    ("runs", "7.3 raw raw\n", "1: raw on 7.3 is there twice"),
    ("runs", "7.3 a/b\n", "1: 'a/b' is not the name of a server"),
    ("cases", "# x\na\t0\n", "2: 'a' is not the name of a case"),
    ("cases", "a.f.x\na.f.x\n", "2: a.f.x is there twice"),
    ("cases", "a.f.x\t\t\t\n", "1: at most two tabs are expected, got 3"),
    ("expected", "a.f.x * * passed\n", "1: 'passed' is not an outcome: give one of "),
    ("expected", "a.f.x * * pass,fail\n", "1: 'pass,fail' is more than one outcome"),
    ("expected", "a.f.z * * fail\n", "1: 'a.f.z' is no case of "),
    ("observed", "a.f.x *\t0\n", "1: cases, kernels and servers are expected before the first tab"),
])
def test_malformed(name: str, text: str, why: str, tmp_path: Path) -> None:
    stored({("7.3", "raw"): {"a.f.x": Row(Outcome.PASS), "a.f.y": Row(Outcome.FAIL)}}, tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(store.NotAResult) as refusal:
        store.load(tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path / name}:{why}")


def write(directory: Path, kernel: str, server: str, text: str) -> str:
    (directory / kernel).mkdir(parents=True, exist_ok=True)
    (directory / kernel / f"{server}.tsv").write_text(HEAD + text.replace("SERVER", server))
    return str(directory / kernel)


def test_a_run_replaces_its_pairs(tmp_path: Path) -> None:
    one = "a.f.x\tSERVER\tpass\t0\t\t\na.f.old\tSERVER\tfail\t1\tOPEN\tbad\n"
    two = "a.f.new\tSERVER\tpass\t0\t\t\na.f.x\tSERVER\tfail\t2\t\tworse\n"
    off = "a.f.new\tSERVER\tskip:config\t\t\t\n"
    into = tmp_path / "results"
    first = write(tmp_path / "first", "7.3", "raw", one), write(tmp_path / "first", "7.3", "libfuse", one)
    assert command.main([str(into), first[0]]) == 0
    again = write(tmp_path / "again", "7.3", "raw", two)
    write(tmp_path / "again", "7.3", "raw-uring", off)
    assert command.main([str(into), again]) == 0
    found = store.load(into)
    assert found.pairs == [("7.3", "libfuse"), ("7.3", "raw")]
    assert found.results("7.3", "raw") == {"a.f.new": Row(Outcome.PASS, "0"), "a.f.x": Row(Outcome.FAIL, "2", "", "worse")}
    assert list(found.results("7.3", "libfuse")) == ["a.f.x", "a.f.old"]
    assert found.cases == ["a.f.new", "a.f.x", "a.f.old"]
    write(tmp_path / "again", "7.3", "libfuse", two)
    assert command.main([str(into), again]) == 0
    assert store.load(into).cases == ["a.f.new", "a.f.x"]


def test_results_of_the_checkout() -> None:
    texts = {name: (RESULTS / name).read_text(encoding="utf-8") for name in store_writer.FILES}
    assert store_writer.texts(store.load(RESULTS)) == texts, "not as scripts/run.sh --results results writes them"
    assert sum(file.stat().st_size for file in RESULTS.iterdir()) <= 600 * 1024


@pytest.mark.parametrize("wanted, columns", [
    ("6.1:raw 6.1-arm64:raw", ["<=6.1 *"]),
    ("6.1:raw", ["6.1 *"]),
    ("6.1:raw 6.1-arm64:raw 7.3:raw", ["<=6.1 *", "7.3 raw"]),
    ("6.1-arm64:raw 7.3:raw", ["6.1-arm64 *", "7.3 raw"]),
    ("7.3:raw 7.3-arm64:raw", [">=7.3 raw"]),
    ("7.3-arm64:raw", ["7.3-arm64 *"]),
    ("6.1-arm64:raw 7.3-arm64:raw", ["6.1-arm64,7.3-arm64 *"]),
    ("7.3:libfuse", ["* libfuse"]),
    ("7.3:libfuse 7.3:raw", ["7.3 *"]),
    ("6.1:raw 6.1-arm64:raw 7.3-arm64:raw", ["<=6.1,7.3-arm64 *"]),
])
def test_ranges_have_all_architectures(wanted: str, columns: list[str]) -> None:
    def pairs(text: str) -> set[Pair]:
        return {(pair.partition(":")[0], pair.partition(":")[2]) for pair in text.split()}

    every = pairs("6.1:raw 6.1-arm64:raw 7.3:raw 7.3-arm64:raw 7.3:libfuse")
    assert [" ".join(line) for line in Rectangles(every).describe(pairs(wanted))] == columns
    fitting = {pair for pair in every for kernels, servers in Rectangles(every).describe(pairs(wanted))
               if globs.fits_kernel(kernels, pair[0]) and globs.fits_server(servers, pair[1])}
    assert fitting == pairs(wanted)
