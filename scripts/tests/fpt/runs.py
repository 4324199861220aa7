# SPDX-License-Identifier: GPL-2.0
"""Runs that tests of writers share; as a program, writes every output of one to files in a directory."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Callable

from fpt.model import Case, Expected, Result, Run, Server, Suspect
from fpt.outcome import Outcome
from fpt.writers import github, junit, kcidb, ktap

KERNEL = "7.3.4"
WARNING = "kernel log: WARNING: at fs/fuse/iomode.c:22 fuse_file_io_open+0x../0x.."

# The three failures that a reader of any output has to find under their own names.
WRONG_CONTENT = "drop.late.io_continues_after_drop"
SERVER_CRASH = "drop.late.next_open_eio"
KERNEL_WARNING = "io_mode.cached.open_eio"


def result(server: str, name: str, outcome: Outcome, reason: str = "", **more: object) -> Result:
    case = Case(name.partition(".")[0], name, promise="E3", title=f"title of {name} | <b>")
    found = Result(case, server, outcome, reason, seconds=0.0123)
    for key, value in more.items():
        setattr(found, key, value)
    return found


def server_of(name: str, *results: Result) -> Server:
    return Server(name, name.partition("-")[0], "1.0", results={found.case.name: found for found in results})


def run_of(*servers: Server) -> Run:
    cases = {found.case.name: found.case for server in servers for found in server.results.values()}
    return Run(
        KERNEL,
        list(cases.values()),
        list(servers),
        directory="runs/1",
        rerun={server.name: f"run.sh --server {server.name} --filter" for server in servers},
        started=1700000000.5,
        seconds=12.5,
        environment={"kernel_release": "7.3.4-amd64", "kernel_config_sha256": "ab" * 32, "suite_version": "1.0"},
    )


def three_failures() -> Run:
    return run_of(
        server_of(
            "raw",
            result("raw", "drop.early.before_reply_eio", Outcome.PASS),
            result(
                "raw",
                WRONG_CONTENT,
                Outcome.FAIL,
                'backing file f: got "ab", wanted "gh"',
                details=(
                    'drop.c:72: backing file f: got "ab", wanted "gh"',
                    f"E3: title of {WRONG_CONTENT} | <b>",
                    "steps:",
                    "   1. client0: open f = 3",
                    "ok 1 not a result",
                ),
                suspect=Suspect.KERNEL,
                hints=("fixed by 0123456789ab (fuse: do it right)",),
            ),
            result("raw", SERVER_CRASH, Outcome.CRASH, "the server was ended by signal 11", seconds=None),
            result("raw", "drop.late.after", Outcome.PASS),
            result("raw", KERNEL_WARNING, Outcome.FAIL, reports=(WARNING,), suspect=Suspect.KERNEL),
            result("raw", "io_mode.late.last", Outcome.PASS),
        )
    )


def every_outcome() -> Run:
    """Also a server and a program that cannot run, and failures outside of any case."""
    remedy = "no lockdep (set CONFIG_PROVE_LOCKING=y, as scripts/kernel.sh debug does)"
    outcomes = [
        result("libfuse-3.18.3", f"drop.{outcome.name.lower()}.case", outcome, remedy if outcome.skipped else "reason #1")
        for outcome in Outcome
    ]
    off = "FUSE over io_uring is disabled (give --enable-uring; needs Linux 6.14)"
    names = [found.case.name for found in outcomes]
    run = three_failures()
    run.servers += [
        server_of(
            "libfuse-3.18.3",
            *outcomes,
            *(result("libfuse-3.18.3", f"go_fuse_api.a.{n}", Outcome.SKIP_LIBRARY, "no go") for n in range(3)),
            result("libfuse-3.18.3", "drop.not_listed.case", Outcome.PASS, seconds=None),
        ),
        server_of("raw-uring", *(result("raw-uring", name, Outcome.SKIP_CONFIG, off, seconds=None) for name in names)),
    ]
    run.rerun["libfuse-3.18.3"] = "run.sh --server libfuse --filter"
    run.failures = ["kernel log: BUG: KASAN: slab-use-after-free in fuse_backing_free+0x../0x..", "gamma on raw: killed"]
    run.not_run = 2
    return run


def expecting() -> Run:
    """With --expect: on raw every outcome is as expected, on libfuse every one deviates."""
    bug = "https://bugs.example.org/1"

    def results(server: str, met: bool) -> list[Result]:
        return [
            result(server, f"drop.{outcome.name.lower()}.case", outcome, "reason",
                   expected=Expected("mine:3", outcome.value if met else "timeout,fail", bug, met))
            for outcome in Outcome if met or outcome not in (Outcome.TIMEOUT, Outcome.FAIL)
        ]

    return run_of(server_of("raw", *results("raw", True)), server_of("libfuse", *results("libfuse", False)))


WRITERS: dict[str, Callable[..., None]] = {
    "ktap": ktap.write, "junit": junit.write, "kcidb": kcidb.write, "github": github.write
}


def written(name: str, run: Run, **settings: str) -> str:
    out = io.StringIO()
    WRITERS[name](run, out, **settings)
    return out.getvalue()


def main() -> None:
    directory = Path(sys.argv[1])
    for run, suffix in ((every_outcome(), ""), (expecting(), ".expecting")):
        for name in WRITERS:
            (directory / f"{name}{suffix}").write_text(written(name, run), encoding="utf-8")
        numbers = f"passed: {run.passed + run.known_failures + run.changed}, failed: {run.failed}, skipped: {run.skipped}"
        (directory / f"totals{suffix}").write_text(f"{numbers}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
