# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fpt import coverage, coverage_reasons
from fpt.commands import coverage as command
from fpt.failure import Failure

TOY = """int odd(int n)
{
	if (n % 2)
		return 1;
	return 0;
}

int never(int n)
{
	return odd(n) ? n : -n;
}

int main(void)
{
	return odd(2);
}
"""

ONE_OUTCOME = """int n = 2;

int main(void)
{
	volatile int left = 1;
	if (n > 1)
		left = 0;
	return left;
}
"""


def line(number: int, count: int, *branches: int) -> dict[str, Any]:
    return {"line_number": number, "count": count, "branches": [{"count": n} for n in branches]}


def document(name: str, *lines: dict[str, Any], calls: int = 1) -> dict[str, Any]:
    function = {"name": "f", "start_line": 1, "end_line": 9, "execution_count": calls}
    return {"file": name, "functions": [function], "lines": list(lines)}


def test_boots_are_told_apart_by_offset_0() -> None:
    lines = ["/a.gcda 0 6162", "/a.gcda 2 63", "/b.gcda 0 64", "/a.gcda 0 65", "/a.gcda 9 66"]
    assert list(coverage.boots(lines)) == [{"/a.gcda": b"abc", "/b.gcda": b"d"}, {"/a.gcda": b"e"}]
    assert not list(coverage.boots([]))


def test_counts_of_objects_and_boots_are_added() -> None:
    source = coverage.Source()
    source.add(document("f.h", line(2, 0), line(3, 1, 1, 0), line(4, 1, 0, 1), line(5, 1)))
    source.add(document("f.h", line(2, 5), line(3, 1, 0, 1), line(4, 1, 0, 1), line(5, 0, 0, 0), calls=2))
    assert source.counts == {2: 5, 3: 2, 4: 2, 5: 1}
    assert source.one_sided() == [4]
    assert [f.calls for f in source.functions.values()] == [3]


def test_files_are_named_by_their_path_in_the_tree() -> None:
    main = document("/k/fs/fuse/dev.c", line(1, 1))
    header = document("/k/fs/fuse/fuse_i.h", line(1, 1))
    other = document("./arch/x86/x.h", line(1, 1))
    assert list(coverage.in_tree("fs/fuse/dev.c", [other, header, main])) == [("fs/fuse/fuse_i.h", header), ("fs/fuse/dev.c", main)]


def test_gcov_is_of_the_compiler_of_the_kernel() -> None:
    with pytest.raises(Failure, match="was not built by"):
        coverage.gcov_of("CONFIG_GCC_VERSION=120200\n")
    with pytest.raises(Failure, match="no gcov of gcc 99, which built the kernel"):
        coverage.gcov_of("CONFIG_GCC_VERSION=990100\nCONFIG_GCOV_KERNEL=y\n")


def build_toy(folder: Path, text: str = TOY) -> str:
    """Compiles and runs a program with counters; the configuration of a kernel of this compiler."""
    (folder / "fs/fuse").mkdir(parents=True)
    (folder / "fs/fuse/toy.c").write_text(text)
    subprocess.run(["gcc", "-O0", "--coverage", "-c", "-o", "fs/fuse/toy.o", "fs/fuse/toy.c"], cwd=folder, check=True)
    subprocess.run(["gcc", "--coverage", "-o", "toy", "fs/fuse/toy.o"], cwd=folder, check=True)
    subprocess.run([folder / "toy"], check=True)
    version = subprocess.run(["gcc", "-dumpversion"], stdout=subprocess.PIPE, text=True, check=True).stdout
    config = f"CONFIG_GCC_VERSION={int(version.split('.')[0])}0200\nCONFIG_GCOV_KERNEL=y\n"
    (folder / ".config").write_text(config)
    return config


