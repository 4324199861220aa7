# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import json

from fpt.evidence import Evidence, ServerEvidence


def of_case(*records: dict[str, object]) -> Evidence:
    found = ServerEvidence()
    found.read(json.dumps({**record, "case": "p.f.one"}) for record in records)
    return found.cases["p.f.one"]


def expect(ok: bool) -> dict[str, object]:
    return {"type": "expect", "what": "open", "observed": "EIO", "wanted": "0", "ok": ok}


CHANGED: dict[str, object] = {**expect(False), "changed": True}
OPEN_ERROR: dict[str, object] = {"type": "open_error", "errno": "EIO"}


def test_a_change_is_no_failure() -> None:
    requests: dict[str, object] = {**CHANGED, "type": "requests", "observed": "OPEN", "wanted": ""}
    found = of_case(CHANGED, requests, {**expect(False), "what": "read"})
    assert found.unmet == "read: got EIO, wanted 0"
    assert list(map(str, found.changes)) == ["open: got EIO, wanted 0", "requests: got OPEN, wanted "]
    assert found.observed == ["EIO", "EIO"]


def test_who_broke_the_set_up() -> None:
    first: dict[str, object] = {"type": "broken", "reason": "mount: EBUSY"}
    second: dict[str, object] = {"type": "broken", "reason": "the server ended", "by": "server"}
    assert of_case(second, first).broken_by == "server"
    assert of_case(first, second).broken_by == ""


def test_what_an_external_file_system_lacks() -> None:
    assert of_case({"type": "lack", "operation": "O_TMPFILE"}).lacks == "O_TMPFILE"


def test_advice_is_no_hint() -> None:
    found = of_case({"type": "hint", "text": "fixed by x"}, {"type": "advice", "text": "close the ID"})
    assert (found.hints, found.advice) == (["fixed by x"], "close the ID")


def test_why_opens_fail() -> None:
    assert of_case({"type": "eio_cause", "cause": "flags"}, expect(False)).eio_cause == "flags"


def test_what_holds_a_file_unless_another_failure_was_first() -> None:
    held: dict[str, object] = {"type": "held", "by": "an ID"}
    assert of_case(held, expect(False)).held_by == "an ID"
    assert of_case(expect(False), held).held_by == ""


def test_an_open_that_fails_first() -> None:
    assert of_case(OPEN_ERROR, expect(False)).open_error == "EIO"
    assert of_case(expect(True), OPEN_ERROR).open_error == "EIO"
    assert of_case(expect(False), OPEN_ERROR).open_error == ""
