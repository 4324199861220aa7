# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
import re

from fpt.outcome import Outcome
from fpt.writers import lava


def test_signals_of_a_run() -> None:
    out = io.StringIO()
    signals = lava.Signals(out, ["raw", "libfuse-3.18.3"], ["a.f.x", "a.f.y"])
    signals.case("raw", "a.f.x", Outcome.PASS, 0.0125)
    signals.case("raw", "a.f.y", Outcome.SKIP_CONFIG)
    signals.case("libfuse-3.18.3", "a.f.x", Outcome.FAIL, 2.0)
    signals.case("raw", "text.of.server", Outcome.PASS)
    signals.end()
    assert out.getvalue() == (
        "<LAVA_SIGNAL_TESTSET START raw>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-x RESULT=pass MEASUREMENT=0.012500 UNITS=s>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-y RESULT=skip>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
        "<LAVA_SIGNAL_TESTSET START libfuse-3-18-3>\n"
        "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=a-f-x RESULT=fail MEASUREMENT=2.000000 UNITS=s>\n"
        "<LAVA_SIGNAL_TESTSET STOP>\n"
    )


def test_names_are_plain_and_unique() -> None:
    names = lava.names(["a.b", "a-b", "a+b", "c_d"])
    assert list(names.values()) == ["a-b", "a-b-2", "a-b-3", "c_d"]
    assert all(re.fullmatch("[A-Za-z0-9_-]+", name) for name in names.values())


def test_results() -> None:
    words = {outcome: lava.result(outcome) for outcome in Outcome}
    assert words[Outcome.XFAIL] == words[Outcome.XPASS] == "pass"
    assert words[Outcome.TIMEOUT] == words[Outcome.CRASH] == "fail"
    assert words[Outcome.BROKEN] == words[Outcome.INCOMPLETE] == "unknown"
    assert words[Outcome.SKIP_LIBRARY] == "skip"
