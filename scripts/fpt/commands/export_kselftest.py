# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import difflib
import sys
from pathlib import Path

from .. import series
from ..arguments import Parser
from ..failure import Failure
from ..kselftest import FOLDER, MAINTAINERS, TARGETS, Kselftest, sizes, with_lines

_CHECKOUT = Path(__file__).resolve().parents[3]


def _parser() -> Parser:
    parser = Parser(
        "export-kselftest",
        f"""\
Writes the suite as a kselftest into the source tree of a kernel, as the directory
{FOLDER}: harness, cases of what the kernel
promises, what they stand on, and the raw servers. Prints a patch with its lines of MAINTAINERS
and of the selftests' Makefile, and on standard error how large it is:

  scripts/export-kselftest.sh ~/linux | patch -d ~/linux -p1""",
        """\
Exit status: 0 written, 1 not written.""",
    )
    parser.add_argument("tree", metavar="TREE", help="source tree of a kernel, 6.12 or newer")
    parser.add_argument(
        "--series",
        metavar="DIR",
        type=Path,
        help="leave the tree as it is; write the patch series that one would send, for git am, "
        "to a directory that is empty or new: server, harness, clients, world, then the cases, "
        "section by section of the contract, and a cover letter. It needs git with user.name "
        "and user.email, which sign it off",
    )
    return parser


def main(arguments: list[str]) -> int:
    given = _parser().parse(arguments)
    tree, output = Path(given.tree), given.series
    if not all((tree / name).is_file() for name in (MAINTAINERS, TARGETS)):
        raise Failure(f"{tree} is not the source tree of a kernel")
    if (tree / FOLDER).exists():
        raise Failure(f"{tree / FOLDER} exists: remove it first")
    kselftest = Kselftest(_CHECKOUT)
    if output:
        _write_series(kselftest, tree, output)
    else:
        series.write_files(tree / FOLDER, kselftest.all())
        _print_lines(tree)
        _say(f"{tree / FOLDER}: {sizes(kselftest.all())}")
    return 0


def _say(text: str) -> None:
    print(f"export-kselftest.sh: {text}", file=sys.stderr)


def _write_series(kselftest: Kselftest, tree: Path, output: Path) -> None:
    if output.exists() and any(output.iterdir()):
        raise Failure(f"{output} is not empty: give a new directory")
    patches = series.write(series.Series(kselftest, _CHECKOUT / "scripts/kselftest/changelogs"), tree, output)
    _say(f"{output}: {len(patches) - 1} patches and a cover letter")


def _print_lines(tree: Path) -> None:
    for name, text in with_lines(tree).items():
        old = (tree / name).read_text().splitlines(True)
        sys.stdout.writelines(difflib.unified_diff(old, text.splitlines(True), f"a/{name}", f"b/{name}"))
