# SPDX-License-Identifier: GPL-2.0
"""Describes a set of kernel and server pairs by few columns "kernels servers" of expectations."""

from __future__ import annotations

from typing import AbstractSet, Iterable, Iterator

from . import globs, release

Pair = tuple[str, str]  # kernel and server


class Rectangles:
    """Of the pairs that were run. What a description says of other pairs does not matter."""

    def __init__(self, pairs: AbstractSet[Pair]) -> None:
        self._kernels = sorted({kernel for kernel, _ in pairs}, key=release.rank)
        self._releases = sum(kernel[:1].isdigit() for kernel in self._kernels)  # the others have names
        # A range of releases has the kernels of all architectures: these are the first and last of each one's release.
        releases = [release.split(kernel)[0] for kernel in self._kernels]
        self._begin = [releases.index(name) for name in releases]
        self._end = [len(releases) - 1 - releases[::-1].index(name) for name in releases]
        row = {kernel: i for i, kernel in enumerate(self._kernels)}
        self._rows: dict[str, list[int]] = {}  # by server, those that were run
        for i, server in sorted((row[kernel], server) for kernel, server in pairs):
            self._rows.setdefault(server, []).append(i)
        self._known: dict[frozenset[Pair], list[tuple[str, str]]] = {}

    def describe(self, wanted: AbstractSet[Pair]) -> list[tuple[str, str]]:
        """Columns that fit WANTED and no other of the pairs."""
        key = frozenset(wanted)
        if key not in self._known:
            self._known[key] = self._describe(key)
        return self._known[key]

    def _describe(self, wanted: frozenset[Pair]) -> list[tuple[str, str]]:
        row = {kernel: i for i, kernel in enumerate(self._kernels)}
        good: dict[str, set[int]] = {}
        for kernel, server in wanted:
            good.setdefault(server, set()).add(row[kernel])
        left = {server: set(rows) for server, rows in good.items()}
        ranges: dict[str, list[tuple[int, int]]] = {}  # by column of servers
        while any(left.values()):
            first, last, servers = self._widest(good, left)
            for server in servers:
                left[server] -= set(range(first, last + 1))
            first, last = self._stretch(first, last, servers, good)
            ranges.setdefault(self._servers(first, last, servers), []).append((first, last))
        return [(",".join(self._range(*ends) for ends in sorted(some)), servers) for servers, some in ranges.items()]

    def _between(self, server: str, first: int, last: int) -> list[int]:
        return [i for i in self._rows[server] if first <= i <= last]

    def _widest(self, good: dict[str, set[int]], left: dict[str, set[int]]) -> tuple[int, int, list[str]]:
        """The range of kernels in which the most pairs are left that one line can say."""
        best: tuple[int, int, int, list[str]] = (0, 0, 0, [])
        ends = sorted(set().union(*left.values()))
        for at, first in enumerate(ends):
            open_servers = {server for server in left if left[server]}
            covered = dict.fromkeys(open_servers, 0)
            before = self._begin[first]
            for last in (self._end[last] for last in ends[at:] if last < self._releases):
                for server in sorted(open_servers):
                    rows = self._between(server, before, last)
                    if not good[server].issuperset(rows):
                        open_servers.discard(server)
                        del covered[server]
                    else:
                        covered[server] += len(left[server].intersection(rows))
                count = sum(covered.values())
                if count > best[0]:
                    best = (count, self._begin[first], last, sorted(server for server in covered if covered[server]))
                before = last + 1
        for first in ends:
            servers = sorted(server for server in left if first in left[server])
            if len(servers) > best[0]:
                best = (len(servers), first, first, servers)
        return best[1:]

    def _is_range(self, first: int, last: int) -> bool:
        return last < self._releases and first == self._begin[first] and last == self._end[last]

    def _stretch(self, first: int, last: int, servers: list[str], good: dict[str, set[int]]) -> tuple[int, int]:
        """To the oldest or newest kernel if no other outcome is known that way, so that a new one fits."""
        def free(low: int, high: int) -> bool:
            return all(good[server].issuperset(self._between(server, low, high)) for server in servers)

        end = len(self._kernels) - 1
        newest = self._releases - 1
        if free(0, end):
            return 0, end
        if first > newest or not self._is_range(first, last):
            return first, last
        return (0 if free(0, last) else first), (newest if free(first, newest) else last)

    def _range(self, first: int, last: int) -> str:
        oldest, newest = first == 0, last == self._releases - 1
        if oldest and last == len(self._kernels) - 1:
            return "*"
        if first >= self._releases or first == last and not ((oldest or newest) and self._is_range(first, last)):
            return self._kernels[first]
        low, high = (release.split(self._kernels[at])[0] for at in (first, last))
        if newest:
            return f">={low}"
        return f"<={high}" if oldest else f"{low}..{high}"

    def _servers(self, first: int, last: int, wanted: list[str]) -> str:
        """Globs for WANTED and no other server in the range of kernels."""
        others = [server for server in self._rows if server not in wanted and self._between(server, first, last)]
        left = list(wanted)
        found = []
        for glob in self._server_globs(wanted):
            fitting = [server for server in left if globs.fits_server(glob, server)]
            if fitting and not any(globs.fits_server(glob, server) for server in others):
                found.append(glob)
                left = [server for server in left if server not in fitting]
        return ",".join(sorted(found))

    @staticmethod
    def _server_globs(servers: list[str]) -> Iterator[str]:
        """From the widest to the narrowest."""
        libraries = sorted({globs.unversioned(server) for server in servers})
        yield "*"
        for library in libraries:
            if sum(other.startswith(library) for other in libraries) > 1:
                yield f"{library}*"
        for ending in sorted({library.rpartition("-")[2] for library in libraries if "-" in library}):
            if sum(library.endswith(f"-{ending}") for library in libraries) > 1:
                yield f"*-{ending}"
        yield from libraries
        yield from servers
        for server in servers:
            yield f"={server}"
