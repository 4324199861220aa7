# SPDX-License-Identifier: GPL-2.0
"""run.json of the recorded runs is what its schema says."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import fpt
import runs
from fpt import collate
from fpt.writers import run_json
from run_dir import RunDir

DATA = Path(__file__).parent.parent / "data"
SCHEMA = json.loads((Path(str(fpt.__file__)).parent / "run.schema.json").read_text(encoding="utf-8"))
FACTS = {"kernel_release": "6.18.44", "kernel_log": "read", "libfuse_version": "3.18.3", "source_revision": "1234567",
         "arguments": "-j1"}


def text_of(tmp_path: Path, data: str, *servers: str, fault: str = "") -> str:
    run_dir = tmp_path / "run"
    shutil.copytree(DATA / data, run_dir, dirs_exist_ok=True)
    (run_dir / "config").write_text("CONFIG_X=y\n", encoding="utf-8")
    run = collate.read(str(run_dir), "6.18.44", servers, environment=FACTS, fault=fault)
    run.started, run.seconds = 1.0e9, 12.34567
    out = io.StringIO()
    run_json.write(run, out)
    return out.getvalue()


def validate(document: Any) -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(document)


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"]["const"] == run_json.SCHEMA_VERSION


@pytest.mark.parametrize("data, servers, fault", [
    ("collate", ("raw", "libfuse"), ""), ("collate", ("libfuse",), "wrong-id"), ("deaths", ("raw",), "")])
def test_recorded_runs(tmp_path: Path, data: str, servers: tuple[str, ...], fault: str) -> None:
    validate(json.loads(text_of(tmp_path, data, *servers, fault=fault)))


def test_what_the_schema_refuses(tmp_path: Path) -> None:
    document = json.loads(text_of(tmp_path, "deaths", "raw"))
    changes: list[dict[str, Any]] = [{"schema": 99}, {"odd": 1}, {"kernel": 1}, {"cases": [{"name": "x"}]}, {"status": 2}]
    for change in changes:
        with pytest.raises(jsonschema.ValidationError):
            validate({**document, **change})


def test_it_has_the_run(tmp_path: Path) -> None:
    document = json.loads(text_of(tmp_path, "collate", "raw", "libfuse"))
    assert document["counts"] == dict(passed=11, xfail=2, xpass=2, changed=0, failed=19, skipped=3, not_run=0)
    assert (document["started"], document["seconds"]) == ("2001-09-09T01:46:40Z", 12.346)
    assert {key: document[key] for key in FACTS} == FACTS
    assert (document["fuse_protocol_minor"], document["kernel_log_records_lost"], document["status"]) == (45, 5, 1)
    assert document["servers"]["libfuse"]["version"] == "3.18.3"
    assert document["servers"]["raw"]["counts"] == {
        "pass": 3, "xfail": 1, "xpass": 1, "fail": 3, "broken": 2, "crash": 3, "incomplete": 1, "skip:privilege": 2}
    assert document["servers"]["raw"]["programs"] == {"alpha": "1", "beta": "139", "gamma": "4"}


def test_it_has_what_was_expected() -> None:
    run = runs.expecting()
    out = io.StringIO()
    run_json.write(run, out)
    document = json.loads(out.getvalue())
    validate(document)
    assert document["counts"] == dict(passed=2, xfail=6, xpass=1, changed=1, failed=12, skipped=5, not_run=0)
    cases = {case["name"]: case["results"] for case in document["cases"]}
    reason = "https://bugs.example.org/1"
    assert cases["drop.fail.case"]["raw"]["expected"] == dict(place="mine:3", outcome="fail", reason=reason, met=True)
    assert cases["drop.pass.case"]["libfuse"]["expected"] == dict(
        place="mine:3", outcome="timeout,fail", reason=reason, met=False)
    cases["drop.pass.case"]["libfuse"]["expected"].pop("met")
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


def test_it_has_what_changed(tmp_path: Path) -> None:
    run = RunDir(tmp_path, "p.f.one")
    run.table("cases.tsv", ("p", "p.f.one", "E1", "any", "-", "-", "title", "today"))
    run.ktap("raw", "p", "ok 1 f.one # XFAIL changed: open f: got EPERM, wanted EIO")
    record = dict(case="p.f.one", what="open f", observed="EPERM", wanted="EIO", ok=False, changed=True)
    run.evidence("raw", "p", dict(type="begin", case="p.f.one"), dict(type="expect", **record))
    out = io.StringIO()
    run_json.write(run.collate("raw"), out)
    document = json.loads(out.getvalue())
    validate(document)
    (case,) = document["cases"]
    assert (document["counts"]["changed"], document["counts"]["passed"], case["level"]) == (1, 0, "today")
    assert case["results"]["raw"] == dict(
        outcome="changed", observed="EPERM", reason="open f: got EPERM, wanted EIO",
        changes=[dict(what="open f", got="EPERM", wanted="EIO")])
    for wrong in ("level", "outcome"):
        odd = json.loads(out.getvalue().replace('"today"' if wrong == "level" else '"changed",', '"odd"' + ("" if wrong == "level" else ",")))
        with pytest.raises(jsonschema.ValidationError):
            validate(odd)


def test_it_has_each_case(tmp_path: Path) -> None:
    document = json.loads(text_of(tmp_path, "collate", "raw", "libfuse"))
    cases = {case["name"]: case for case in document["cases"]}
    assert cases["alpha.f.library"]["promise"] == "E1"
    assert cases["alpha.f.library"]["results"]["libfuse"] == dict(
        outcome="fail", observed="EIO", requests="LOOKUP OPEN", reason='client_open("f"): got EIO, wanted 0',
        suspect="library")
    assert cases["alpha.f.library"]["results"]["raw"] == dict(outcome="pass", seconds=1.2e-05)
    kernel = cases["alpha.f.kernel"]["results"]["raw"]
    assert kernel["hints"] == ["matches since 6.18 (backport?)", "fixed by 0123456789ab (fuse: do it right)"]
    assert kernel["reports"] == ["kernel log: INFO: task open blocked for more than .. seconds."]
    assert sum(len(case["results"]) for case in document["cases"]) == 11 + 2 + 17 + 3


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    assert text_of(tmp_path, "collate", "raw", "libfuse") == text_of(tmp_path, "collate", "raw", "libfuse")
