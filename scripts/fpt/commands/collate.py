# SPDX-License-Identifier: GPL-2.0
"""fpt collate: the results of a run, of what it left in its directory."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TextIO

from .. import advice, collate, expectations, outputs, summary
from ..arguments import Parser
from ..failure import Failure
from ..writers import run_json, tsv

_DESCRIPTION = """\
Makes RUN_DIR/results/KERNEL/<server>.tsv, RUN_DIR/run.json and RUN_DIR/kernel.log from
what a run left in RUN_DIR: cases.tsv, status.tsv, ktap/, evidence/ and kmsg; also
known_reports.tsv (kernel reports that cases declare), deaths.tsv (of virtual machines),
stopped (the run ended at its first failure) and config (of the kernel), if they exist.
Prints the summary."""
_EPILOG = """\
RERUN      how a case is run again: lines of server, tab, command up to the case's name
FPT_FAULT  the deliberate fault that the run had; with one, no failure names a suspect
FPT_MOUNT  set if the run is of an external file system: makes RUN_DIR/advice for its author

Exit status: 0 passed, 1 failed or wrong use, 2 a file of the run cannot be read,
4 nothing executed."""


def _parser() -> Parser:
    parser = Parser("collate", _DESCRIPTION, _EPILOG)
    parser.add_argument("--verbose", action="store_true", help="list each case that was skipped or failed as expected, and the slowest")
    parser.add_argument("--fact", action="append", default=[], metavar="KEY=VALUE",
                        help="for run.json: kernel_release, arguments, ...; started is in seconds since the epoch")
    parser.add_argument("--expect", metavar="FILE", help="what is expected: what fits does not make the run fail")
    parser.add_argument("--part", action="store_true", help="cases were selected: no expectation is stale without one")
    outputs.add_options(parser)
    parser.add_argument("run_dir", nargs="?", metavar="RUN_DIR")
    parser.add_argument("kernel", nargs="?", metavar="KERNEL", help="names the folder of the results")
    parser.add_argument("servers", nargs="*", metavar="SERVER")
    return parser


def main(arguments: list[str]) -> int:
    given = _parser().parse(arguments)
    if not given.servers:
        raise Failure("give a run directory, a kernel and servers, see --help")
    facts = dict(_pair(fact, "=") for fact in given.fact)
    started = float(facts.pop("started", 0))
    run = collate.read(
        given.run_dir,
        given.kernel,
        given.servers,
        fault=os.environ.get("FPT_FAULT", ""),
        external=bool(os.environ.get("FPT_MOUNT")),
        rerun=dict(_pair(line, "\t") for line in os.environ.get("RERUN", "").splitlines()),
        environment=facts,
    )
    if started:
        run.started, run.seconds = started, time.time() - started
    deviations: list[str] = []
    if given.expect:
        found = expectations.apply(run, expectations.read(Path(given.expect)), not given.part and not run.not_run)
        if run.not_run and not run.failed:
            run.failures.append("stopped early, but all failures are expected: run again without --fail-fast")
        deviations = list(expectations.summary(found, Path(given.expect).name))
    folder = Path(run.directory, "results", run.kernel)
    folder.mkdir(parents=True, exist_ok=True)
    for server in run.servers:
        with _open(folder / f"{server.name}.tsv") as out:
            tsv.write(server, out)
    with _open(Path(run.directory, "run.json")) as out:
        run_json.write(run, out)
    if run.external:
        with _open(Path(run.directory, "advice")) as out:
            advice.write(run.servers[0], out)
    outputs.write(given, run)
    summary.write(run, sys.stdout, given.verbose, deviations)
    return run.status


def _pair(text: str, separator: str) -> tuple[str, str]:
    key, _, value = text.partition(separator)
    return key, value


def _open(path: Path) -> TextIO:
    return open(path, "w", encoding="utf-8", errors="replace")
