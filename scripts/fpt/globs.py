# SPDX-License-Identifier: GPL-2.0
"""The first columns of expectations: which cases, kernels and servers a line is for.

Each holds alternatives, separated by commas, with {a,b} for a part. Malformed ones raise ValueError,
whose text says what is allowed.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from typing import Iterable, Iterator

from . import release

_PART = re.compile(r"([^{},]*)(?:\{([^{}]*)\}([^{},]*))?")
_CASE = re.compile(r"[\w.*?!\[\]-]+", re.ASCII)
_SERVER = re.compile(r"=?[\w.*?!\[\]+-]+", re.ASCII)
_RELEASE = r"\d\w*(?:[.+~-]\w+)*"
_KERNEL = re.compile(
    rf"(?P<first>{_RELEASE})\.\.(?P<last>{_RELEASE})|(?P<bound><=|>=|<|>)(?P<at>{_RELEASE})|(?P<glob>(?!.*\.\.)[\w*?\[][\w.*?!\[\]+~-]*)",
    re.ASCII)


@functools.lru_cache(maxsize=None)
def alternatives(text: str) -> tuple[str, ...]:
    """Each alternative of a column: a.{b,c}.d,e is a.b.d, a.c.d and e."""
    found = []
    at = 0
    while True:
        part = _PART.match(text, at)
        assert part
        before, words, after = part.groups()
        if words is None:
            found.append(before)
        else:
            found += [f"{before}{word}{after}" for word in words.split(",")]
        at = part.end()
        if at == len(text):
            return tuple(found)
        if text[at] != ",":
            raise ValueError(f"'{text}': one pair of braces is allowed in each alternative, as in a.{{b,c}}.d,e")
        at += 1


def check_cases(text: str) -> None:
    for glob in alternatives(text):
        if not _CASE.fullmatch(glob):
            raise ValueError(f"'{glob}' is not a case: give its name, its promise or a glob of them")


def check_servers(text: str) -> None:
    for glob in alternatives(text):
        if not _SERVER.fullmatch(glob):
            raise ValueError(f"'{glob}' is not a server: give its name, with or without version, or a glob of them")


def check_kernels(text: str) -> None:
    for spec in alternatives(text):
        if not _KERNEL.fullmatch(spec):
            raise ValueError(f"'{spec}' is not a kernel: give a release (7.1.3), a range (6.12..6.16.7), a bound "
                             "(<6.18, >=7.1) or a glob (7.1.*)")


class Names:
    """Which of many names a column is for, at the cost of one look-up where it has no glob."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(names)
        self._found: dict[str, tuple[str, ...]] = {}

    def _matches(self, glob: str) -> Iterator[str]:
        if glob in self._names:
            yield glob
        elif re.search(r"[*?\[]", glob):
            yield from fnmatch.filter(self._names, glob)

    def of(self, text: str) -> tuple[str, ...]:
        if text not in self._found:
            self._found[text] = tuple(name for glob in alternatives(text) for name in self._matches(glob))
        return self._found[text]


def unversioned(server: str) -> str:
    """libfuse-3.18.3 and libfuse-unknown are versions of libfuse."""
    return re.split(r"-\d", server.removesuffix("-unknown"), maxsplit=1)[0]


@functools.lru_cache(maxsize=None)
def fits_server(text: str, server: str) -> bool:
    """libfuse fits each version of libfuse, =libfuse a server of just that name."""
    names = (server, unversioned(server), f"={server}")
    return any(fnmatch.fnmatchcase(name, glob) for glob in alternatives(text) for name in names)


@functools.lru_cache(maxsize=None)
def fits_kernel(text: str, *names: str) -> bool:
    """
    NAMES: of the kernel in results (6.17.0), and its whole release (6.17.0-8-generic), for globs alone. A range
    that has 6.17.0 has 6.17.0-arm64.
    """
    return any(_fits_one(spec, names) for spec in alternatives(text))


def _fits_one(spec: str, names: tuple[str, ...]) -> bool:
    match = _KERNEL.fullmatch(spec)
    assert match
    if match["glob"]:
        return any(fnmatch.fnmatchcase(name, spec) for name in names)
    if not names[0][:1].isdigit():
        return False  # has a name of its own, and no place in the order
    key = release.key(release.split(names[0])[0])
    if match["first"]:
        return release.key(match["first"]) <= key <= release.key(match["last"])
    at = release.key(match["at"])
    return {"<": key < at, "<=": key <= at, ">": key > at, ">=": key >= at}[match["bound"]]
