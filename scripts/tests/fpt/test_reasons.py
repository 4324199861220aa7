# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt import reasons
from fpt.outcome import Outcome


def test_stable_leaves_out_what_varies() -> None:
    assert reasons.stable("WARNING: CPU: 1 PID: 77 at f+0xabc") == "WARNING: at f+0x.."
    assert reasons.stable("task x:12 blocked for more than 61 s") == "task x blocked for more than .. s"


def test_without_location() -> None:
    assert reasons.without_location("cases/drop.c:12:early:got 1") == "got 1"
    assert reasons.without_location("drop.c:12: got 1") == "got 1"
    assert reasons.without_location("broken: no mount") == "no mount"


def test_skip() -> None:
    skip = reasons.skip("config: no lockdep (set CONFIG_PROVE_LOCKING=y (debug))")
    assert (skip.outcome, skip.short, skip.remedy) == (
        Outcome.SKIP_CONFIG, "no lockdep", "set CONFIG_PROVE_LOCKING=y (debug)")
    assert reasons.skip("other: x").outcome is Outcome.BROKEN
