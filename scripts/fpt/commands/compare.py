# SPDX-License-Identifier: GPL-2.0
"""compare.sh: what changed between two results."""

from __future__ import annotations

import argparse
import sys

from .. import sources
from ..arguments import Parser
from ..compare import Changes, nearest_kernel, nearest_server
from ..failure import Failure

_DESCRIPTION = """\
Compares two results. Each is the results of the checkout (results), of one kernel in it
(results/<kernel>), a run directory, or the TSV of a server in it, or a folder of TSVs.
The TSVs of the same server are compared; for a library, those of the same or the nearest
version. If OLD has several kernels, NEW's kernel is used, or the nearest older one. If NEW
has several, too, each of its kernels is compared.

  regressed    does not fail in OLD, fails in NEW (fail, broken, timeout, crash,
               incomplete)
  fixed        fails in OLD, does not fail in NEW
  now skipped  ran in OLD, is skipped in NEW: worth a look, but no regression
  now run      skipped in OLD, does not fail in NEW
  changed      another outcome of the same kind, as of what changed and is not promised, or
               other observed values or requests
  new          only in NEW
  vanished     only in OLD
"""
_EPILOG = """\
To find what a new kernel breaks, in CI:

  scripts/vm.sh --kernel bzImage --results new || [ $? -eq 1 ]
  scripts/compare.sh results new

A case that also failed on the older kernel is no regression. When it is fixed, or a
change is intended, give --results results to the same command, and commit what changed.

Exit status: 0 nothing regressed or vanished, 1 something did, a file is not a result
(printed with its line), or wrong use.
"""


def _print(changes: Changes, allow_vanished: bool) -> bool:
    """Whether nothing regressed or vanished."""
    print("\n".join(changes.text()))
    return not changes.count("regressed") and (allow_vanished or not changes.count("vanished"))


def _kernels(old: sources.Kernel, new: sources.Kernel, allow_vanished: bool) -> bool:
    pairs = {}
    for name in new.servers:
        server = nearest_server(name, old.servers)
        if server is None:
            print(f"only in {new.path}: {name}{new.ending}")
        else:
            pairs[name] = server
            if server != name:
                print(f"{old.path} has no {name}; compared with {server}, the nearest version")
    for name in old.servers:
        if name not in pairs.values():
            print(f"only in {old.path}: {name}{old.ending}")
    if not pairs:
        raise Failure(f"no server has a TSV in both {old.path} and {new.path}")
    changes = Changes()
    for name, server in pairs.items():
        changes.add(f"{name} ", old.results(server), new.results(name))
    return _print(changes, allow_vanished)


def _nearest(old: sources.Kernels, new: sources.Kernel, allow_vanished: bool) -> bool:
    kernel = nearest_kernel(new.name, old.store.kernels)
    if kernel is None:
        raise Failure(f"{old.path} has no results of {new.name} or an older kernel: check {new.path} and keep it there")
    if kernel != new.name:
        print(f"{old.path} has no {new.name}; compared with {kernel}, the nearest older kernel")
    return _kernels(old.kernel(kernel), new, allow_vanished)


def _each(old: sources.Kernels, new: sources.Kernels, allow_vanished: bool) -> bool:
    good = True
    for name in new.store.kernels:
        kernel = new.kernel(name)
        print(f"== {kernel.path}", flush=True)
        try:
            good &= _nearest(old, kernel, allow_vanished)
        except Failure as error:
            print(f"compare.sh: {error}", file=sys.stderr)
            good = False
    return good


def _compare(old: sources.Source, new: sources.Source, allow_vanished: bool) -> bool:
    if isinstance(new, sources.Kernels) and not isinstance(old, sources.Kernels):
        if len(new.store.kernels) != 1:
            raise Failure(f"{new.path} has several kernels: give one of them")
        new = new.kernel(new.store.kernels[0])
    if isinstance(old, sources.Kernels):
        if isinstance(new, sources.Kernels):
            return _each(old, new, allow_vanished)
        if isinstance(new, sources.File):
            raise Failure(f"{new.path} is a file: give the folder of a kernel, results/<kernel>")
        return _nearest(old, new, allow_vanished)
    if isinstance(old, sources.File) and isinstance(new, sources.File):
        changes = Changes()
        changes.add("", old.results, new.results)
        return _print(changes, allow_vanished)
    if isinstance(old, sources.Kernel) and isinstance(new, sources.Kernel):
        return _kernels(old, new, allow_vanished)
    assert not isinstance(new, sources.Kernels)
    raise Failure(f"{old.path} and {new.path} are a file and a folder: give two files or two folders")


def _parser() -> Parser:
    parser = Parser("compare", _DESCRIPTION, _EPILOG)
    parser.add_argument("--allow-vanished", action="store_true",
                        help="vanished cases are no failure: the suite dropped them, or NEW is of a part of the suite")
    parser.add_argument("results", nargs="*", metavar="OLD NEW", help=argparse.SUPPRESS)
    parser.usage = "scripts/compare.sh [--allow-vanished] OLD NEW"
    return parser


def main(arguments: list[str]) -> int:
    parser = _parser()
    options = parser.parse(arguments)
    if len(options.results) != 2:
        parser.error("give two results, OLD and NEW")
    old, new = map(sources.find, options.results)
    return 0 if _compare(old, new, options.allow_vanished) else 1
