# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import runs
from fpt.model import Run
from fpt.outcome import Outcome

SCHEMA = json.loads((Path(__file__).parent.parent / "data/formats/kcidb-5.3.json").read_text())


def submission(run: Run, **settings: str) -> Any:
    found = json.loads(runs.written("kcidb", run, **settings))
    jsonschema.validate(found, SCHEMA)
    return found


def by_path(found: Any) -> dict[str, Any]:
    return {test["path"]: test for test in found["tests"]}


def everything() -> Any:
    return submission(runs.every_outcome())


@pytest.mark.parametrize(
    "break_it",
    (
        lambda found: found["tests"][0].update(comment=None),
        lambda found: found["tests"][0].update(path="a..b"),
        lambda found: found["tests"][0].update(status="XFAIL"),
        lambda found: found["tests"][0].update(id="no origin"),
        lambda found: found["tests"][0].update(log_excerpt="x" * 16385),
        lambda found: found["tests"][0].update(outcome="pass"),
        lambda found: found["tests"][0].pop("build_id"),
        lambda found: found["incidents"][0].pop("issue_version"),
        lambda found: found["version"].update(minor=4),
    ),
)
def test_the_schema_can_refuse(break_it: Any) -> None:
    found = everything()
    break_it(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


def test_paths() -> None:
    paths = list(by_path(everything()))
    assert len(paths) == 40
    assert paths[0] == "fuse_passthrough.raw.drop.early.before_reply_eio"
    assert "fuse_passthrough.libfuse-3_18_3.drop.pass.case" in paths
    assert "fuse_passthrough.run.failure_1" in paths


def test_statuses() -> None:
    tests = by_path(everything())
    expected = {"PASS": "PASS", "XPASS": "PASS", "CHANGED": "PASS", "BROKEN": "ERROR", "INCOMPLETE": "MISS"}
    for outcome in Outcome:
        test = tests[f"fuse_passthrough.libfuse-3_18_3.drop.{outcome.name.lower()}.case"]
        assert test["status"] == ("SKIP" if outcome.skipped else expected.get(outcome.name, "FAIL")), outcome
        assert test["misc"]["outcome"] == outcome.value


def test_a_test() -> None:
    found = by_path(everything())[f"fuse_passthrough.raw.{runs.WRONG_CONTENT}"]
    assert found["start_time"] == "2023-11-14T22:13:20+00:00"
    assert found["duration"] == 0.0123
    assert found["comment"] == f"title of {runs.WRONG_CONTENT} | <b>"
    assert found["misc"] == {"outcome": "fail", "promise": "E3", "suspect": "kernel"}
    assert found["environment"]["misc"]["server"] == "raw"
    assert found["environment"]["misc"]["suite_version"] == "1.0"
    assert "1. client0: open f = 3" in found["log_excerpt"]


def test_a_skip_has_its_reason() -> None:
    found = by_path(everything())["fuse_passthrough.libfuse-3_18_3.go_fuse_api.a.0"]
    assert found["log_excerpt"] == "no go"


def test_a_change_is_a_pass_with_a_note() -> None:
    found = by_path(everything())["fuse_passthrough.libfuse-3_18_3.drop.changed.case"]
    assert (found["status"], found["misc"]["outcome"]) == ("PASS", "changed")
    assert found["log_excerpt"] == "changed, not promised: reason #1"


def test_checkout_and_build() -> None:
    found = everything()
    (checkout,), (build,) = found["checkouts"], found["builds"]
    assert (checkout["id"], build["checkout_id"]) == ("fuse_passthrough:7.3.4-amd64",) * 2
    assert build["misc"]["kernel_config_sha256"] == "ab" * 32
    assert {test["build_id"] for test in found["tests"]} == {build["id"]}


def test_a_build_that_the_ci_has_submitted() -> None:
    found = submission(runs.three_failures(), origin="my_ci", build_id="my_ci:17")
    assert (found["checkouts"], found["builds"]) == ([], [])
    assert {test["build_id"] for test in found["tests"]} == {"my_ci:17"}
    assert {test["origin"] for test in found["tests"]} == {"my_ci"}


def test_another_configuration_is_another_build() -> None:
    run = runs.three_failures()
    run.environment["kernel_config_sha256"] = "cd" * 32
    assert submission(run)["builds"][0]["id"] != everything()["builds"][0]["id"]


def test_ids_are_unique_also_of_another_run() -> None:
    again = runs.every_outcome()
    again.started += 1
    for kind in ("tests", "incidents"):
        ids = [found["id"] for found in everything()[kind] + submission(again)[kind]]
        assert len(ids) == len(set(ids))
    assert everything()["issues"] == submission(again)["issues"]


def test_known_bugs_are_issues() -> None:
    found = everything()
    subjects = {issue["id"]: issue["report_subject"] for issue in found["issues"]}
    incidents = {incident["test_id"].partition(".")[2]: incident for incident in found["incidents"]}
    fixed = incidents[f"raw.{runs.WRONG_CONTENT}"]
    assert subjects[fixed["issue_id"]] == "fixed by 0123456789ab (fuse: do it right)"
    xfail, xpass = (incidents[f"libfuse-3.18.3.drop.{word}.case"] for word in ("xfail", "xpass"))
    assert subjects[xfail["issue_id"]] == "E3: reason #1"
    assert (xfail["present"], xpass["present"], xpass["issue_id"]) == (True, False, xfail["issue_id"])
    assert len(incidents) == 3


def test_a_long_log_keeps_both_ends() -> None:
    lines = tuple(f"line {n}" for n in range(5000))
    run = runs.run_of(runs.server_of("raw", runs.result("raw", "a.f.x", Outcome.FAIL, "why\0", details=lines)))
    excerpt = submission(run)["tests"][0]["log_excerpt"]
    assert excerpt.startswith("fail: why?\n") and excerpt.endswith("--filter a.f.x") and "\n...\n" in excerpt
