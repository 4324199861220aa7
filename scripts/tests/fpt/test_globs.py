# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from typing import Callable

import pytest

from fpt import globs


def test_alternatives() -> None:
    assert globs.alternatives("a.{b,c}.d,e") == ("a.b.d", "a.c.d", "e")
    assert globs.alternatives("a") == ("a",)
    assert globs.alternatives("a{,.b}") == ("a", "a.b")


@pytest.mark.parametrize("text", ["a.{b,c", "a}b", "a.{b}{c}", "a.{b,{c}}"])
def test_unbalanced(text: str) -> None:
    with pytest.raises(ValueError, match="one pair of braces is allowed"):
        globs.alternatives(text)


@pytest.mark.parametrize("text, fitting, others", [
    ("*", "6.1 7.4-rc1 tiny", ""),
    ("6.12..6.16.7", "6.12 6.12.118 6.16 6.16.7", "6.11.9 6.16.8 6.12-rc7 7.0 tiny"),
    ("<6.18", "6.1 6.17.13 6.18-rc1", "6.18 6.18.1 tiny"),
    ("<=6.18", "6.18", "6.18.1 tiny"),
    (">=7.1", "7.1 7.1.13 7.2-rc1", "7.1-rc7 7.0 tiny"),
    (">7.1", "7.1.1", "7.1"),
    ("7.1.*", "7.1.3 7.1.13", "7.1 7.2.13"),
    ("7.1.3", "7.1.3", "7.1.13 7.1"),
    ("<6.9,7.1.*", "6.1 7.1.3", "6.12 7.2"),
    ("tiny*", "tiny tiny-2", "7.1"),
    ("6.12..6.12.9,7.{1,2}.*", "6.12.3 7.1.3 7.2.3", "7.3.3"),
])
def test_kernels(text: str, fitting: str, others: str) -> None:
    globs.check_kernels(text)
    assert [name for name in fitting.split() if not globs.fits_kernel(text, name)] == []
    assert [name for name in others.split() if globs.fits_kernel(text, name)] == []


def test_ranges_have_all_architectures() -> None:
    for text in ("<=6.12.9", "6.12..6.12.9", ">=6.12.9", "6.12.9*", "*-arm64"):
        assert globs.fits_kernel(text, "6.12.9-arm64")
    for text in ("<6.12.9", ">6.12.9", "6.12.9", "*-s390x"):
        assert not globs.fits_kernel(text, "6.12.9-arm64")


def test_glob_of_the_whole_release() -> None:
    assert globs.fits_kernel("6.17.0-*-generic", "6.17.0", "6.17.0-8-generic")
    assert globs.fits_kernel("<=6.17.0", "6.17.0", "6.17.0-8-generic")
    assert not globs.fits_kernel("6.18*", "6.17.0", "6.17.0-8-generic")


@pytest.mark.parametrize("text, fitting, others", [
    ("raw", "raw", "raw-uring"),
    ("raw*", "raw raw-uring", "libfuse-3.18.3"),
    ("libfuse", "libfuse libfuse-3.18.3 libfuse-unknown", "libfuse-mt-3.18.3 raw"),
    ("=libfuse", "libfuse", "libfuse-3.18.3"),
    ("libfuse-3.17*,go-fuse", "libfuse-3.17.2 go-fuse-2.9.0", "libfuse-3.18.3"),
    ("{raw,libfuse}-uring", "raw-uring libfuse-uring-3.18.3", "raw libfuse"),
])
def test_servers(text: str, fitting: str, others: str) -> None:
    globs.check_servers(text)
    assert [name for name in fitting.split() if not globs.fits_server(text, name)] == []
    assert [name for name in others.split() if globs.fits_server(text, name)] == []


@pytest.mark.parametrize("check, text, why", [
    (globs.check_kernels, "6.12...7", "'6.12...7' is not a kernel: give a release"),
    (globs.check_kernels, "6.12..", "'6.12..' is not a kernel"),
    (globs.check_kernels, "<", "'<' is not a kernel"),
    (globs.check_kernels, "6.12,", "'' is not a kernel"),
    (globs.check_kernels, "=>6", "'=>6' is not a kernel"),
    (globs.check_servers, "a/b", "'a/b' is not a server"),
    (globs.check_cases, "a:b", "'a:b' is not a case"),
])
def test_refused(check: Callable[[str], None], text: str, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        check(text)
    assert str(refusal.value).startswith(why)


def test_names() -> None:
    names = globs.Names(["a.b.c", "a.b.d", "a.c.d"])
    assert names.of("a.b.*") == ("a.b.c", "a.b.d")
    assert names.of("a.{b,c}.d") == ("a.b.d", "a.c.d")
    assert names.of("a.b.x") == ()
