# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt import release


def test_order() -> None:
    ordered = ["6.9", "6.12", "6.12.118", "6.17.0", "6.17.0-8-generic", "7.4-rc1", "7.4-rc2", "7.4", "7.4.1"]
    assert sorted(reversed(ordered), key=release.key) == ordered
