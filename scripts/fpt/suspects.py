# SPDX-License-Identifier: GPL-2.0
"""Who a failure points to: the kernel, the library of a server, or nobody yet.

Never without a control: another server that passes the case or, for the kernel, other cases that raw
passes, which uses no library. Never with a deliberate fault. A change of what is not promised counts as if
the case had not run.
"""

from __future__ import annotations

from typing import Optional

from .model import Result, Run, Server, Suspect
from .outcome import Outcome


def compare_with_raw(run: Run) -> None:
    """The kernel has whatever raw passes: a server that skips it for the kernel fails."""
    for name, raw in _results_of_raw(run).items():
        if not _passes(raw):
            continue
        for server in run.servers:
            result = server.results.get(name)
            if result and result.outcome is Outcome.SKIP_KERNEL:
                result.outcome = Outcome.FAIL
                result.reason = f"skipped, but raw passes it on this kernel: {result.reason}"


def find(run: Run) -> None:
    """Sets the suspect of each result, after compare_with_raw()."""
    if not run.fault:
        finder = _Finder(run)
        for server in run.servers:
            for result in server.results.values():
                result.suspect = finder.suspect(server, result)


def raw_passes_any(run: Run) -> bool:
    return any(map(_passes, _results_of_raw(run).values()))


def raw_uring_was_control(run: Run) -> bool:
    """Cases on servers over io_uring made the kernel a suspect."""
    raw = _results_of_raw(run)
    return any(
        result.suspect is Suspect.KERNEL and not _reported(result) and _passes(raw.get(name))
        for server in run.servers
        if server.over_io_uring
        for name, result in server.results.items()
    )


def _results_of_raw(run: Run) -> dict[str, Result]:
    return next((server.results for server in run.servers if server.name == "raw"), {})


def _passes(result: Optional[Result]) -> bool:
    return result is not None and result.outcome.shows_support


def _fails(result: Optional[Result]) -> bool:
    return result is not None and result.outcome.accuses


def _reported(result: Result) -> bool:
    """The kernel itself says that something is wrong."""
    return bool(result.reports) or result.kernel_died


class _Finder:
    def __init__(self, run: Run) -> None:
        self.servers = run.servers
        self.raw = _results_of_raw(run)
        self.raw_passes = raw_passes_any(run)
        self.raw_fails = any(map(_fails, self.raw.values()))
        self.works = {server.name for server in run.servers if any(map(_passes, server.results.values()))}

    def suspect(self, server: Server, result: Result) -> Optional[Suspect]:
        if _reported(result):
            return Suspect.KERNEL
        found = self._over_io_uring(server, result) if self._ring_decides(server, result) else self._over_dev_fuse(result)
        return found or (Suspect.UNDECIDED if self._server_failed(result) else None)

    def _ring_decides(self, server: Server, result: Result) -> bool:
        """raw says nothing about the kernel's io_uring part; only another server over io_uring does."""
        return server.over_io_uring and _passes(self.raw.get(result.case.name))

    def _over_io_uring(self, server: Server, result: Result) -> Optional[Suspect]:
        if not self._server_failed(result):
            return None
        name = result.case.name
        others = {other.name: other.results.get(name) for other in self.servers if other.over_io_uring}
        del others[server.name]
        if any(map(_passes, others.values())):
            return Suspect.LIBRARY
        return Suspect.KERNEL if _fails(self._result("raw-uring", name)) and any(map(_fails, others.values())) else None

    def _over_dev_fuse(self, result: Result) -> Optional[Suspect]:
        raw = self.raw.get(result.case.name)
        if result.server == "raw":
            return Suspect.KERNEL if self.raw_passes and _fails(raw) and self._is_not_of_raw_alone(result) else None
        if not self._server_failed(result):
            return None
        if _passes(raw) or raw and self._only_a_library_tests(raw):
            return Suspect.LIBRARY if result.server != "raw32" else None  # it has none, but is another program than raw
        return Suspect.KERNEL if self.raw_passes and _fails(raw) else None

    def _only_a_library_tests(self, raw: Result) -> bool:
        """Then all cases that ran on raw decide about the kernel."""
        return raw.outcome is Outcome.SKIP_LIBRARY and self.raw_passes and not self.raw_fails

    def _is_not_of_raw_alone(self, raw: Result) -> bool:
        """A hang or a crash on raw alone may be raw's own."""
        others = [server.results.get(raw.case.name) for server in self.servers if server.name != "raw"]
        return any(map(_fails, others)) or raw.outcome is Outcome.FAIL and not any(map(_passes, others))

    def _server_failed(self, result: Result) -> bool:
        """The set-up depends on the library, too; a server that never got through a case may be anything."""
        if result.outcome is not Outcome.BROKEN:
            return _fails(result)
        return result.broken_by == "init" or result.broken_by == "server" and result.server in self.works

    def _result(self, server: str, name: str) -> Optional[Result]:
        return next((each.results.get(name) for each in self.servers if each.name == server), None)
