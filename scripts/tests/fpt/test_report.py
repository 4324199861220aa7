# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Mapping, Optional, Sequence

import pytest

from fpt import store
from fpt.failure import Failure
from fpt.model import Case
from fpt.outcome import Outcome
from fpt.programs import Promise
from fpt.report import evidence, markdown, page, runs
from fpt.report.matrix import Matrix, in_order, together

PROMISES = [
    Promise("E", "-", "-", "When an ID is dropped", "-", "-"),
    Promise("E1", "must", "fs/a.c: early()", "a drop", "a.rst", "-"),
    Promise("R", "-", "-", "Replies", "-", "-"),
    Promise("R1", "today", "fs/c.c: reply()", "a reply", "-", "no document says so"),
]
CASES = [
    Case("a", "a.f.one", "E1", "6.9", ("passthrough", "overlayfs"), (), "the first"),
    Case("a", "a.m.x.many", "R1", "6.9", title="the matrix", level="today"),
    Case("a", "a.m.y.many", "R1", "6.9", title="the matrix", level="today"),
]
NAMES = [case.name for case in CASES]
FIXED = "fail\t3\tOPEN\tgot 3, wanted EIO; fixed by 7.3 (do it right); suspect: kernel"


def write(directory: Path, kernel: str, server: str, rows: Mapping[str, str]) -> None:
    """ROWS: by case, outcome, observed, requests and note."""
    folder = directory / kernel
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["case\tserver\toutcome\tobserved\trequests\tnote"]
    for case, row in rows.items():
        columns = [*row.split("\t"), "", "", ""][:4]
        lines.append("\t".join([case, server, *columns]))
    (folder / f"{server}.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def all_cases(row: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, row)


def matrix_of(directory: Path) -> Matrix:
    return Matrix(PROMISES, CASES, store.load(directory), ["raw", "libfuse"])


def data_of(text: str) -> Any:
    """The JSON in the page."""
    found = re.search(r'<script type="application/json" id="data">\n(.*?)\n</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def results_of(data: Any, case: str) -> list[Optional[list[str]]]:
    """By column, as page.js sees them."""
    fields = next(fields for section in data["sections"] for fields in section["cases"] if fields[0] == case)
    columns: list[Optional[list[str]]] = [None] * len(data["columns"])
    by_server = iter(sorted(range(len(columns)), key=lambda column: int(data["columns"][column][1])))
    spread = data["spreads"][fields[7]]
    for number, count in zip(spread[::2], spread[1::2]):
        for _ in range(count):
            column = next(by_server)
            if number >= 0:
                columns[column] = [data["texts"][text] for text in data["results"][fields[6][number]]]
    return columns


# --- the matrix ---


def test_order_of_servers() -> None:
    servers = {"own", "libfuse-3.9.0", "libfuse-3.18.3", "libfuse-mt-3.9.0", "raw", "fuser-0.9.0"}
    assert in_order(servers, ["raw", "libfuse", "libfuse-mt"]) == [
        "raw",
        "libfuse-3.18.3",
        "libfuse-3.9.0",
        "libfuse-mt-3.9.0",
        "fuser-0.9.0",
        "own",
    ]


def test_columns_are_in_the_order_of_releases(tmp_path: Path) -> None:
    for kernel in ("6.9", "6.12.43", "7.4-rc1", "7.4"):
        write(tmp_path, kernel, "raw", all_cases("pass"))
    assert matrix_of(tmp_path).kernels == ["6.9", "6.12.43", "7.4-rc1", "7.4"]


def test_a_promise_that_is_not_in_the_contract(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="a.f.one: promise E1 is not in the contract: run 'make' again"):
        Matrix(PROMISES[2:], CASES, store.load(tmp_path), [])


def test_equal_results_are_found_together(tmp_path: Path) -> None:
    for kernel, row in (("6.9", "pass\t1"), ("6.12", "fail"), ("7.4", "pass\t1")):
        write(tmp_path, kernel, "raw", all_cases(row))
    found = matrix_of(tmp_path).found["a.f.one"]
    assert [(row.outcome.value, columns) for row, columns in found.items()] == [("pass", [0, 2]), ("fail", [1])]


def test_equal_results_need_not_be_one_object() -> None:
    results = [store.Row(Outcome.PASS, "1"), None, store.Row(Outcome.FAIL), store.Row(Outcome.PASS, "1")]
    assert list(together(results).values()) == [[0, 3], [2]]


def test_a_case_that_the_suite_no_longer_has(tmp_path: Path) -> None:
    write(tmp_path, "6.9", "raw", {"a.f.old": "pass"})
    matrix = matrix_of(tmp_path)
    assert [case.name for case in matrix.gone] == ["a.f.old"]
    data = data_of(page.text(matrix, {}, {}))
    assert data["sections"][-1]["title"] == "No longer in the suite"
    assert results_of(data, "a.f.old") == [["pass", "", "", ""]]


# --- README.md ---


def test_the_fix_is_the_cause() -> None:
    assert markdown.cause("got 3; fixed by 7.3 (right); suspect: kernel") == "fixed by 7.3 (right)"
    assert markdown.cause("got 3; suspect: kernel") == "got 3; suspect: kernel"


@pytest.mark.parametrize(
    "hit, counted, text",
    [
        ({0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, "every kernel"),
        ({0, 1, 2}, {0, 1, 2, 3, 4}, "6.1 to 6.12"),
        ({0, 2}, {0, 2, 3}, "6.1, 6.12"),  # 6.6 has no result
        ({0, 2}, {0, 1, 2}, "6.1, 6.12"),
        ({1, 2, 3}, {0, 1, 2, 3, 4}, "6.6, 6.12, 7.3 (raw)"),
        ({0}, {0, 3, 4}, "6.1"),
    ],
)
def test_where(tmp_path: Path, hit: set[int], counted: set[int], text: str) -> None:
    for kernel, servers in (("6.1", ["raw"]), ("6.6", ["raw"]), ("6.12", ["raw"]), ("7.3", ["raw", "own"])):
        for server in servers:
            write(tmp_path, kernel, server, all_cases("pass"))
    assert markdown.where(matrix_of(tmp_path), hit, counted) == text


def test_variants_are_one_line(tmp_path: Path) -> None:
    write(tmp_path, "6.12", "raw", all_cases(FIXED))
    lines = markdown.text(matrix_of(tmp_path)).splitlines()
    assert "| fail | R1 `a.m.{x,y}.many` | 6.12 | fixed by 7.3 (do it right) |" in lines


def test_a_section_of_which_something_changed_is_not_quiet(tmp_path: Path) -> None:
    write(tmp_path, "7.4", "raw", {"a.f.one": "pass", "a.m.x.many": "changed\t1\t\topen: got 1, wanted 2"})
    text = markdown.text(matrix_of(tmp_path))
    assert "\n## E\n\nAll cases that ran passed on every kernel.\n" in text
    assert "\n## Changed, not promised\n\n| cases | where | what |\n|---|---|---|\n" \
           "| R1 `a.m.x.many` | 7.4 | open: got 1, wanted 2 |\n" in text


# --- the page ---


def test_data_of_the_page(tmp_path: Path) -> None:
    note = 'says </script> "no" \\o/'
    write(tmp_path, "6.12", "raw", all_cases("pass\tEIO"))
    write(tmp_path, "6.12", "own", {"a.f.one": f"fail\t0\tOPEN READ\t{note}"})
    write(tmp_path, "7.3", "raw", all_cases("pass\tEIO"))
    text = page.text(matrix_of(tmp_path), {}, {("7.3", "raw", "a.m.x.many"): 0.0124, ("9.9", "raw", "a.f.one"): 1})
    assert text.count("</script>") == 2, "another end of a script element"
    assert not re.search(r"(src|href)=|url\(|@import|https?:", text), "the page loads something"
    data = data_of(text)
    assert (data["kernels"], data["servers"]) == (["6.12", "7.3"], ["raw", "own"])
    assert data["columns"] == [[0, 0], [0, 1], [1, 0]]
    assert data["promises"]["E1"] == ["a drop", "fs/a.c: early()", "must", "a.rst"]
    assert data["sections"][0]["cases"][0][:6] == ["a.f.one", "E1", "the first", "6.9", "passthrough,overlayfs", ""]
    assert [fields[9] for section in data["sections"] for fields in section["cases"]] == ["must", "today", "today"]
    passed = ["pass", "EIO", "", ""]
    assert results_of(data, "a.f.one") == [passed, ["fail", "0", "OPEN READ", note], passed]
    assert results_of(data, "a.m.x.many") == [passed, None, passed]
    assert data["durations"] == {"2": [-1, 12, -1]}, "without a column, or not in milliseconds"


RUN = "\n".join(
    [
        '{"type":"begin","case":"a.m.x.many","promise":"R1","title":"the matrix","server":"raw"}',
        '{"type":"step","case":"a.m.x.many","who":"client0","what":"open </script>","result":"3"}',
        '{"type":"expect","case":"a.m.x.many","what":"open","observed":"3","wanted":"EIO","ok":false,"where":"a.c:7"}',
        '{"type":"hint","case":"a.m.x.many","text":"fixed by 7.3"}',
        '{"type":"step","case":"a.m.x.many","who":"serv',
        '{"type":"step","case":"a.f.one","who":"client0","what":"of what passed","result":"0"}',
        '{"type":"step","case":"a.m.y.many","who":"client0","what":"of another result","result":"0"}',
    ]
)


def make_run(directory: Path, rows: Mapping[str, str], lines: str = RUN) -> Path:
    write(directory / "results", "6.12", "raw", rows)
    (directory / "evidence" / "raw").mkdir(parents=True)
    (directory / "evidence" / "raw" / "a.jsonl").write_text(lines, encoding="utf-8")
    return directory


def test_evidence_of_equal_results_only(tmp_path: Path) -> None:
    rows = {"a.f.one": "pass", "a.m.x.many": FIXED, "a.m.y.many": FIXED}
    write(tmp_path / "results", "6.12", "raw", rows)
    run = make_run(tmp_path / "run", {**rows, "a.m.y.many": "fail\t17"})
    found = evidence.collect([run, run], store.load(tmp_path / "results"))
    place = ("6.12", "raw", "a.m.x.many")
    assert found == {
        place: [
            ["s", "client0", "open </script>", "3"],
            ["e", False, "open", "3", "EIO", "a.c:7"],
            ["n", "hint", "fixed by 7.3"],
        ]
    }
    data = data_of(page.text(matrix_of(tmp_path / "results"), found, {}))
    assert [fields[8] for fields in data["sections"][1]["cases"]] == [{"0": 0}, {}]
    assert data["evidence"] == [found[place]]


def test_evidence_is_bounded(tmp_path: Path) -> None:
    rows = {"a.f.one": "crash"}
    write(tmp_path / "results", "6.12", "raw", rows)
    line = '{"type":"step","case":"a.f.one","who":"client0","what":"read","result":"0"}\n'
    run = make_run(tmp_path / "run", rows, line * (evidence.MOST_LINES + 1))
    found = evidence.collect([run], store.load(tmp_path / "results"))
    assert [len(lines) for lines in found.values()] == [evidence.MOST_LINES]


# --- durations ---


def run_json(directory: Path, cases: Any) -> Path:
    (directory / "results" / "6.12").mkdir(parents=True)
    (directory / "run.json").write_text(json.dumps({"kernel": "6.12", "cases": cases}), encoding="utf-8")
    return directory


def test_durations_of_the_last_run(tmp_path: Path) -> None:
    def took(seconds: float) -> Any:
        results = {"raw": {"outcome": "pass", "seconds": seconds}, "own": {"outcome": "crash"}}
        return [{"name": "a.f.one", "results": results}]

    both = [run_json(tmp_path / "1", took(0.5)), run_json(tmp_path / "2", took(0.25))]
    assert runs.seconds(both) == {("6.12", "raw", "a.f.one"): 0.25}


def test_a_run_without_durations(tmp_path: Path) -> None:
    (tmp_path / "results" / "6.12").mkdir(parents=True)
    assert runs.seconds([tmp_path]) == {}
    (tmp_path / "run.json").write_text('{"counts": {}}', encoding="utf-8")
    assert runs.seconds([tmp_path]) == {}


def test_a_file_that_is_not_run_json(tmp_path: Path) -> None:
    for number, cases in enumerate([["x"], [{"name": "a"}], 1, [{"name": "a", "results": {"raw": {"seconds": "x"}}}]]):
        with pytest.raises(Failure, match="run.json: not the run.json of a run"):
            runs.seconds([run_json(tmp_path / str(number), cases)])


# --- size ---

SERVERS = 10
MOST_BYTES = 60  # of a page, for each kernel that brings nothing new


def large(directory: Path, kernels: int) -> None:
    for kernel in range(kernels):
        for server in range(SERVERS):
            rows = {}
            for number, case in enumerate(NAMES * 20):
                failed = (number + server) % 7 == 0 and kernel * 3 < kernels
                rows[f"{case}{number}"] = FIXED if failed else f"pass\t{number}"
            write(directory, f"6.{kernel}", f"own-{server}", rows)


def report(directory: Path) -> str:
    cases = [Case("a", f"{name}{number}", "E1", "6.9") for number, name in enumerate(NAMES * 20)]
    matrix = Matrix(PROMISES, cases, store.load(directory), [])
    assert markdown.text(matrix)
    return page.text(matrix, {}, {})


def calls_of(work: Callable[[], object]) -> int:
    """How many functions were called, which is the same under any load."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(trace)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def measure(directory: Path, sizes: Sequence[int]) -> list[tuple[int, int]]:
    measured = []
    for kernels in sizes:
        folder = directory / str(kernels)
        large(folder, kernels)
        pages: list[str] = []
        calls = calls_of(lambda: pages.append(report(folder)))
        measured.append((calls, len(pages[0])))
    return measured


def test_work_is_linear_in_the_kernels(tmp_path: Path) -> None:
    (few, _), (some, few_bytes), (many, many_bytes) = measure(tmp_path, (10, 20, 40))
    assert many - some < 2.2 * (some - few)
    assert many_bytes - few_bytes < 20 * (MOST_BYTES + len('"6.10",') + SERVERS * len("[10,10],"))


def test_work_per_result_is_bounded(tmp_path: Path) -> None:
    ((calls, _),) = measure(tmp_path, (20,))
    results = 20 * SERVERS * len(NAMES * 20)
    assert calls < 40 * results
