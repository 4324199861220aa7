# SPDX-License-Identifier: GPL-2.0
"""The outcomes of a case, and what each one means for the run."""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """What became of a case; the values are the words of results, in the order of reports."""

    PASS = "pass"
    XFAIL = "xfail"
    XPASS = "xpass"
    CHANGED = "changed"  # what it is about is not promised, and no longer so
    FAIL = "fail"
    BROKEN = "broken"
    TIMEOUT = "timeout"
    CRASH = "crash"
    INCOMPLETE = "incomplete"
    SKIP_CAP = "skip:cap"
    SKIP_CONFIG = "skip:config"
    SKIP_KERNEL = "skip:kernel"
    SKIP_LIBRARY = "skip:library"
    SKIP_PRIVILEGE = "skip:privilege"

    @property
    def good(self) -> bool:
        """The case ran to its end and the run does not fail for it."""
        return self in _GOOD

    @property
    def shows_support(self) -> bool:
        """The tested behaviour is there; what changed says nothing for or against anybody."""
        return self.good and self is not Outcome.CHANGED

    @property
    def skipped(self) -> bool:
        return self.value.startswith("skip:")

    @property
    def failed(self) -> bool:
        """The run fails for it."""
        return not (self.good or self.skipped)

    @property
    def accuses(self) -> bool:
        """The tested behaviour failed, rather than the test."""
        return self in _ACCUSES

    @property
    def skip_class(self) -> str:
        """"config" of skip:config, "" of what was not skipped."""
        return self.value.partition(":")[2]


# No sets: the hash of an enum takes longer than a few comparisons.
_GOOD = (Outcome.PASS, Outcome.XFAIL, Outcome.XPASS, Outcome.CHANGED)
_ACCUSES = (Outcome.FAIL, Outcome.TIMEOUT, Outcome.CRASH)
