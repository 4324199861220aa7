# SPDX-License-Identifier: GPL-2.0
"""What writers say of a result that needs an explanation."""

from __future__ import annotations

import re
from typing import Optional

from ..model import Result, Run, Server

_LOCATION = re.compile(r"(?P<file>[^\s:]+\.[ch]):(?P<line>\d+):")


def headline(result: Result) -> str:
    """The outcome and its reason, in one line."""
    word = result.outcome.value
    if result.deviates:
        word += f", {result.expected}"
    elif result.unexpected_pass:
        word = "passed unexpectedly"
    return f"{word}: {result.note}" if result.note else word


def change(result: Result) -> str:
    """Of a result that changed: all differences, in one line."""
    return f"changed, not promised: {'; '.join(map(str, result.changes)) or result.reason}"


def failure(result: Result) -> str:
    """One word for a result that failed."""
    return result.outcome.value if result.outcome.failed else "deviates"


def lines(run: Run, result: Result) -> list[str]:
    """All that helps with a failure: the reason, the promise, what the harness printed, how to run it again."""
    case = result.case
    text = [headline(result), *result.details]
    promise = f"{case.promise}: {case.title}"
    if case.promise and promise not in result.details:
        text.insert(1, promise)
    rerun = rerun_command(run, result)
    return [*text, f"rerun: {rerun}"] if rerun else text


def rerun_command(run: Run, result: Result) -> str:
    command = run.rerun.get(result.server)
    return f"{command} {result.case.name}" if command else ""


def location(run: Run, result: Result) -> Optional[tuple[str, int]]:
    """File, from the top of the source, and line of the first failure, if it is the case's own source.

    The harness prints the file's name without its folder.
    """
    for line in result.details:
        match = _LOCATION.match(line)
        if match:
            if match["file"] != f"{result.case.program}.c":
                return None
            return f"cases/{'external/' if run.external else ''}{match['file']}", int(match["line"])
    return None


def totals(run: Run) -> str:
    """The last line of the summary."""
    return f"{run.passed} passed, {run.failed} failed, {run.skipped} skipped"


def further_totals(run: Run) -> str:
    """What the summary has before its last line."""
    changed = f", {run.changed} changed, not promised" if run.changed else ""
    return f"{run.known_failures} failed as expected{changed}"


def by_program(server: Server) -> dict[str, list[Result]]:
    programs: dict[str, list[Result]] = {}
    for result in server.results.values():
        programs.setdefault(result.case.program, []).append(result)
    return programs


def facts(run: Run) -> dict[str, str]:
    """What is known of the kernel and of the suite."""
    known = {"kernel": run.kernel, "fault": run.fault, **dict(sorted(run.environment.items()))}
    return {key: value for key, value in known.items() if value}


def server_facts(server: Server) -> dict[str, str]:
    known = {
        "server": server.name,
        "server_library": server.library,
        "server_version": server.version,
        "server_over_io_uring": "yes" if server.over_io_uring else "",
    }
    return {key: value for key, value in known.items() if value}
