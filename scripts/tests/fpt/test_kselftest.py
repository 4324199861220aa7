# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt import kselftest
from fpt.failure import Failure
from fpt.kernel_contract import KernelContract, Section
from fpt.kselftest import FOLDER, MAINTAINERS, TARGETS
from fpt.series import section_changelog

_CONTRACT = """\
const struct promise contract[] = {
	{ "E", "Dropping an ID: early", .ref = NULL },
	{ "E1", "early fails",
	  "fs/fuse/a.c: a()", .basis = "open(2)" },

	{ "F", "libfuse", .ref = NULL },
	{ "F1", "a library's",
	  "libfuse", .basis = "b" },

	{ "E", "More of that", .ref = NULL },
	{ "E2", "late works",
	  "fs/fuse/a.c: a()", .today = "nobody says so" },
	{ 0 },
};
"""


def _contract(folder: Path, **programs: str) -> KernelContract:
    (folder / "contract.c").write_text(_CONTRACT)
    for name, promises in programs.items():
        (folder / f"{name}.c").write_text("".join(f'.promise = "{promise}"' for promise in promises.split()))
    return KernelContract(folder)


def test_sections_are_the_kernels_with_the_programs_that_test_most_of_them(tmp_path: Path) -> None:
    contract = _contract(tmp_path, drop="E1 F1 E2", library="F1")
    promises = (("E1", "early fails", True), ("E2", "late works", False))
    assert contract.sections() == [Section("E", "Dropping an ID: early", promises, ("drop",))]


def test_source_is_the_contract_without_other_sections(tmp_path: Path) -> None:
    start, rest = _CONTRACT.split('\t{ "F"')
    assert _contract(tmp_path).source == start + rest[rest.index('\t{ "E"') :]


def test_changelog_of_a_section(tmp_path: Path) -> None:
    (section,) = _contract(tmp_path, drop="E1").sections()
    assert section_changelog(section) == (
        "selftests/fuse_passthrough: test dropping an ID\n\n"
        "Test section E of the contract, Dropping an ID: early.\n\n"
        "What must be kept:\n  E1: early fails\n\n"
        "What is only so today:\n  E2: late works\n"
    )


def _tree(folder: Path, maintainers: str, targets: str) -> Path:
    (folder / TARGETS).parent.mkdir(parents=True)
    (folder / MAINTAINERS).write_text(maintainers)
    (folder / TARGETS).write_text(targets)
    return folder


def test_lines_of_a_tree_that_does_not_know_passthrough(tmp_path: Path) -> None:
    tree = _tree(
        tmp_path,
        "FUSE\nF:\tfs/fuse/\nF:\tinclude/uapi/linux/fuse.h\n\nFUTEX\nF:\tkernel/futex/\n",
        "TARGETS += fchmodat2\nTARGETS += filesystems\nTARGETS += filesystems/fat\nTARGETS += filesystems/xattr\n",
    )
    assert kselftest.with_lines(tree) == {
        MAINTAINERS: f"FUSE\nF:\tfs/fuse/\nF:\tinclude/uapi/linux/fuse.h\nF:\t{FOLDER}/\n\nFUTEX\nF:\tkernel/futex/\n",
        TARGETS: "TARGETS += fchmodat2\nTARGETS += filesystems\nTARGETS += filesystems/fat\n"
        "TARGETS += filesystems/fuse_passthrough\nTARGETS += filesystems/xattr\n",
    }


def test_a_tree_without_fuse(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no entry of fs/fuse/"):
        kselftest.with_lines(_tree(tmp_path, "FUTEX\n", "TARGETS += filesystems\n"))


def test_programs_are_ignored() -> None:
    files = dict.fromkeys(
        (
            "cases/contract.c",
            "cases/drop.c",
            "fixtures/programs/idle.c",
            "fixtures/servers/raw/raw.c",
            "fixtures/servers/raw/variant.c",
            "fixtures/servers/raw/variant_uring.c",
        ),
        "",
    )
    ignored = kselftest.with_gitignore(files)[".gitignore"].splitlines()[1:]
    assert ignored == ["/drop", "/idle", "/obj/", "/raw", "/raw-uring"]


def test_sizes() -> None:
    assert kselftest.sizes({"config": "1\n", "cases/a.c": "1\n2\n"}) == "2 files, 3 lines: build 1, cases 2"
