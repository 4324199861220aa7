# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt.model import Case, Result, Suspect
from fpt.outcome import Outcome


def test_a_note_has_what_happened_then_advice_then_the_suspect() -> None:
    case = Case("p", "p.f.one")
    result = Result(case, "raw", Outcome.FAIL, "got EIO", hints=("fixed by x",), reports=("kernel log: y",))
    assert result.note == result.what_happened == "got EIO; kernel log: y; fixed by x"
    result.advice = "close the ID"
    assert result.note == "got EIO; kernel log: y; fixed by x; advice: close the ID"
    result.suspect = Suspect.UNDECIDED
    assert not result.note.endswith("undecided")
    result.suspect = Suspect.LIBRARY
    assert result.note.endswith("; advice: close the ID; suspect: library")
    assert result.what_happened == "got EIO; kernel log: y; fixed by x"
