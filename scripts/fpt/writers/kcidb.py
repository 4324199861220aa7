# SPDX-License-Identifier: GPL-2.0
"""A submission to KCIDB, version 5.3 of its schema.

A runner knows a kernel by its release and configuration, and not by its commit. A CI that has submitted
its build already names that build, and then only the tests are written.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any, Iterator, Optional, TextIO

from ..model import Result, Run, Server
from ..outcome import Outcome
from . import explain

ORIGIN = "fuse_passthrough"
_SUITE = "fuse_passthrough"
_EXCERPT = 16384  # characters, by the schema
_CUT = "\n...\n"
_STATUS = {
    Outcome.PASS: "PASS",
    Outcome.XPASS: "PASS",
    Outcome.CHANGED: "PASS",
    Outcome.XFAIL: "FAIL",  # with an incident of a known issue
    Outcome.FAIL: "FAIL",
    Outcome.TIMEOUT: "FAIL",
    Outcome.CRASH: "FAIL",
    Outcome.BROKEN: "ERROR",
    Outcome.INCOMPLETE: "MISS",
}
_FIXED_BY = re.compile(r"fixed by (?P<commit>[0-9a-f]+)(?: \((?P<subject>.*)\))?$")

Object = dict[str, Any]


def _filled(**fields: Any) -> Object:
    """Leaves out what is not known: the schema allows no null."""
    return {key: value for key, value in fields.items() if value not in (None, "", {}, [])}


def _path(*parts: str) -> str:
    return ".".join([_SUITE, *(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in parts)])


def _excerpt(lines: list[str]) -> str:
    """The beginning says why, the end what came last."""
    text = "\n".join(lines).replace("\0", "?")
    if len(text) <= _EXCERPT:
        return text
    half = (_EXCERPT - len(_CUT)) // 2
    return text[:half] + _CUT + text[-half:]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _status(result: Result) -> str:
    if result.deviates and not result.outcome.failed:
        return "FAIL"
    return _STATUS.get(result.outcome, "SKIP")


class _Submission:
    def __init__(self, run: Run, origin: str, build_id: str) -> None:
        self._run = run
        self._origin = origin
        self._facts = explain.facts(run)
        self._suite = {key: self._facts[key] for key in ("suite_version",) if key in self._facts}
        self._release = self._facts.get("kernel_release", run.kernel)
        self._start = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(run.started))
        # The same for the same run only, even of two hosts with the same kernel.
        self._id = _hash(repr(run.started), repr(run.seconds), run.directory, *self._facts.values())
        self._build_id = build_id or self._named(f"{self._release}:{_hash(*self._build_facts().values())}")
        self._own_build = not build_id
        self._issues: dict[str, Object] = {}
        self._incidents: list[Object] = []

    def _named(self, name: str) -> str:
        return f"{self._origin}:{name}"

    def _build_facts(self) -> dict[str, str]:
        return {key: value for key, value in self._facts.items() if key.startswith("kernel")}

    def _checkout(self) -> Object:
        return {
            "id": self._named(self._release),
            "origin": self._origin,
            "comment": f"Linux {self._release}",
            "valid": True,
        }

    def _build(self) -> Object:
        return _filled(
            id=self._build_id,
            origin=self._origin,
            checkout_id=self._named(self._release),
            comment=f"Linux {self._release}",
            architecture=self._facts.get("architecture"),
            status="PASS",
            misc=self._build_facts(),
        )

    def _test(self, server: Server, result: Result) -> Object:
        log = result.note
        if result.failed or result.known_failure or result.unexpected_pass:
            log = _excerpt(explain.lines(self._run, result))
        elif result.changed:
            log = _excerpt([explain.change(result)])
        return _filled(
            id=self._named(f"{self._id}.{server.name}.{result.case.name}"),
            origin=self._origin,
            build_id=self._build_id,
            path=_path(server.name, *result.case.name.split(".")),
            comment=result.case.title,
            status=_status(result),
            start_time=self._start,
            duration=result.seconds,
            log_excerpt=log,
            environment={"misc": {**self._suite, **explain.server_facts(server)}},
            misc=_filled(
                outcome=result.outcome.value,
                promise=result.case.promise,
                observed=result.observed,
                requests=result.requests,
                suspect=result.suspect and result.suspect.value,
                expected=result.expected and str(result.expected),
            ),
        )

    def _outside(self) -> Iterator[Object]:
        for number, text in enumerate(self._run.failures, 1):
            yield {
                "id": self._named(f"{self._id}.run.failure_{number}"),
                "origin": self._origin,
                "build_id": self._build_id,
                "path": _path("run", f"failure_{number}"),
                "status": "FAIL",
                "start_time": self._start,
                "log_excerpt": _excerpt([text]),
            }

    def _issue(self, result: Result) -> Optional[str]:
        """The ID of the known bug that a result is about. Who is to blame is known of a bug of the kernel alone."""
        culprit = {"code": True}
        if result.known_failure and result.outcome.failed:
            name, subject = f"expected:{_hash(result.known_reason)}", result.known_reason
            culprit = {}
        elif result.known_failure or result.unexpected_pass:
            promise = result.case.promise
            name, subject = f"{promise}:{_hash(promise, result.reason)}", f"{promise}: {result.reason}"
        else:
            fixes = [match for match in map(_FIXED_BY.match, result.hints) if match]
            if not (result.outcome.failed and fixes):
                return None
            name, subject = f"fixed_by:{fixes[0]['commit']}", fixes[0][0]
        issue_id = self._named(name)
        self._issues[issue_id] = _filled(
            id=issue_id, version=1, origin=self._origin, report_subject=subject, culprit=culprit
        )
        return issue_id

    def _tests(self) -> Iterator[Object]:
        for server in self._run.servers:
            for result in server.results.values():
                test = self._test(server, result)
                issue_id = self._issue(result)
                if issue_id:
                    self._incidents.append({
                        "id": f"{test['id']}.incident",
                        "origin": self._origin,
                        "issue_id": issue_id,
                        "issue_version": 1,
                        "test_id": test["id"],
                        "present": result.outcome is not Outcome.XPASS,
                    })
                yield test
        yield from self._outside()

    def json(self) -> Object:
        tests = list(self._tests())
        return {
            "version": {"major": 5, "minor": 3},
            "checkouts": [self._checkout()] if self._own_build else [],
            "builds": [self._build()] if self._own_build else [],
            "tests": tests,
            "issues": list(self._issues.values()),
            "incidents": self._incidents,
        }


def write(run: Run, out: TextIO, origin: str = ORIGIN, build_id: str = "") -> None:
    json.dump(_Submission(run, origin, build_id).json(), out, ensure_ascii=False, indent=1)
    out.write("\n")
