# SPDX-License-Identifier: GPL-2.0
"""Writes the files of a store, see store: the same results and order of cases give the same bytes."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional

from . import globs
from .expectations import SKIP
from .outcome import Outcome
from .rectangles import Rectangles
from .store import Pair, Row, Store, Words, for_all_servers

_ABOUT = {
    "runs": "# What was run: a kernel, and the servers that ran on it.\n",
    "cases": "# The cases in their order: name, usual observations and, behind another tab, requests at the server.\n",
    "expected": "# Where a case does not pass: cases, kernels, servers, outcome, reason. What is not here passed. The last\n"
                "# line that fits decides. Outcome skip: was not run. {server} is the server, without its version,\n"
                "# {name} with it. See \"Expectations\" in scripts/README.md.\n",
    "observed": "# What cases observed and requested elsewhere than usual, see cases: cases, kernels, servers and,\n"
                "# behind tabs, observations and requests.\n",
}
FILES = tuple(_ABOUT)
_WIDTHS = (56, 14, 14, 12, 0)  # that do not depend on other lines, so that these do not change with one

Known = Optional[Row]  # None: not run
Saying = Optional[tuple[str, ...]]  # last columns of a line, None: nothing needs to be said


def _outcome(row: Known, server: str) -> tuple[str, ...]:
    return (row.outcome.value, for_all_servers(row.note.strip(), server)) if row else (SKIP, "")


_PASSED = _outcome(Row(Outcome.PASS), "")


def _unless(usual: tuple[str, ...], words: tuple[str, ...]) -> Saying:
    return None if words == usual else words


def _usual(pairs_of: dict[Known, list[Pair]]) -> Words:
    """What a case observes and requests where it passes or else, if nowhere, where it runs."""
    rows = [row for row in pairs_of if row and not row.outcome.skipped]
    counts: Counter[Words] = Counter()
    for row in [row for row in rows if row.outcome is Outcome.PASS] or rows:
        counts[row.observed, row.requests] += len(pairs_of[row])
    return min(counts, key=lambda words: (-counts[words], words), default=("", ""))


def _subject(case: str) -> str:
    return ".".join(case.split(".")[:2])


def _aligned(columns: Iterable[str]) -> str:
    return "  ".join(f"{text:<{width}}" for text, width in zip(columns, _WIDTHS)).rstrip()


class _Writer:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.pairs = store.pairs
        self.names = globs.Names(store.cases)
        self.known: dict[str, dict[Known, list[Pair]]] = {case: {} for case in store.cases}
        for pair in self.pairs:
            rows = store.results(*pair)
            for case, pairs_of in self.known.items():
                pairs_of.setdefault(rows.get(case), []).append(pair)
        self.usual = {case: _usual(pairs_of) for case, pairs_of in self.known.items()}

    def runs(self) -> Iterator[str]:
        for kernel in self.store.kernels:
            yield f"{kernel:<16} {' '.join(self.store.servers(kernel))}"

    def cases(self) -> Iterator[str]:
        for case, words in self.usual.items():
            yield "\t".join((case, *words)).rstrip("\t")

    def expected(self) -> Iterator[str]:
        most = self._most_differ()
        others = set(self.pairs).difference(most)
        program = ""
        for columns in self._differing(Rectangles(others), others, lambda case, row, pair:
                                       _unless(_PASSED, _outcome(row, pair[1]))):
            if not columns[0].startswith(f"{program}."):
                program = columns[0].partition(".")[0]
                yield ""
            yield _aligned(columns)
        if not most:
            return
        yield "\n# Kernels and servers on which most cases do not pass, and what is different there."
        rectangles = Rectangles(set(self.pairs))
        for words in dict.fromkeys(most.values()):
            for kernels, servers in rectangles.describe({pair for pair in most if most[pair] == words}):
                yield _aligned(("*", kernels, servers, *words))
        for columns in self._differing(rectangles, set(most), lambda case, row, pair:
                                       _unless(most[pair], _outcome(row, pair[1]))):
            yield _aligned(columns)

    def observed(self) -> Iterator[str]:
        def unusual(case: str, row: Known, pair: Pair) -> Saying:
            if row is None:
                return None
            words = row.observed, row.requests
            return None if words == (("", "") if row.outcome.skipped else self.usual[case]) else words

        pairs = set(self.pairs)
        for cases, kernels, servers, *words in self._differing(Rectangles(pairs), pairs, unusual):
            yield f"{_aligned((cases, kernels, servers))}\t{chr(9).join(words)}".rstrip("\t")

    def _most_differ(self) -> dict[Pair, tuple[str, ...]]:
        """Pairs on which most cases have one outcome that is no pass, as without passthrough."""
        counts: dict[Pair, Counter[tuple[str, ...]]] = {pair: Counter() for pair in self.pairs}
        for pairs_of in self.known.values():
            for row, pairs in pairs_of.items():
                for pair in pairs:
                    counts[pair][_outcome(row, pair[1])] += 1
        found = {}
        for pair, count in counts.items():
            words = max(count, key=lambda one: count[one])
            if words != _PASSED and count[words] * 2 > len(self.known):
                found[pair] = words
        return found

    def _differing(self, rectangles: Rectangles, pairs: set[Pair],
                   says: Callable[[str, Known, Pair], Saying]) -> Iterator[tuple[str, ...]]:
        """The columns of each line. Cases of a subject that differ in the same way share one."""
        groups: dict[tuple[str, frozenset[Pair], tuple[str, ...]], list[str]] = {}
        for case, pairs_of in self.known.items():
            found: dict[tuple[str, ...], set[Pair]] = {}
            for row, at in pairs_of.items():
                for pair in pairs.intersection(at):
                    words = says(case, row, pair)
                    if words is not None:
                        found.setdefault(words, set()).add(pair)
            for words in sorted(found):
                groups.setdefault((_subject(case), frozenset(found[words]), words), []).append(case)
        for (subject, where, words), cases in groups.items():
            for globs_of_cases in self._globs(subject, cases):
                for kernels, servers in rectangles.describe(where):
                    yield (globs_of_cases, kernels, servers, *words)

    def _globs(self, subject: str, cases: list[str]) -> Iterator[str]:
        """For these cases and no others."""
        if len(cases) > 1 and self._are(f"{subject}.*", cases):
            yield f"{subject}.*"
            return
        by_end: dict[str, list[str]] = {}
        for case in cases:
            words = case[len(subject) + 1 :].split(".")
            by_end.setdefault("." + words[-1] if len(words) > 1 else "", []).append(case)
        for end, some in by_end.items():
            if len(some) == 1:
                yield some[0]
            elif end and self._are(f"{subject}.*{end}", some):
                yield f"{subject}.*{end}"
            else:
                middles = ",".join(case[len(subject) + 1 :].removesuffix(end) for case in some)
                yield f"{subject}.{{{middles}}}{end}"

    def _are(self, glob: str, cases: list[str]) -> bool:
        return set(self.names.of(glob)) == set(cases)


def texts(store: Store) -> dict[str, str]:
    """The content of each file."""
    writer = _Writer(store)
    lines = {"runs": writer.runs(), "cases": writer.cases(), "expected": writer.expected(),
             "observed": writer.observed()}
    return {name: _ABOUT[name] + "".join(f"{line}\n" for line in lines[name]) for name in FILES}


def save(store: Store, directory: Path) -> None:
    """Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts(store).items():
        new = directory / f".{name}.new"
        new.write_text(text, encoding="utf-8", errors="surrogateescape")
        os.replace(new, directory / name)
