# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt.markdown import plain


def test_markup_is_escaped() -> None:
    assert plain("a|b *c* <d> `e` \\f") == "a\\|b \\*c\\* \\<d> \\`e\\` \\f"
