# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import io
from typing import Any

import pytest

from fpt import advice
from fpt.model import Case, Result, Server
from fpt.outcome import Outcome

FAIL, SKIP = Outcome.FAIL, Outcome.SKIP_LIBRARY


def result(promise: str, outcome: Outcome, name: str = "p.f.one", **more: Any) -> Result:
    return Result(Case(name.partition(".")[0], name, promise, title=f"title of {promise}"), "fs", outcome, **more)


def use(kind: str, outcome: Outcome, **more: Any) -> Result:
    return result("A1", outcome, f"usage.passthrough.{kind}.read", **more)


def said(*results: Result) -> str:
    server = Server("fs", results={str(number): each for number, each in enumerate(results)})
    return "\n".join(advice.paragraphs(server)).replace("Advice for the author of fs: ", "")


def broken(*results: Result) -> str:
    return said(*results).replace(" 0 cases passed.", "")


EIO = "\nSee fixtures/servers/EIO.md for every reason why open(2) fails with EIO."


@pytest.mark.parametrize(
    "results, text",
    [
        ([use("open_rdonly", Outcome.PASS)], "it uses passthrough for files that it opens for reading. 1 case passed."),
        (
            [use(kind, Outcome.PASS) for kind in ("o_tmpfile", "o_creat", "open_rdwr", "open_rdonly")],
            "it uses passthrough for files that it opens for reading, opens for writing, creates and opens with "
            "O_TMPFILE. 4 cases passed.",
        ),
        (
            [use("o_creat", SKIP, lacks="passthrough"), use("open_rdwr", Outcome.PASS)],
            "it uses passthrough for files that it opens for writing, not those that it creates. 1 case passed.",
        ),
        (
            [use("o_creat", SKIP, lacks="passthrough"), use("o_creat", Outcome.PASS)],
            "it uses passthrough for files that it creates. 1 case passed.",
        ),
        (
            [use("o_creat", SKIP, lacks="passthrough"), use("open_rdwr", SKIP, lacks="passthrough")],
            "it does not use passthrough: "
            "reads of files that it opens for writing or creates reach it. 0 cases passed.",
        ),
        (
            [use("o_creat", Outcome.PASS), use("o_tmpfile", SKIP, lacks="O_TMPFILE"), result("A9", SKIP, lacks="link")],
            "it uses passthrough for files that it creates; it does not support O_TMPFILE, link. 1 case passed.",
        ),
        ([use("o_creat", Outcome.SKIP_KERNEL, reason="too old")], "too old. 0 cases passed."),
        ([use("o_creat", SKIP, lacks="O_CREAT", reason="fs has no O_CREAT")], "0 cases passed."),
    ],
)
def test_what_it_uses(results: list[Result], text: str) -> None:
    assert said(*results) == text


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.INCOMPLETE])
def test_what_could_not_be_tried(outcome: Outcome) -> None:
    first = result("A1", outcome, reason="fs ended", advice="keep running")
    assert said(first) == "1 case could not be tried: fs ended. 0 cases passed."
    assert said(first, result("A2", outcome)) == "2 cases could not be tried: fs ended. 0 cases passed."


def test_failures_without_advice_are_grouped_by_promise() -> None:
    failures = [result("A2", FAIL, reason="got 0"), result("A2", Outcome.TIMEOUT), result("A3", Outcome.CRASH)]
    assert broken(*failures) == (
        'Broken: A2 (fail), "title of A2": got 0; and 1 more of A2. Broken: A3 (crash), "title of A3".'
    )


def test_failures_with_the_same_advice_are_one() -> None:
    failures = [result(promise, FAIL, reason="got 0", advice="do it") for promise in ("A9", "A8", "A9")]
    assert broken(*failures) == 'Broken: A9 (fail), "title of A9": got 0; and 2 more of A9 A8. Check this: do it.'


def test_what_others_may_follow_from_comes_first() -> None:
    failures = [result(promise, FAIL) for promise in ("A11", "A10", "A1", "A8", "A5")]
    order = [part[:3].strip() for part in broken(*failures).split("Broken: ")[1:]]
    assert order == ["A5", "A8", "A1", "A10", "A11"]


def test_what_holds_a_file() -> None:
    failure = result("A8", FAIL, reason="what holds it: got an ID, wanted nothing", held_by="an ID")
    failure.hints = ("fixed by x",)
    assert broken(failure) == 'Broken: A8 (fail), "title of A8": it is held by an ID; fixed by x.'


def test_a_kernel_report_is_no_advice() -> None:
    failure = result("A8", FAIL, reason="got 0", advice="do it")
    failure.reports = ("kernel log: BUG",)
    assert broken(failure) == 'Broken: A8 (fail), "title of A8": got 0; kernel log: BUG. Check this: do it.'


def test_the_cause_of_failed_opens() -> None:
    an_open = result("A5", FAIL, reason="open: got EIO", open_error="EIO", advice="in general")
    cause = result("A5", FAIL, reason="cause: got flags", eio_cause="flags", advice="omit the flags")
    other = result("A8", FAIL, advice="in general")
    assert broken(an_open, other) == (
        'Broken: A8 (fail), "title of A8"; and 1 more of A8 A5. Check this: in general.' + EIO
    )
    assert broken(an_open, other, cause) == (
        'Broken: A5 (fail), "title of A5": what makes opens fail: got flags; and 1 more of A5. '
        'Check this: omit the flags. '
        'Broken: A8 (fail), "title of A8". Check this: in general.' + EIO
    )


def test_the_cause_is_first_whatever_it_promises() -> None:
    cause = result("A9", FAIL, eio_cause="flags", advice="omit the flags")
    assert broken(result("A5", FAIL), cause).startswith("Broken: A9 ")


def test_a_cause_that_was_not_seen_explains_nothing() -> None:
    cause = result("A9", FAIL, eio_cause="a reply that was not seen")
    assert broken(result("A5", FAIL), cause).startswith("Broken: A5 ")


def test_lines_of_90_columns() -> None:
    server = Server("fs", results={"a": result("A1", Outcome.BROKEN, reason="x" * 200 + " " + "y " * 60)})
    out = io.StringIO()
    advice.write(server, out)
    lines = out.getvalue().split("\n")
    assert (lines[0], lines[1][:29], lines[-1]) == ("", "Advice for the author of fs: ", "")
    assert max(map(len, lines)) == 90
    assert not any(line.endswith(" ") for line in lines)
