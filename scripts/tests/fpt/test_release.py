# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt import release


def test_order() -> None:
    ordered = ["6.9", "6.12", "6.12.118", "6.17.0", "6.17.0-8-generic", "7.4-rc1", "7.4-rc2", "7.4", "7.4.1"]
    assert sorted(reversed(ordered), key=release.key) == ordered


def test_architectures_are_in_the_order_of_releases() -> None:
    ordered = ["7.3-rc2", "7.3-rc2-s390x", "7.3", "7.3-arm64", "7.3-arm64-64k", "7.3.1"]
    assert sorted(reversed(ordered), key=release.rank) == ordered
    assert [release.split(name) for name in ordered] == [
        ("7.3-rc2", ""), ("7.3-rc2", "-s390x"), ("7.3", ""), ("7.3", "-arm64"), ("7.3", "-arm64-64k"), ("7.3.1", "")]
    for name in ("7.3-mine", "mine-arm64", "6.17.0-8-generic"):
        assert release.split(name) == (name, "")
