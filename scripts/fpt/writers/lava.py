# SPDX-License-Identifier: GPL-2.0
"""The signals that a LAVA job reads from the console, as lava-test-case would send them."""

from __future__ import annotations

import re
from typing import Iterable, Optional, TextIO

from ..model import Result

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


def names(of: Iterable[str]) -> dict[str, str]:
    """A name that LAVA allows for each, and no two alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for text in of:
        plain = _NOT_IN_NAMES.sub("-", text)
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        found[text] = name
    return found


def word(result: Result) -> str:
    """unknown: the case says nothing of the kernel."""
    if result.deviates:
        return "fail"
    if result.known_failure or result.outcome.good:
        return "pass"
    if result.skipped:
        return "skip"
    return "fail" if result.outcome.accuses else "unknown"


class Signals:
    """Prints one signal for each case. A test set is a server: it begins anew when others printed meanwhile."""

    def __init__(self, out: TextIO, servers: Iterable[str], cases: Iterable[str]) -> None:
        self._out = out
        self._sets = names(servers)
        self._cases = names(cases)
        self._server = ""

    def _signal(self, text: str) -> None:
        self._out.write(f"<LAVA_SIGNAL_{text}>\n")
        self._out.flush()

    def case(self, result: Result, seconds: Optional[float] = None, suffix: str = "") -> None:
        server, case = result.server, result.case.name + suffix
        if case not in self._cases:
            return  # not a result of the suite, but text of a server
        if server != self._server:
            self.end()
            self._signal(f"TESTSET START {self._sets[server]}")
            self._server = server
        duration = "" if seconds is None else f" MEASUREMENT={seconds:.6f} UNITS=s"
        self._signal(f"TESTCASE TEST_CASE_ID={self._cases[case]} RESULT={word(result)}{duration}")

    def end(self) -> None:
        if self._server:
            self._signal("TESTSET STOP")
        self._server = ""
