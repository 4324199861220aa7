# SPDX-License-Identifier: GPL-2.0
"""scripts/report.sh: README.md of results, and a page of them."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path

from .. import programs, store
from ..arguments import Parser
from ..failure import Failure
from ..report import evidence, markdown, page, runs
from ..report.matrix import Matrix

_CHECKOUT = Path(__file__).resolve().parents[3]


def _parser() -> Parser:
    parser = Parser(
        "report",
        """\
Writes DIR/README.md, a summary of all results in DIR and of those of external file systems in
DIR/external, and optionally a page with every case on
every kernel. Titles and promises are those of the built programs.""",
        """\
OUTPUT           build directory (default: build)

Exit status: 0 written (--check: equal), 1 failed (--check: different, prints the
difference) or wrong use.""",
    )
    parser.add_argument(
        "--results", metavar="DIR", default=_CHECKOUT / "results", type=Path, help="the results (default: results)"
    )
    parser.add_argument("--html", metavar="FILE", help="also write FILE, a self-contained HTML page")
    parser.add_argument(
        "--runs",
        metavar="DIR",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        help="run directories (of run.sh or vm.sh), for the page: the evidence of each case that did not pass"
        " there, if --results has the same result, and durations (of the last run that has one)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, but compare DIR/README.md with what would be written"
    )
    return parser


def _write(path: Path, text: str, otherwise: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Failure(f"cannot write {path}: {otherwise}") from error


def _check(path: Path, text: str) -> None:
    old = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    if old == text:
        return
    lines = difflib.unified_diff(old.splitlines(True), text.splitlines(True), str(path), "what would be written")
    sys.stdout.writelines(lines)
    raise Failure(f"{path} is out of date: run scripts/report.sh")


def _matrix(folder: str, results: store.Store) -> Matrix:
    """FOLDER: of the built programs."""
    path = Path(os.environ["OUTPUT"]) / folder
    return Matrix(programs.promises(path), programs.cases(path), results, os.environ["made_servers"].split())


def main(arguments: list[str]) -> int:
    parser = _parser()
    options = parser.parse(arguments)
    if options.html == "":
        parser.error("--html needs a value")
    if options.runs and not options.html:
        raise Failure("--runs is for the page: give --html FILE too")
    if options.html and Path(options.html).is_dir():
        raise Failure(f"--html {options.html} is a directory: give a FILE")
    if options.html and options.check:
        raise Failure("--check writes nothing: omit --html")

    try:
        results = store.load(options.results) if options.results.is_dir() else None
        if not results or not results.pairs:
            raise Failure(f"no results in {options.results}: give --results DIR")
        matrix = _matrix("cases", results)
        external = options.results / "external"
        readme = markdown.text(matrix)
        if external.is_dir():
            readme += markdown.of_external(_matrix("external", store.load(external)))
        if options.html:
            content = page.text(matrix, evidence.collect(options.runs, results), runs.seconds(options.runs))
            _write(Path(options.html), content, "give another --html FILE")
    except store.NotAResult as error:
        raise Failure(str(error)) from error
    if options.check:
        _check(options.results / "README.md", readme)
    else:
        _write(options.results / "README.md", readme, "are the permissions right?")
    return 0
