# SPDX-License-Identifier: GPL-2.0
"""JUnit's XML, as Ant and Jenkins take it: a testsuite for each server and program."""

from __future__ import annotations

import re
import time
from typing import Iterable, TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .. import advice, findings
from ..model import Result, Run, Server
from ..outcome import Outcome
from . import explain

_ERRORS = frozenset((Outcome.BROKEN, Outcome.INCOMPLETE))
_NO_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(text: str) -> str:
    return _NO_XML.sub("?", text)


def _verdict(case: Element, kind: str, type_: str, message: str, lines: Iterable[str]) -> None:
    verdict = SubElement(case, kind, message=_text(message), type=type_)
    verdict.text = _text("\n".join(lines)) or None


def _case(suite: Element, run: Run, result: Result) -> None:
    outcome = result.outcome
    case = SubElement(
        suite, "testcase", classname=suite.attrib["name"], name=result.case.name, time=f"{result.seconds or 0:.3f}"
    )
    if result.skipped:
        SubElement(case, "skipped", message=_text(f"{outcome.skip_class}: {result.reason}"))
    elif result.known_failure:
        SubElement(case, "skipped", message=_text(f"xfail: {result.known_reason}"))
    elif result.failed:
        kind = "error" if outcome in _ERRORS else "failure"
        _verdict(case, kind, explain.failure(result), explain.headline(result), explain.lines(run, result))
    elif result.unexpected_pass and not result.expected:
        _verdict(case, "failure", outcome.value, explain.headline(result), explain.lines(run, result))


def _suite(suites: Element, run: Run, name: str, properties: dict[str, str]) -> Element:
    started = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(run.started))
    suite = SubElement(
        suites, "testsuite", name=name, id=str(len(suites)), package="fuse_passthrough",
        hostname="localhost", timestamp=started,
    )
    listed = SubElement(suite, "properties")
    for key, value in properties.items():
        SubElement(listed, "property", name=key, value=_text(value))
    return suite


def _count(suite: Element, notes: Iterable[str] = ()) -> None:
    """Sets what is known once all cases are in; the outputs are there because Ant's schema wants them."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("time", f"{sum(float(case.attrib['time']) for case in suite.findall('testcase')):.3f}")
    SubElement(suite, "system-out").text = _text("\n".join(notes)) or None
    SubElement(suite, "system-err")


def _findings(run: Run, server: Server) -> dict[str, str]:
    found = findings.of(server) if run.external else []
    return {
        f"finding_{number}": "\n".join((advice.text(finding), *advice.show(finding)))
        for number, finding in enumerate(found, 1)
    }


def _server(suites: Element, run: Run, server: Server) -> None:
    properties = {**explain.facts(run), **explain.server_facts(server), **_findings(run, server)}
    for program, results in explain.by_program(server).items():
        suite = _suite(suites, run, f"{server.name}.{program}", properties)
        for result in results:
            _case(suite, run, result)
        _count(suite, (f"{result.case.name}: {explain.change(result)}" for result in results if result.changed))


def _outside(suites: Element, run: Run) -> None:
    suite = _suite(suites, run, "run", explain.facts(run))
    for number, text in enumerate(run.failures, 1):
        case = SubElement(suite, "testcase", classname="run", name=f"failure_{number}", time="0.000")
        _verdict(case, "failure", "fail", text, [text])
    _count(suite)


def write(run: Run, out: TextIO) -> None:
    suites = Element("testsuites")
    for server in run.servers:
        _server(suites, run, server)
    if run.failures:
        _outside(suites, run)
    ElementTree.indent(suites)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(ElementTree.tostring(suites, encoding="unicode"))
    out.write("\n")
