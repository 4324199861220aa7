# SPDX-License-Identifier: GPL-2.0
"""For GitHub Actions: annotations, which it reads in the output of a step, and the step's summary in Markdown."""

from __future__ import annotations

import os
from collections import Counter
from typing import Iterator, TextIO

from .. import advice, changes, findings
from ..findings import Finding
from ..markdown import plain
from ..model import Result, Run, Server
from . import explain

_SHOWN = 10  # annotations of one kind, of each step
_IN_SUMMARY = 100  # failures with all their text; a summary has at most 1 MiB
_WORST_FIRST = ("crash", "timeout", "fail", "broken", "incomplete", "deviates")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _annotation(kind: str, text: str, **properties: object) -> str:
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{kind} {listed}::{_data(text)}"


def _explained(run: Run) -> list[tuple[Server, Finding]]:
    """The findings on an external file system."""
    return [(server, finding) for server in run.servers for finding in findings.of(server)] if run.external else []


def _failures(run: Run) -> list[Result]:
    failed = [result for result in run.results() if result.failed]
    return sorted(failed, key=lambda result: (not result.reports, _WORST_FIRST.index(explain.failure(result))))


def _title(result: Result) -> str:
    word = explain.failure(result) if result.failed else result.outcome.value
    return f"{result.server} {result.case.name}: {word}"


def _place(run: Run, result: Result) -> dict[str, object]:
    found = explain.location(run, result)
    return {"file": found[0], "line": found[1]} if found else {}


def _error(run: Run, result: Result) -> str:
    return _annotation("error", "\n".join(explain.lines(run, result)), **_place(run, result), title=_title(result))


def _shown(kind: str, annotations: list[str]) -> list[str]:
    """GitHub drops those beyond the first, so the last that it shows counts the others."""
    if len(annotations) <= _SHOWN:
        return annotations
    others = len(annotations) - _SHOWN + 1
    return [*annotations[: _SHOWN - 1], _annotation(kind, "see the summary of the step", title=f"{others} more")]


def _finding(run: Run, server: Server, finding: Finding) -> str:
    text = "\n".join((advice.text(finding), *advice.show(finding)))
    return _annotation("error", text, **_place(run, finding.first), title=f"{server.name}: {finding.name}")


def annotate(run: Run) -> Iterator[str]:
    errors = [_annotation("error", text, title="failed outside of any case") for text in run.failures]
    explained = _explained(run)
    errors += [_finding(run, server, finding) for server, finding in explained]
    grouped = [result for _, finding in explained for result in finding.results]
    yield from _shown("error", errors + [_error(run, result) for result in _failures(run) if result not in grouped])
    warnings = [
        _annotation("warning", explain.headline(result), title=_title(result))
        for result in run.results()
        if result.unexpected_pass
    ]
    yield from _shown("warning", warnings)
    yield _annotation("notice", f"{explain.totals(run)}{_and_changed(run)}", title=f"FUSE passthrough on {run.kernel}")


def _and_changed(run: Run) -> str:
    return f"; {run.changed} changed, not promised" if run.changed else ""


def _table(run: Run) -> Iterator[str]:
    yield "| server | passed | failed | skipped | failed as expected | passed unexpectedly | changed |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for server in run.servers:
        numbers = (
            server.passed, server.failed, server.skipped, server.known_failures, server.unexpected_passes, server.changed
        )
        yield f"| {plain(server.name)} | {' | '.join(map(str, numbers))} |"


def _findings(run: Run) -> Iterator[str]:
    explained = _explained(run)
    if explained:
        yield "\n### Findings\n"
    for number, (server, finding) in enumerate(explained, 1):
        yield f"{number}. {plain(advice.text(finding))}"
        if finding.shell:
            yield from ["", "   ```sh", *(f"   {line}" for line in finding.shell), "   ```", ""]
    if run.external:
        yield from ["", *(f"`{advice.badge(server)}`" for server in run.servers)]


def _failed(run: Run) -> Iterator[str]:
    failures = _failures(run)
    if not (failures or run.failures):
        return
    yield "\n### Failed\n"
    for text in run.failures:
        yield f"- outside of any case: {plain(text)}"
    for result in failures[:_IN_SUMMARY]:
        yield f"- `{result.case.name}` on {plain(result.server)}: {plain(explain.headline(result))}"
        yield from ["", "  ````", *(f"  {line}" for line in explain.lines(run, result)[1:]), "  ````", ""]
    if len(failures) > _IN_SUMMARY:
        yield f"- and {len(failures) - _IN_SUMMARY} more"


def _unexpected(run: Run) -> Iterator[str]:
    found = [result for result in run.results() if result.unexpected_pass]
    if found:
        yield "\n### Passed unexpectedly\n"
    for result in found:
        yield f"- `{result.case.name}` on {plain(result.server)}: {plain(result.reason)}"


def _changed(run: Run) -> Iterator[str]:
    found = changes.of(run)
    if found:
        yield "\n### Changed, not promised\n"
    for difference in found:
        yield f"- {difference.case.promise} `{difference.case.name}`: {plain(difference.text)} ({plain(', '.join(difference.servers))})"


def _skipped(run: Run) -> Iterator[str]:
    counts = Counter(
        f"{result.outcome.skip_class}: {result.reason}" for result in run.results() if result.skipped
    )
    if counts:
        yield "\n<details><summary>Skipped</summary>\n\n| cases | reason |\n|---:|---|"
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {count} | {plain(reason)} |"
        yield "\n</details>"


def summary(run: Run) -> Iterator[str]:
    yield f"## FUSE passthrough on {plain(run.kernel)}: {explain.totals(run)}\n"
    yield from _table(run)
    yield from _findings(run)
    yield from _failed(run)
    yield from _unexpected(run)
    yield from _changed(run)
    yield from _skipped(run)
    yield ""


def write(run: Run, out: TextIO) -> None:
    """Adds the summary to $GITHUB_STEP_SUMMARY, a file, if that is set."""
    out.writelines(f"{line}\n" for line in annotate(run))
    summary_file = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary_file:
        with open(summary_file, "a", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{line}\n" for line in summary(run))
