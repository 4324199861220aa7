# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt import ktap
from fpt.outcome import Outcome


def only(*lines: str) -> ktap.Verdict:
    (verdict,) = ktap.read(lines)
    return verdict


def test_pass() -> None:
    assert only("ok 1 f.case").outcome is Outcome.PASS


def test_the_first_located_line_is_the_failure() -> None:
    verdict = only("# a.c:1:case:first", "# a.c:2:case:second", "# case: Test failed", "not ok 1 f.case")
    assert (verdict.outcome, verdict.failure, verdict.end) == (Outcome.FAIL, "a.c:1:case:first", "exit")


def test_without_a_location_the_last_line_is_the_failure() -> None:
    assert only("# one", "# two", "not ok 1 f.case").failure == "two"


def test_context_is_a_detail_only() -> None:
    verdict = only("# a.c:1:case:why", "#   steps: open f", "not ok 1 f.case")
    assert verdict.details == ("a.c:1:case:why", "steps: open f")
    assert verdict.failure == "a.c:1:case:why"


def test_ends_of_the_process() -> None:
    assert only("# case: Test terminated by timeout", "not ok 1 f.case").outcome is Outcome.TIMEOUT
    assert only("# case: Test terminated unexpectedly by signal 6", "not ok 1 f.case").outcome is Outcome.CRASH
    assert only("# broken: no mount", "# case: Test failed", "not ok 1 f.case").outcome is Outcome.BROKEN


def test_directives() -> None:
    skip = only("ok 1 f.case # SKIP config: no lockdep (set CONFIG_PROVE_LOCKING=y)")
    assert (skip.outcome, skip.word, skip.reason[:7]) == (Outcome.SKIP_CONFIG, "skip", "config:")
    assert only("ok 1 f.case # SKIP").outcome is Outcome.BROKEN
    assert only("ok 1 f.case # XFAIL wrong").outcome is Outcome.XFAIL
    changed = only("ok 1 f.case # XFAIL changed: open f: got EPERM, wanted EIO")
    assert (changed.outcome, changed.word, changed.reason) == (Outcome.CHANGED, "changed", "open f: got EPERM, wanted EIO")
    assert only("not ok 1 f.case # XPASS was wrong").outcome is Outcome.XPASS


def test_a_result_behind_unfinished_output() -> None:
    assert only("server says: not ok 3 f.case").word == "fail"
    assert not list(ktap.read(["it is ok 3 times"]))


def test_skip_of_all() -> None:
    reader = ktap.Reader()
    reader.line("1..0 # SKIP config: off")
    assert reader.skip_all == "config: off"