@pytest.mark.skipif(not shutil.which("gcov"), reason="no gcov")
def test_report_of_a_run(tmp_path: Path) -> None:
    build, run = tmp_path / "build", tmp_path / "run"
    run.mkdir()
    build_toy(build)
    page = tmp_path / "COVERAGE.md"
    page.write_text("# Linux 7.3.4\n")
    arguments = [str(run), str(build), str(page)]
    with pytest.raises(Failure, match="no guest sent counters"):
        command.main(arguments)
    data = (build / "fs/fuse/toy.gcda").read_bytes()
    (run / "coverage.hex").write_text(f"/built/elsewhere/fs/fuse/toy.gcda 0 {data.hex()}\n" * 2)
    assert command.main([*arguments, "--part"]) == 0
    report = (run / "coverage.md").read_text()
    assert "| fs/fuse/toy.c | " in report
    assert "| 2/3 (66 %) |" in report
    assert "| never | 0/2 (0 %) | 0 |" in report
    assert "| 2 |\n| never" in report  # two boots called odd()
    assert "odd:\n     4 \t\treturn 1;\nnever:\n     8 int never(int n)\n    10 \treturn odd(n) ? n : -n;\n```" in report
    (run / "coverage.hex").write_text(f"/built/elsewhere/fs/fuse/other.gcda 0 {data.hex()}\n")
    with pytest.raises(Failure, match="no other.gcno in .*: it is not of this kernel"):
        command.main(arguments)


@pytest.mark.skipif(not shutil.which("gcov"), reason="no gcov")
def test_a_run_fails_without_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build, run, page = tmp_path / "build", tmp_path / "run", tmp_path / "COVERAGE.md"
    run.mkdir()
    build_toy(build)
    (run / "coverage.hex").write_text(f"/b/fs/fuse/toy.gcda 0 {(build / 'fs/fuse/toy.gcda').read_bytes().hex()}\n")
    arguments = [str(run), str(build), str(page)]

    page.write_text("## fs/fuse/toy.c\n\n| `odd()` | `if (n % 2)` | even numbers only |\n")
    assert command.main(arguments) == 1
    assert capsys.readouterr().out == "coverage: 2 lines or outcomes were not executed, and cases/COVERAGE.md does not say why\n"
    report = (run / "coverage.md").read_text()
    assert "## fs/fuse/toy.c: without a reason in cases/COVERAGE.md" in report
    assert "explained:\n\n```\nnever:\n     8 int never(int n)\n    10 \treturn odd(n) ? n : -n;\n```" in report

    rows = ["| `odd()` | `if (n % 2)` | even |", "| `never()` | all | of no use |", "| `main()` | `return odd(2)` | x |", "| `odd()` | `n % 3` | y |"]
    page.write_text("\n".join(["## fs/fuse/toy.c", *rows]))
    assert command.main(arguments) == 0
    report = (run / "coverage.md").read_text()
    assert "without a reason" not in report
    assert report.endswith("does not need\n\n- line 4: executed: main: return odd(2)\n- line 5: not in fs/fuse/toy.c: n % 3\n")

    page.write_text("## Left out\n\n| fs/fuse/toy.c, fs/fuse/other.c | a toy |\n")
    assert command.main(arguments) == 0

    page.write_text("\n".join(["## In every file", "| `if (n`, `odd(n)` | constant |"]))
    assert command.main(arguments) == 1
    assert "without a reason in cases/COVERAGE.md\n\nLines neither executed nor explained:\n\n```\nodd:\n     4 " in (run / "coverage.md").read_text()


@pytest.mark.skipif(not shutil.which("gcov"), reason="no gcov")
def test_each_outcome_is_asked_of_some_files(tmp_path: Path) -> None:
    build, run, page = tmp_path / "build", tmp_path / "run", tmp_path / "COVERAGE.md"
    run.mkdir()
    build_toy(build, ONE_OUTCOME)
    (run / "coverage.hex").write_text(f"/b/fs/fuse/toy.gcda 0 {(build / 'fs/fuse/toy.gcda').read_bytes().hex()}\n")
    arguments = [str(run), str(build), str(page)]

    page.write_text("")
    assert command.main(arguments) == 0
    page.write_text("## Every outcome\n\n| fs/fuse/toy.c | it is about this |\n")
    assert command.main(arguments) == 1
    assert "Lines neither executed nor explained:\n\n```\nmain:\n     6 \tif (n > 1)\n```" in (run / "coverage.md").read_text()


