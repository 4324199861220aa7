# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import re
from typing import Iterator

import runs
from fpt.outcome import Outcome

RESULT = re.compile(r"(?P<indent> *)(?P<verdict>ok|not ok) (?P<number>\d+) (?P<name>[^ ]+)(?: # (?P<directive>.*))?$")


def document() -> list[str]:
    return runs.written("ktap", runs.every_outcome()).splitlines()


def results(lines: list[str]) -> list[re.Match[str]]:
    return [match for match in map(RESULT.match, lines) if match]


def directives() -> dict[str, str]:
    """Of the first server that has the name."""
    return {match["name"]: f"{match['verdict']} {match['directive'] or ''}" for match in reversed(results(document()))}


def test_every_level_has_version_and_plan() -> None:
    plans: list[int] = []  # that are not yet complete
    lines = document()
    for at, line in enumerate(lines):
        depth = (len(line) - len(line.lstrip())) // 2
        if line.lstrip() == "KTAP version 1":
            plan = next(later.strip() for later in lines[at:] if "1.." in later)
            plans.append(int(plan[len("1..") :]))
            assert len(plans) == depth + 1
        match = RESULT.match(line)
        if match:
            while len(plans) > depth + 1:
                assert plans.pop() == 0
            plans[-1] -= 1
    assert plans == [0]


def test_numbers_rise_by_one() -> None:
    at: list[int] = []
    for match in results(document()):
        depth = len(match["indent"]) // 2
        at = at[: depth + 1] + [0] * (depth + 1 - len(at))
        at[depth] += 1
        assert int(match["number"]) == at[depth], match[0]


def test_every_case_has_a_line() -> None:
    names = [match["name"] for match in results(document())]
    for result in runs.every_outcome().results():
        assert result.case.name in names


def test_names_are_unique_below_each_parent() -> None:
    seen: dict[int, set[str]] = {}
    for match in results(document()):
        depth = len(match["indent"])
        for deeper in [level for level in seen if level > depth]:
            del seen[deeper]
        assert match["name"] not in seen.setdefault(depth, set())
        seen[depth].add(match["name"])


def test_outcomes() -> None:
    found = directives()
    assert found["drop.early.before_reply_eio"] == "ok time=12ms"
    assert found[runs.WRONG_CONTENT] == "not ok time=12ms"
    assert found["drop.not_listed.case"] == "ok "
    assert found["drop.broken.case"] == "not ok ERROR broken time=12ms"
    assert found["drop.crash.case"] == "not ok ERROR crash time=12ms"
    assert found["drop.incomplete.case"] == "not ok ERROR incomplete time=12ms"
    assert found["drop.timeout.case"] == "not ok TIMEOUT time=12ms"
    assert found["go_fuse_api.a.0"] == "ok SKIP library: no go"
    assert found["failure_2"] == "not ok "


def test_expected_failures_and_unexpected_passes_are_ok() -> None:
    run = runs.run_of(
        runs.server_of(
            "raw",
            runs.result("raw", "a.f.x", Outcome.XFAIL, "known"),
            runs.result("raw", "a.f.y", Outcome.XPASS, "known"),
            runs.result("raw", "a.f.z", Outcome.CHANGED, "open f: got EPERM, wanted EIO"),
        )
    )
    found = runs.written("ktap", run)
    assert "ok 1 a.f.x # XFAIL known time=12ms\n" in found
    assert "ok 2 a.f.y # XPASS known time=12ms\n" in found
    assert "ok 3 a.f.z # XFAIL changed: open f: got EPERM, wanted EIO time=12ms\n" in found
    assert found.endswith("\nok 1 raw\n")


def test_groups() -> None:
    found = directives()
    assert found["libfuse-3.18.3"] == "not ok "
    assert found["go_fuse_api"] == "ok SKIP library: no go"
    assert found["raw-uring"] == "ok SKIP config: FUSE over io_uring is disabled"


def test_a_group_skipped_for_several_reasons() -> None:
    skips = [runs.result("raw", f"a.f.{n}", Outcome.SKIP_KERNEL, f"no {n}") for n in "xy"]
    assert runs.written("ktap", runs.run_of(runs.server_of("raw", *skips))).endswith("ok 1 raw # SKIP for several reasons\n")


def texts(lines: list[str]) -> Iterator[tuple[list[str], str, str]]:
    """Blocks of diagnostic lines behind the first plan, with the results before and after each."""
    begin = next(at for at, line in enumerate(lines) if line.startswith("1.."))
    block: list[str] = []
    before = ""
    for line in lines[begin:]:
        match = RESULT.match(line)
        if match:
            if block:
                yield block, before, match["name"]
            before, block = match["name"], []
        elif line.lstrip().startswith("# ") and "# Subtest: " not in line:
            block.append(line)


def test_text_is_between_two_results_of_its_case() -> None:
    blocks = list(texts(document()))
    assert len(blocks) == 10
    for _, before, after in blocks:
        assert before.rpartition(".")[0] == after


def test_text() -> None:
    found = {after: "\n".join(block) for block, _, after in texts(document())}
    assert '#   fail: backing file f: got "ab", wanted "gh"; fixed by 0123456789ab' in found[runs.WRONG_CONTENT]
    assert f"#   rerun: run.sh --server raw --filter {runs.WRONG_CONTENT}" in found[runs.WRONG_CONTENT]
    assert "#   crash: the server was ended by signal 11" in found[runs.SERVER_CRASH]
    assert runs.WARNING in found[runs.KERNEL_WARNING]
    assert f"#   E3: title of {runs.KERNEL_WARNING}" in found[runs.KERNEL_WARNING]
    assert "KASAN" in found["failure_1"]


def test_the_head_has_the_remedies_once() -> None:
    lines = document()
    head = lines[: lines.index("1..4")]
    assert head.count("#   config: FUSE over io_uring is disabled: give --enable-uring; needs Linux 6.14") == 1
    assert "# 6 passed, 10 failed, 22 skipped, 1 failed as expected, 1 changed, not promised" in head
    assert "# stopped at the first failure, cases that were not run: 2" in head
    assert not [line for line in lines[len(head) :] if "--enable-uring" in line]
