# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fpt import coverage
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


def build_toy(folder: Path) -> str:
    """Compiles and runs a program with counters; the configuration of a kernel of this compiler."""
    (folder / "fs/fuse").mkdir(parents=True)
    (folder / "fs/fuse/toy.c").write_text(TOY)
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
    with pytest.raises(Failure, match="no guest sent counters"):
        command.main([str(run), str(build)])
    data = (build / "fs/fuse/toy.gcda").read_bytes()
    (run / "coverage.hex").write_text(f"/built/elsewhere/fs/fuse/toy.gcda 0 {data.hex()}\n" * 2)
    assert command.main([str(run), str(build)]) == 0
    report = (run / "coverage.md").read_text()
    assert "| fs/fuse/toy.c | " in report
    assert "| 2/3 (66 %) |" in report
    assert "| never | 0/2 (0 %) | 0 |" in report
    assert "| 2 |\n| never" in report  # two boots called odd()
    assert "odd:\n     4 \t\treturn 1;\nnever:\n     8 int never(int n)\n    10 \treturn odd(n) ? n : -n;\n```" in report
    (run / "coverage.hex").write_text(f"/built/elsewhere/fs/fuse/other.gcda 0 {data.hex()}\n")
    with pytest.raises(Failure, match="no other.gcno in .*: it is not of this kernel"):
        command.main([str(run), str(build)])
