# SPDX-License-Identifier: GPL-2.0
"""What the terminal prints at the end of a run."""

from __future__ import annotations

from collections import Counter
from typing import Iterable, Iterator, Sequence, TextIO

from . import changes, suspects
from .model import Result, Run, Server, Suspect
from .outcome import Outcome

_SLOWEST = 10  # cases that --verbose names


def write(run: Run, out: TextIO, verbose: bool = False, deviations: Sequence[str] = ()) -> None:
    """DEVIATIONS: sections of expectations.summary()."""
    for line in _lines(run, verbose, deviations):
        out.write(f"{line}\n")


def _lines(run: Run, verbose: bool, deviations: Sequence[str]) -> Iterator[str]:
    yield ""
    yield from _servers(run)
    yield from _section("Skipped:", _skips(run, verbose or run.unsupported or run.external))
    if verbose:
        yield from _section("Expected failures:", _cases(run, (result for result in run.results() if result.known_failure)))
    else:
        yield from _section("Expected failures:", _expected_failures(run))
    yield from _section(changes.HEADING, (f"  {difference}" for difference in changes.of(run)))
    yield from _section("UNEXPECTED PASSES (if the kernel was fixed, remove .xfail from the case):",
                        _cases(run, (result for result in run.results() if result.unexpected_pass)))
    yield from _section("Failed:", _cases(run, (result for result in run.results() if result.outcome.failed and result.failed)))
    yield from deviations
    if run.fault:
        yield ""
        yield (f"a deliberate fault is active (FPT_FAULT={run.fault}): "
               "this run says nothing about the kernel or a library")
    else:
        yield from _section("Suspected:", _suspected(run))
    yield from _section("Failed outside of any case:", (f"  {failure}" for failure in run.failures))
    yield from _kernel_log(run)
    if verbose:
        yield from _section("Slowest:", _slowest(run))
    if run.unsupported and run.passed:
        yield from ("", "UNSUPPORTED: no case that needs passthrough could run")
    if run.not_run:
        yield from ("", f"stopped at the first failure: {run.not_run} case{_s(run.not_run, 's were', ' was')} not run")
    yield from ("", f"logs: {run.directory}", "")
    yield from _totals(run)


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Nothing at all without lines."""
    for number, line in enumerate(lines):
        if number == 0:
            yield from ("", heading)
        yield line


def _s(count: int, many: str = "s", one: str = "") -> str:
    return one if count == 1 else many


def _servers(run: Run) -> Iterator[str]:
    width = max([9, *(len(server.name) for server in run.servers)])
    for server in run.servers:
        by_expect = [result for result in server.results.values() if result.known_failure and result.outcome.failed]
        counts = Counter(result.outcome for result in server.results.values()) - Counter(result.outcome for result in by_expect)
        others = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome
                  if outcome not in (Outcome.PASS, Outcome.FAIL) and counts[outcome]]
        if by_expect:
            others.append(f"{len(by_expect)} failed as --expect says")
        yield (f"{server.name:{width}} {server.passed} passed, {server.failed} failed, {server.skipped} skipped"
               + (f"  ({', '.join(others)})" if others else ""))


def _totals(run: Run) -> Iterator[str]:
    known, passes = run.known_failures, run.unexpected_passes
    if known or passes:
        yield f"{known} failed as expected" + (f", {passes} passed unexpectedly" if passes else "")
    if run.changed:
        yield f"{run.changed} changed, not promised"
    yield f"{run.passed} passed, {run.failed} failed, {run.skipped} skipped"


def _cases(run: Run, results: Iterable[Result]) -> Iterator[str]:
    for result in results:
        case, place = result.case, f"{result.server}/{result.case.program}"
        yield f"  {result.server} {case.name}: {result.outcome.value}"
        if case.promise:
            yield f"      {case.promise}: {case.title}"
        if result.note:
            yield f"      {result.note}"
        if result.expected:
            yield f"      {result.expected}"
        yield f"      see {run.directory}/ktap/{place}.ktap"
        yield f"      see {run.directory}/evidence/{place}.jsonl"
        if result.outcome.failed and result.server in run.rerun:
            yield f"      rerun: {run.rerun[result.server]} {case.name}"


def _skips(run: Run, libraries: bool) -> Iterator[str]:
    """Each reason once. A user cannot change what a server does not support: LIBRARIES lists that, too."""
    times: dict[str, int] = {}
    left_out = 0
    for result in run.results():
        if result.outcome is Outcome.SKIP_LIBRARY and result.skipped and not libraries:
            left_out += 1
        elif result.skipped:
            reason = f"{result.outcome.skip_class}: {result.note}"
            times[reason] = times.get(reason, 0) + 1
    for reason, count in times.items():
        yield f"{count:5}  {reason}"
    if left_out:
        yield f"{left_out:5}  library: not supported by a server (--verbose lists what)"


def _expected_failures(run: Run) -> Iterator[str]:
    """One line for each promise, or line of --expect."""
    times: dict[str, int] = {}
    why: dict[str, str] = {}
    for case in run.cases:
        for server in run.servers:
            result = server.results.get(case.name)
            if result and result.known_failure:
                line = result.expected if result.outcome.failed else None
                place, reason = (line.place, line.reason) if line else (case.promise, result.note)
                times[place] = times.get(place, 0) + 1
                why.setdefault(place, reason)
    for place, count in times.items():
        yield f"{count:5}  {place}" + (f": {why[place]}" if why[place] else "")


def _suspected(run: Run) -> Iterator[str]:
    """An external file system has no control to compare with: its advice names what is wrong."""
    for server in run.servers:
        yield from _suspect(
            (result for result in server.results.values() if result.suspect is Suspect.LIBRARY and result.failed),
            f"{_library(server)}, not the kernel",
            f"failed on {server.name} but not on raw, which uses no library",
        )
    control = "raw or raw-uring, which use" if suspects.raw_uring_was_control(run) else "raw, which uses"
    yield from _suspect(
        (result for result in run.results() if result.suspect is Suspect.KERNEL and result.failed),
        f"kernel {run.kernel}",
        f"failed on {control} no library, or with a kernel log report",
    )
    if not run.external:
        undecided = (result for result in run.results() if result.suspect is Suspect.UNDECIDED and result.failed)
        yield from _suspect(undecided, "undecided", _why_undecided(run))


def _why_undecided(run: Run) -> str:
    if suspects.raw_passes_any(run):
        return "failed and may be due to the kernel, a library or a server"
    has_raw = any(server.name == "raw" for server in run.servers)
    what_to_do = "run more cases" if has_raw else "give --server raw,NAME"
    return f"failed, and raw, which uses no library, passed none in this run ({what_to_do})"


def _suspect(results: Iterable[Result], who: str, why: str) -> Iterator[str]:
    cases = {result.case.name: result.case for result in results}
    if not cases:
        return
    yield f"  {who}: {len(cases)} case{_s(len(cases))} {why}"
    promises = list(dict.fromkeys(case.promise for case in cases.values() if case.promise))
    if promises:
        yield f"      promise{_s(len(promises))} {' '.join(promises)}"


def _library(server: Server) -> str:
    return " ".join(filter(None, (server.library or server.name, server.version)))


def _kernel_log(run: Run) -> Iterator[str]:
    log = f"{run.directory}/kernel.log"
    yield from _section(f"Kernel log, reports about processes outside of this run (not counted, see {log}):",
                        (f"  {report}" for report in run.reports_of_others))
    if run.reports_unknown:
        yield ""
        yield (f"Kernel log: {run.reports_unknown} of the reports name processes that had exited, "
               "cannot be looked up here, or were")
        yield f"interrupted. They count, but may concern other processes: see {log}"
    yield from _section("Kernel log, known reports (not counted):", map(_known, run.reports_known))
    if run.records_lost:
        yield from ("", f"{run.records_lost} kernel log records were lost: a report may have been missed")


def _slowest(run: Run) -> Iterator[str]:
    timed = [(result.seconds, result) for result in run.results() if result.seconds is not None]
    for seconds, result in sorted(timed, key=lambda pair: -pair[0])[:_SLOWEST]:
        yield f"{seconds:8.2f} s  {result.server} {result.case.name}"


def _known(known: tuple[str, str]) -> str:
    promise, report = known
    return f"  {promise}: {report}" + (" (lockdep is off from there on)" if "lock" in report else "")
