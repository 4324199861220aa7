# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import junitparser
import runs
from fpt.outcome import Outcome


def suites(xml: str) -> dict[str, Any]:
    return {suite.name: suite for suite in junitparser.JUnitXml.fromstring(xml.encode())}


def cases(suite: Any) -> dict[str, Any]:
    return {case.name: case for case in suite}


def everything() -> dict[str, Any]:
    return suites(runs.written("junit", runs.every_outcome()))


def test_findings_of_an_external_file_system_are_properties() -> None:
    failure = runs.result("fs", "a.f.one", Outcome.FAIL, advice="do it", shell=("cat f",))
    run = runs.run_of(runs.server_of("fs", failure))
    assert "finding_1" not in runs.written("junit", run)
    run.external = True
    (suite,) = suites(runs.written("junit", run)).values()
    (text,) = (each.value for each in suite.properties() if each.name == "finding_1")
    assert text.endswith("Change this: do it.\nTo see it, in the mounted directory:\n    cat f")


def verdict(case: Any) -> Any:
    (found,) = case.result
    return found


def test_a_suite_for_each_server_and_program() -> None:
    assert list(everything()) == [
        "raw.drop", "raw.io_mode", "libfuse-3.18.3.drop", "libfuse-3.18.3.go_fuse_api", "raw-uring.drop", "run"
    ]


def test_a_case() -> None:
    case = cases(everything()["raw.drop"])["drop.early.before_reply_eio"]
    assert (case.classname, case.time, case.result) == ("raw.drop", 0.012, [])


def test_outcomes() -> None:
    kinds = {
        name: type(verdict(case)).__name__ for name, case in cases(everything()["libfuse-3.18.3.drop"]).items() if case.result
    }
    expected = {
        "XFAIL": "Skipped", "XPASS": "Failure", "FAIL": "Failure", "TIMEOUT": "Failure", "CRASH": "Failure",
        "BROKEN": "Error", "INCOMPLETE": "Error",
    }
    assert kinds == {
        f"drop.{outcome.name.lower()}.case": expected.get(outcome.name, "Skipped")
        for outcome in Outcome if outcome not in (Outcome.PASS, Outcome.CHANGED)
    }


def test_reasons() -> None:
    found = cases(everything()["libfuse-3.18.3.drop"])
    assert verdict(found["drop.xfail.case"]).message == "xfail: reason #1"
    assert verdict(found["drop.skip_config.case"]).message.startswith("config: no lockdep (set CONFIG_")
    assert verdict(found["drop.xpass.case"]).message == "passed unexpectedly: reason #1"
    assert verdict(found["drop.timeout.case"]).type == "timeout"


def test_a_change_is_a_pass_with_a_note() -> None:
    suite = everything()["libfuse-3.18.3.drop"]
    assert cases(suite)["drop.changed.case"].result == []
    assert suite._elem.find("system-out").text == "drop.changed.case: changed, not promised: reason #1"


def test_details_and_kernel_reports_are_text() -> None:
    wrong = verdict(cases(everything()["raw.drop"])[runs.WRONG_CONTENT])
    assert "   1. client0: open f = 3" in wrong.text.splitlines()
    assert runs.WARNING in verdict(cases(everything()["raw.io_mode"])[runs.KERNEL_WARNING]).text


def test_counts() -> None:
    found, expected = everything(), runs.every_outcome()
    assert sum(suite.tests for suite in found.values()) == 40
    bad = sum(suite.failures + suite.errors for suite in found.values())
    assert bad == expected.failed + expected.count(Outcome.XPASS)
    assert sum(suite.skipped for suite in found.values()) == expected.skipped + expected.count(Outcome.XFAIL)
    before = {name: (suite.tests, suite.failures, suite.errors, suite.skipped) for name, suite in found.items()}
    for suite in found.values():
        suite.update_statistics()
    assert before == {name: (suite.tests, suite.failures, suite.errors, suite.skipped) for name, suite in found.items()}


def test_properties() -> None:
    found = {property_.name: property_.value for property_ in everything()["raw.drop"].properties()}
    assert found["kernel_release"] == "7.3.4-amd64"
    assert found["kernel_config_sha256"] == "ab" * 32
    assert (found["server"], found["server_version"], found["suite_version"]) == ("raw", "1.0", "1.0")


def test_failures_outside_of_any_case() -> None:
    found = cases(everything()["run"])
    assert list(found) == ["failure_1", "failure_2"]
    assert "KASAN" in verdict(found["failure_1"]).message


def test_characters_that_xml_has_not() -> None:
    run = runs.run_of(runs.server_of("raw", runs.result("raw", "a.f.x", Outcome.FAIL, "\x01\ud800\ufffe<&\"\u00e9\U0001f600")))
    xml = runs.written("junit", run)
    failure = ElementTree.fromstring(xml).find("testsuite/testcase/failure")
    assert failure is not None and failure.attrib["message"] == "fail: ???<&\"\u00e9\U0001f600"