NESTED = """static struct a *
first(int x)
{
	if (x ||
	    y) {
		call();
		if (z)
			other();
	}
	return 0;
out:
	put();
	return 1;
}
MACRO(first);

int second(int x) { return 0; }

/* A comment. */
int third(int x)
{
	call();
}
""".splitlines()


def test_functions_of_a_source() -> None:
    assert [(f.name, f.first, f.last) for f in coverage_reasons.functions(NESTED)] == [("first", 1, 14), ("third", 20, 23)]


@pytest.mark.parametrize(
    "text, counts, lines",
    [
        ("if (x ||", {4: 1, 6: 0, 8: 0}, {4, 5, 6, 7, 8}),
        ("if (x ||", {4: 1, 5: 1, 6: 0}, {4}),
        ("y) {", {4: 1, 6: 0, 8: 0}, {5, 6, 7, 8}),
        ("if (z)", {6: 1, 8: 0}, {7, 8}),
        ("if (x ||", {6: 0, 7: 1}, {4, 5, 6}),
        ("out:", {12: 0, 13: 0}, {11, 12, 13}),
        ("call()", {}, {6}),
    ],
)
def test_a_reason_holds_for_the_block_of_its_line(text: str, counts: dict[int, int], lines: set[int]) -> None:
    assert coverage_reasons.explained(coverage_reasons.Reason(1, ("first",), (text,), "why"), NESTED, counts) == lines


def test_a_reason_for_all_of_several_functions() -> None:
    reason = coverage_reasons.Reason(1, ("first", "third"), (), "why")
    assert coverage_reasons.explained(reason, NESTED, {}) == {*range(1, 15), *range(20, 24)}


def test_rows_of_the_page() -> None:
    page = coverage_reasons.read(
        [
            "# Coverage",
            "Measured on Linux 7.3.4, with Linux 1.0.",
            "## fs/a.c",
            "| function | line | why |",
            "|---|---|---|",
            "| `f()`, `g()` | `a \\| b`, `c` | no memory |",
            "| `h()` | all | not called |",
            "## Left out",
            "| file | why |",
            "| fs/b.c, fs/c.c | no passthrough |",
            "## Every outcome",
            "| fs/d.c | passthrough alone |",
        ]
    )
    assert page.version == "7.3.4"
    assert (page.left_out, page.every_outcome) == ({"fs/b.c", "fs/c.c"}, {"fs/d.c"})
    assert page.files == {"fs/a.c": [coverage_reasons.Reason(6, ("f", "g"), ("a | b", "c"), "no memory"), coverage_reasons.Reason(7, ("h",), (), "not called")]}
    assert list(coverage_reasons.unknown(coverage_reasons.Reason(1, ("first", "none"), ("put()", "get()"), ""), NESTED)) == ["none()", "get()"]


CHECKOUT = Path(__file__).parents[3]


def test_the_page_names_what_exists() -> None:
    page = coverage_reasons.read((CHECKOUT / "cases/COVERAGE.md").read_text().splitlines())
    trees = [tree for tree in kernel_trees() if tree.name == page.version or tree.name.startswith(page.version + "-")]
    if not trees:
        pytest.skip(f"no source of Linux {page.version} (scripts/debian-source.sh {page.version} fetches it)")
    missing = [name for name in (*page.files, *page.left_out, *page.every_outcome) if not (trees[0] / name).is_file()]
    for path, reasons in page.files.items():
        text = (trees[0] / path).read_text().splitlines()
        missing += [f"COVERAGE.md:{reason.row}: {path}: {part}" for reason in reasons for part in coverage_reasons.unknown(reason, text)]
    assert not missing


def kernel_trees() -> list[Path]:
    cache = Path(os.environ.get("FPT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fuse-passthrough-tests")
    return sorted((cache / "sources").glob("[0-9]*"))
