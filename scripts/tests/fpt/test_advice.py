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


def server_with(*results: Result) -> Server:
    return Server("fs", results={str(number): each for number, each in enumerate(results)})


def said(*results: Result) -> str:
    paragraphs = ("\n".join((text, *commands)) for text, commands in advice.paragraphs(server_with(*results)))
    return "\n".join(paragraphs).replace("Advice for the author of fs: ", "")


def broken(*results: Result) -> str:
    return said(*results).replace("0 cases passed.\n", "")


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
        '1. Not so: "title of A2": got 0 (2 cases of A2).\n2. Not so: "title of A3" (1 case of A3).'
    )


def test_failures_with_the_same_advice_are_one() -> None:
    failures = [result(promise, FAIL, reason="got 0", advice="do it") for promise in ("A9", "A8", "A9")]
    assert broken(*failures) == '1. Not so: "title of A9": got 0 (3 cases of A9 A8). Change this: do it.'


def test_what_others_may_follow_from_comes_first() -> None:
    failures = [result(promise, FAIL) for promise in ("A11", "A10", "A1", "A8", "A5")]
    order = [line.partition("(1 case of ")[2] for line in broken(*failures).splitlines()]
    assert order == ["A5).", "A8).", "A1).", "A10).", "A11)."]


def test_what_holds_a_file() -> None:
    failure = result("A8", FAIL, reason="what holds it: got an ID, wanted nothing", held_by="an ID")
    failure.hints = ("fixed by x",)
    assert broken(failure) == "1. A closed file is held by an ID; fixed by x (1 case of A8)."


def test_a_kernel_report_is_no_advice() -> None:
    failure = result("A8", FAIL, reason="got 0", advice="do it")
    failure.reports = ("kernel log: BUG",)
    assert broken(failure) == '1. Not so: "title of A8": got 0; kernel log: BUG (1 case of A8). Change this: do it.'


def test_the_cause_of_failed_opens() -> None:
    an_open = result("A5", FAIL, reason="open: got EIO", open_error="EIO", advice="in general")
    cause = result("A5", FAIL, reason="cause: got flags", eio_cause="flags", advice="omit the flags")
    other = result("A8", FAIL, advice="in general")
    assert broken(an_open, other) == '1. Not so: "title of A8" (2 cases of A8 A5). Change this: in general.' + EIO
    assert broken(an_open, other, cause) == (
        "1. An open fails with EIO, after flags (2 cases of A5). Change this: omit the flags.\n"
        '2. Not so: "title of A8" (1 case of A8). Change this: in general.' + EIO
    )


def test_the_cause_is_first_whatever_it_promises() -> None:
    cause = result("A9", FAIL, eio_cause="flags", advice="omit the flags")
    assert "of A9)" in broken(result("A5", FAIL), cause).splitlines()[0]


def test_a_cause_that_was_not_seen_explains_nothing() -> None:
    cause = result("A9", FAIL, eio_cause="a reply that was not seen")
    assert "of A5)" in broken(result("A5", FAIL), cause).splitlines()[0]


def test_kinds_of_file_are_those_of_all_cases() -> None:
    failures = [result("A5", FAIL, advice="do it", kinds=kinds) for kinds in (("o_tmpfile",), ("open_rdwr", "o_tmpfile"))]
    assert "(files that it opens for writing and opens with O_TMPFILE; 2 cases of A5)" in broken(*failures)


def test_commands_that_show_it_are_those_of_the_cause() -> None:
    general = result("A5", FAIL, advice="do it", shell=("cat g",), open_error="EIO")
    cause = result("A5", FAIL, advice="omit the flags", eio_cause="flags", shell=("exec 3<f", "cat f"))
    assert "\nTo see it, in the mounted directory:\n    exec 3<f\n    cat f\n" in broken(general, cause)


def test_commands_say_which_directories_they_need() -> None:
    text = broken(result("A5", FAIL, shell=('ln "$source/f" "$source/g"; cat "$lower/f"',)))
    assert "\nTo see it, in the mounted directory, with $source and $lower set to" in text


@pytest.mark.parametrize(
    "results, word",
    [
        ([use("open_rdwr", Outcome.PASS)], "ok"),
        ([use("open_rdwr", SKIP, lacks="passthrough")], "not used"),
        ([use("open_rdwr", Outcome.BROKEN)], "not tried"),
        ([use("open_rdwr", Outcome.PASS), result("A5", FAIL)], "1 finding"),
        ([result("A5", FAIL), result("A6", FAIL)], "2 findings"),
    ],
)
def test_the_badge(results: list[Result], word: str) -> None:
    assert advice.badge(server_with(*results)).startswith(f"[FUSE passthrough: {word}] fs: ")


def test_lines_of_90_columns() -> None:
    server = Server("fs", results={"a": result("A1", Outcome.BROKEN, reason="x" * 200 + " " + "y " * 60)})
    out = io.StringIO()
    advice.write(server, out)
    lines = out.getvalue().split("\n")
    assert (lines[0], lines[1][:29], lines[-1]) == ("", "Advice for the author of fs: ", "")
    assert lines[-2] == "[FUSE passthrough: not tried] fs: 0 passed, 1 failed, 0 skipped"
    assert max(map(len, lines)) == 90
    assert not any(line.endswith(" ") for line in lines)
