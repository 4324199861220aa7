# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from fpt.commands import mutate as command
from fpt.commands import outcomes
from fpt.mutate import explored, judge, tolerate
from fpt.outcome import Outcome
from fpt.tsv import Results, Row

LIBRARY = "got 0, wanted 1; suspect: library"


def results(*words: str, note: str = "") -> Results:
    """Of the cases t.f.a, t.f.b, ..."""
    return {f"t.f.{letter}": Row(Outcome(word), note=note) for letter, word in zip("abc", words)}


@pytest.mark.parametrize(
    "required, after, good, text",
    [
        ("a", ("fail", "pass", "pass"), True, "detected by 1 case: t.f.a (fail)"),
        ("ab", ("crash", "timeout", "pass"), True, "detected by 2 cases: t.f.a (crash), t.f.b (timeout)"),
        ("a", ("fail", "fail", "pass"), True, "detected by 2 cases: t.f.a (fail)"),
        ("a", ("broken",), False, "detected by 0 cases; not by t.f.a (without the mutation: pass, with it: broken)"),
        (
            "ab",
            ("fail", "pass"),
            False,
            "detected by 1 case: t.f.a (fail); not by t.f.b (without the mutation: pass, with it: pass)",
        ),
        ("b", ("fail",), False, "detected by 1 case; not by t.f.b (without the mutation: pass, with it: incomplete: not run)"),
        (
            "d",
            ("fail",),
            False,
            "detected by 1 case; not by t.f.d (without the mutation: incomplete: not run, with it: incomplete: not run)",
        ),
    ],
)
def test_all_required_cases_must_detect_it(required: str, after: tuple[str, ...], good: bool, text: str) -> None:
    names = [f"t.f.{letter}" for letter in required]
    judgement = judge(results("pass", "pass", "pass"), results(*after), names)
    assert judgement.text(names) == text
    assert judgement.good == good


def test_a_case_that_failed_before_detects_nothing() -> None:
    assert not judge(results("fail", "pass"), results("fail", "pass"), ["t.f.a"]).good


def test_a_case_that_is_skipped_before_need_not_detect_it() -> None:
    before, after = results("skip:config", "pass"), results("skip:config", "fail")
    assert judge(before, after, ["t.f.a", "t.f.b"]).good
    assert not judge(before, results("skip:config", "pass"), ["t.f.a"]).good


@pytest.mark.parametrize(
    "raw, after, note, good",
    [
        ("pass", "fail", LIBRARY, True),
        ("skip:library", "broken", LIBRARY, True),
        ("pass", "fail", "got 0, wanted 1; suspect: kernel", False),
        ("pass", "pass", LIBRARY, False),
        ("fail", "fail", LIBRARY, False),
        ("skip:config", "fail", LIBRARY, False),
    ],
)
def test_of_a_mutation_of_libfuse_the_library_is_the_suspect(raw: str, after: str, note: str, good: bool) -> None:
    assert judge(results("pass"), results(after, note=note), ["t.f.a"], results(raw)).good == good


@pytest.mark.parametrize(
    "before, after, note, text",
    [
        ("pass", ("pass", "fail"), "I1 deviates after 7 steps", "found by the explorer after 107 steps: I1"),
        ("pass", ("pass", "crash"), "BUG: in fuse", "found by the explorer: crash"),
        ("pass", ("pass", "pass"), "", "not found by the explorer in 200 steps"),
        ("fail", ("fail", "fail"), "I1 deviates after 7 steps", "not found by the explorer in 200 steps"),
    ],
)
def test_the_steps_of_all_seeds_before_count(before: str, after: tuple[str, ...], note: str, text: str) -> None:
    exploration = explored(results(before, before), results(*after, note=note), 100)
    assert exploration.text() == text
    assert exploration.good == text.startswith("found")


@pytest.mark.parametrize(
    "required, after, status, good, text",
    [
        ("a", ("changed", "pass", "pass"), 0, True, "1 case changed: t.f.a"),
        ("a", ("changed", "changed", "pass"), 0, True, "2 cases changed: t.f.a, t.f.b"),
        ("", ("pass", "pass", "pass"), 0, True, "0 cases changed"),
        ("a", ("pass", "changed", "pass"), 0, False, "1 case changed: t.f.b; not changed: t.f.a (pass)"),
        ("a", ("changed", "fail", "pass"), 1, False, "1 case changed: t.f.a; not tolerated by t.f.b (fail); exit status 1"),
        ("a", ("changed", "pass", "pass"), 4, False, "1 case changed: t.f.a; exit status 4"),
        ("a", ("changed", "xfail", "pass"), 0, False, "1 case changed: t.f.a; not tolerated by t.f.b (xfail)"),
        ("a", ("changed", "skip:cap", "pass"), 0, False, "1 case changed: t.f.a; not tolerated by t.f.b (skip:cap)"),
        ("a", ("changed", "pass"), 0, False, "1 case changed: t.f.a; not tolerated by t.f.c (incomplete: not run)"),
        ("d", ("pass", "pass", "pass"), 0, False, "0 cases changed; not changed: t.f.d (incomplete: not run)"),
    ],
)
def test_what_a_harmless_mutation_changes_is_listed(
    required: str, after: tuple[str, ...], status: int, good: bool, text: str
) -> None:
    toleration = tolerate(results("pass", "pass", "pass"), results(*after), [f"t.f.{letter}" for letter in required], status)
    assert toleration.text() == text
    assert toleration.good == good


def test_a_harmless_mutation_need_not_change_what_is_skipped_or_differs_without_it() -> None:
    before = results("skip:config", "xfail", "changed")
    assert tolerate(before, before, ["t.f.a", "t.f.c"], 0).good
    assert not tolerate(results("fail"), results("fail"), [], 0).good


def write(path: Path, *words: str) -> str:
    lines = [f"{case}\traw\t{row.outcome.value}\t\t\t\n" for case, row in results(*words).items()]
    path.write_text("".join(["case\tserver\toutcome\tobserved\trequests\tnote\n", *lines]))
    return str(path)


def test_record_replaces_the_lines_of_its_mutation(tmp_path: Path) -> None:
    table = tmp_path / "mutations.tsv"
    for mutation, outcome in ("one", "fail"), ("one-more", "crash"), ("one", "timeout"):
        assert command.main(["record", mutation, write(tmp_path / "r.tsv", outcome), str(table)]) == 0
    assert table.read_text() == "mutation\tcase\toutcome\none-more\tt.f.a\tcrash\none\tt.f.a\ttimeout\n"


def test_outcomes_are_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path / "raw.tsv", "pass"), write(tmp_path / "other", "fail", "skip:cap")]
    assert outcomes.main(paths) == 0
    assert capsys.readouterr().out == "case\traw\tother\nt.f.a\tpass\tfail\nt.f.b\t\tskip:cap\n"
