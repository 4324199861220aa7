# SPDX-License-Identifier: GPL-2.0
"""One KTAP document of the whole run: servers, their programs, and the cases of these.

kunit.py gives diagnostic lines to the result that follows them, TAP to the one before. So a case that
failed is a subtest with a single result, and its text stands between that and the result of the case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, TextIO

from .. import reasons
from ..model import Result, Run, Server
from ..outcome import Outcome
from . import explain

_VERSION = "KTAP version 1"
_ERRORS = frozenset((Outcome.BROKEN, Outcome.CRASH, Outcome.INCOMPLETE))


@dataclass
class _Test:
    name: str
    ok: bool = True
    directive: str = ""
    subtests: list[_Test] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def _with_time(directive: str, seconds: Optional[float]) -> str:
    if seconds is None:
        return directive
    time = f"time={seconds * 1000:.0f}ms"
    return f"{directive} {time}" if directive else time


def _directive(result: Result) -> str:
    outcome = result.outcome
    if result.skipped:
        return f"SKIP {outcome.skip_class}: {reasons.Skip(outcome, result.reason).short}"
    if result.known_failure:
        return f"XFAIL {result.known_reason}".rstrip()
    if result.changed:
        return f"XFAIL changed: {result.reason}"
    if result.unexpected_pass:
        return f"XPASS {result.reason}".rstrip()
    if outcome is Outcome.TIMEOUT:
        return "TIMEOUT"
    return f"ERROR {outcome.value}" if outcome in _ERRORS else ""


def _failed(name: str, word: str, text: list[str], directive: str = "") -> _Test:
    return _Test(name, False, directive, [_Test(f"{name}.{word}", False)], text)


def _case(run: Run, result: Result) -> _Test:
    name = result.case.name
    directive = _directive(result)
    if not result.skipped:
        directive = _with_time(directive, result.seconds)
    if result.failed:
        return _failed(name, explain.failure(result), explain.lines(run, result), directive)
    return _Test(name, directive=directive)


def _group(name: str, subtests: list[_Test]) -> _Test:
    """A test of others: failed if one of them failed, skipped if all of them were."""
    skips = {test.directive for test in subtests if test.directive.startswith("SKIP ")}
    all_skipped = all(test.directive.startswith("SKIP ") for test in subtests)
    directive = ""
    if all_skipped:
        directive = skips.pop() if len(skips) == 1 else "SKIP for several reasons"
    return _Test(name, all(test.ok for test in subtests), directive, subtests)


def _server(run: Run, server: Server) -> _Test:
    programs = explain.by_program(server).items()
    return _group(
        server.name, [_group(name, [_case(run, result) for result in results]) for name, results in programs]
    )


def _outside(failures: list[str]) -> _Test:
    return _group("run", [_failed(f"failure_{n}", "fail", [text]) for n, text in enumerate(failures, 1)])


def _head(run: Run) -> list[str]:
    """Before the first result, where no reader takes it for a part of one."""
    lines = [f"{key}: {value}" for key, value in explain.facts(run).items()]
    lines.append(f"{explain.totals(run)}, {explain.further_totals(run)}")
    if run.not_run:
        lines.append(f"stopped at the first failure, cases that were not run: {run.not_run}")
    skips = {reasons.Skip(result.outcome, result.reason) for result in run.results() if result.skipped}
    remedies = sorted(f"  {skip.outcome.skip_class}: {skip.short}: {skip.remedy}" for skip in skips if skip.remedy)
    return lines + ["skipped, and the remedies:", *remedies] if remedies else lines


def _write(tests: list[_Test], head: list[str], indent: str, out: TextIO) -> None:
    out.write(f"{indent}{_VERSION}\n")
    for line in head:
        out.write(f"{indent}# {line}\n")
    out.write(f"{indent}1..{len(tests)}\n")
    for number, test in enumerate(tests, 1):
        if test.subtests:
            _write(test.subtests, [f"Subtest: {test.name}"], indent + "  ", out)
        for line in test.text:
            out.write(f"{indent}#   {line}\n")
        directive = f" # {test.directive}" if test.directive else ""
        out.write(f"{indent}{'ok' if test.ok else 'not ok'} {number} {test.name}{directive}\n")


def write(run: Run, out: TextIO) -> None:
    tests = [_server(run, server) for server in run.servers if server.results]
    if run.failures:
        tests.append(_outside(run.failures))
    _write(tests, _head(run), "", out)
