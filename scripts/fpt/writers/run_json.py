# SPDX-License-Identifier: GPL-2.0
"""The whole run as JSON, as run.schema.json says. A case is one line, so that text tools find it."""

from __future__ import annotations

import json
import time
from typing import Any, TextIO

from .. import findings
from ..findings import Finding
from ..model import Case, Expected, Result, Run, Server
from ..outcome import Outcome

SCHEMA_VERSION = 1  # the policy is in scripts/README.md
_NUMBERS = ("fuse_protocol_minor",)


def write(run: Run, out: TextIO) -> None:
    head = json.dumps(_about(run), indent=2, ensure_ascii=False)
    out.write(head.removesuffix("\n}") + ',\n  "cases": [')
    separator = "\n"
    for case in run.cases:
        out.write(f"{separator}    {json.dumps(_case(run, case), ensure_ascii=False)}")
        separator = ",\n"
    out.write("\n  ]\n}\n")


def _about(run: Run) -> dict[str, Any]:
    about: dict[str, Any] = {"schema": SCHEMA_VERSION, "kernel": run.kernel}
    if run.started:
        about["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.started))
        about["seconds"] = round(run.seconds, 3)
    for key, value in sorted(run.environment.items()):
        about[key] = int(value) if key in _NUMBERS else value
    if run.fault:
        about["fault"] = run.fault
    about.update(
        external=run.external,
        status=run.status,
        counts=dict(
            passed=run.passed,
            xfail=run.known_failures,
            xpass=run.unexpected_passes,
            changed=run.changed,
            failed=run.failed,
            skipped=run.skipped,
            not_run=run.not_run,
        ),
        failures=run.failures,
        kernel_log_records_lost=run.records_lost,
        reports_of_others=run.reports_of_others,
        reports_known=[dict(promise=promise, report=report) for promise, report in run.reports_known],
        reports_unknown=run.reports_unknown,
        servers={server.name: _server(run, server) for server in run.servers},
    )
    return about


def _server(run: Run, server: Server) -> dict[str, Any]:
    counts = {outcome.value: server.count(outcome) for outcome in Outcome}
    about = dict(
        library=server.library,
        version=server.version,
        over_io_uring=server.over_io_uring,
        counts=_some(counts),
        programs=server.status,
        findings=[_finding(finding) for finding in findings.of(server)] if run.external else [],
    )
    return _some(about)


def _finding(finding: Finding) -> dict[str, Any]:
    about = dict(
        cause=finding.cause,
        kinds=finding.kinds,
        change=finding.change,
        shell=finding.shell,
        cases=[result.case.name for result in finding.results],
    )
    return _some(about)


def _case(run: Run, case: Case) -> dict[str, Any]:
    results = {server.name: server.results.get(case.name) for server in run.servers}
    about = dict(
        name=case.name,
        program=case.program,
        promise=case.promise,
        level=case.level,
        since=case.since,
        needs=case.needs,
        abilities=case.abilities,
        title=case.title,
    )
    return {**_some(about), "results": {server: _result(result) for server, result in results.items() if result}}


def _result(result: Result) -> dict[str, Any]:
    ended = {} if result.seconds is None else dict(seconds=result.seconds)
    about = dict(
        observed=result.observed,
        requests=result.requests,
        reason=result.reason,
        changes=[dict(what=change.what, got=change.got, wanted=change.wanted) for change in result.changes],
        hints=result.hints,
        advice=result.advice,
        shell=result.shell,
        reports=result.reports,
        kernel_died=result.kernel_died,
        suspect=result.suspect and result.suspect.value,
        expected=result.expected and _expected(result.expected),
    )
    return {"outcome": result.outcome.value, **ended, **_some(about)}


def _expected(expected: Expected) -> dict[str, Any]:
    about = dict(place=expected.place, outcome=expected.outcome, reason=expected.reason)
    return {**_some(about), "met": expected.met}


def _some(members: dict[str, Any]) -> dict[str, Any]:
    """Without the members that say nothing."""
    return {key: value for key, value in members.items() if value}
