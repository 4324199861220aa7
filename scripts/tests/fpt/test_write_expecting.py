# SPDX-License-Identifier: GPL-2.0
"""What the writers make of results that are as --expect says, and of those that deviate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import runs
from fpt.markdown import plain
from fpt.outcome import Outcome
from fpt.writers import explain, github

BUG = "https://bugs.example.org/1"
DEVIATES = f"expected timeout,fail (mine:3: {BUG})"
SCHEMA = json.loads((Path(__file__).parent.parent / "data/formats/kcidb-5.3.json").read_text())
FAILED = [outcome for outcome in Outcome if outcome.failed]
DEVIATING = [outcome for outcome in Outcome if outcome not in (Outcome.TIMEOUT, Outcome.FAIL)]


def name_of(outcome: Outcome) -> str:
    return f"drop.{outcome.name.lower()}.case"


def test_each_result_counts_once() -> None:
    run = runs.expecting()
    raw, libfuse = run.servers
    assert (raw.passed, raw.failed, raw.skipped, raw.known_failures, raw.unexpected_passes) == (2, 0, 5, 6, 1)
    assert (raw.changed, libfuse.changed) == (1, 0)
    assert (libfuse.passed, libfuse.failed, libfuse.skipped, libfuse.known_failures, libfuse.unexpected_passes) == (
        0, len(DEVIATING), 0, 0, 0)
    assert run.status == 1


def test_the_headline_names_the_line() -> None:
    _, libfuse = runs.expecting().servers
    headlines = {result.outcome: explain.headline(result) for result in libfuse.results.values()}
    assert headlines[Outcome.PASS] == f"pass, {DEVIATES}: reason"
    assert headlines[Outcome.CRASH] == f"crash, {DEVIATES}: reason"


def test_ktap() -> None:
    lines = [line.strip() for line in runs.written("ktap", runs.expecting()).splitlines()]
    known = [line for line in lines if line.startswith("ok") and f"# XFAIL {BUG} time=12ms" in line]
    assert [line.split()[2] for line in known] == [name_of(outcome) for outcome in FAILED]
    for word in ("pass", "xfail", "xpass", "changed", "skip_kernel"):
        assert f"not ok 1 drop.{word}.case.deviates" in lines
    (deviating,) = (line for line in lines if line.startswith("not ok") and "drop.skip_kernel.case # " in line)
    assert deviating.endswith("# time=12ms")
    assert f"#   pass, {DEVIATES}: reason" in lines
    assert "# 2 passed, 12 failed, 5 skipped, 6 failed as expected, 1 changed, not promised" in lines


def test_junit() -> None:
    suites = ElementTree.fromstring(runs.written("junit", runs.expecting())).findall("testsuite")
    raw, libfuse = ({case.attrib["name"]: list(case) for case in suite.findall("testcase")} for suite in suites)
    for outcome in FAILED:
        (verdict,) = raw[name_of(outcome)]
        assert (verdict.tag, verdict.attrib["message"]) == ("skipped", f"xfail: {BUG}")
    assert raw[name_of(Outcome.XPASS)] == []
    assert {case: verdict.tag for case, (verdict,) in libfuse.items()} == {
        name_of(outcome): "error" if outcome in (Outcome.BROKEN, Outcome.INCOMPLETE) else "failure" for outcome in DEVIATING}
    (verdict,) = libfuse[name_of(Outcome.PASS)]
    assert (verdict.attrib["type"], verdict.attrib["message"]) == ("deviates", f"pass, {DEVIATES}: reason")


def test_kcidb() -> None:
    found: Any = json.loads(runs.written("kcidb", runs.expecting()))
    jsonschema.validate(found, SCHEMA)
    tests = {test["path"].partition(".")[2]: test for test in found["tests"]}
    subjects = {issue["id"]: issue["report_subject"] for issue in found["issues"]}
    incidents = {incident["test_id"]: incident for incident in found["incidents"]}
    for outcome in FAILED:
        incident = incidents[tests[f"raw.{name_of(outcome)}"]["id"]]
        assert (subjects[incident["issue_id"]], incident["present"]) == (BUG, True)
    assert tests[f"raw.{name_of(Outcome.FAIL)}"]["status"] == "FAIL"
    for outcome in (Outcome.PASS, Outcome.XFAIL, Outcome.XPASS, Outcome.SKIP_KERNEL):
        test = tests[f"libfuse.{name_of(outcome)}"]
        assert (test["status"], test["misc"]["expected"]) == ("FAIL", DEVIATES)
        assert test["id"] not in incidents
        assert test["log_excerpt"].startswith(f"{outcome.value}, {DEVIATES}")


def test_github() -> None:
    run = runs.expecting()
    annotations = runs.written("github", run).splitlines()
    assert [line.split()[0] for line in annotations] == ["::error"] * 10 + ["::warning", "::notice"]
    assert not any(line.startswith("::error") and "title=raw " in line for line in annotations)
    run.servers[1].results = {name_of(Outcome.PASS): run.servers[1].results[name_of(Outcome.PASS)]}
    title = "title=libfuse drop.pass.case%3A deviates"
    assert runs.written("github", run).splitlines()[0].startswith(f"::error {title}::pass, {DEVIATES}: reason%0A")
    summary = list(github.summary(run))
    assert "| raw | 2 | 0 | 5 | 6 | 1 | 1 |" in summary
    assert f"- `drop.pass.case` on libfuse: {plain(f'pass, {DEVIATES}: reason')}" in summary


@pytest.mark.parametrize("outcome", FAILED)
def test_a_line_without_reason(outcome: Outcome) -> None:
    run = runs.expecting()
    result = run.servers[0].results[name_of(outcome)]
    assert result.expected
    result.expected = type(result.expected)("mine:3", outcome.value, "", True)
    assert f"{name_of(outcome)} # XFAIL expected by mine:3 time=12ms\n" in runs.written("ktap", run)
