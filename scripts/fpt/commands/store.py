# SPDX-License-Identifier: GPL-2.0
"""store DIR RESULTS...: takes results of runs into DIR, in place of those of the same kernels and servers.

RESULTS: a folder <kernel> of TSVs, a run directory or another store. A server on which every case
was skipped by configuration is left out.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import Iterator

from .. import sources, store, store_writer
from ..failure import Failure
from ..outcome import Outcome
from ..store import Pair, Results, Store


def _pairs(path: str) -> Iterator[tuple[Pair, Results]]:
    source = sources.find(path)
    if isinstance(source, sources.File):
        raise Failure(f"{path} is a file: give the folder of a kernel")
    kernels = [source] if isinstance(source, sources.Kernel) else map(source.kernel, source.store.kernels)
    for kernel in kernels:
        for server in kernel.servers:
            results = kernel.results(server)
            if any(row.outcome is not Outcome.SKIP_CONFIG for row in results.values()):
                yield (kernel.name, server), results


def merge(old: Store, new: dict[Pair, Results]) -> Store:
    found = {pair: old.results(*pair) for pair in old.pairs}
    found.update(new)
    cases = {case for results in found.values() for case in results}
    order = store.in_order([*new.values(), old.cases])
    return Store(found, [case for case in order if case in cases])


def _update(directory: Path, new: dict[Pair, Results]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        old = store.load(directory) if store.is_store(directory) else Store({})
        store_writer.save(merge(old, new), directory)
    finally:
        os.close(lock)


def main(arguments: list[str]) -> int:
    directory = Path(arguments[0])
    try:
        new = dict(pair for path in arguments[1:] for pair in _pairs(path))
        if new:
            _update(directory, new)
    except Failure as error:
        print(f"results not kept: {error}", file=sys.stderr)
        return 1
    except OSError:
        print(f"results not kept: cannot write {directory} (give another --results DIR)", file=sys.stderr)
        return 1
    return 0
