# SPDX-License-Identifier: GPL-2.0
"""Text in Markdown."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """Escapes markup."""
    return re.sub(r"[|*<`]", r"\\\g<0>", text)
