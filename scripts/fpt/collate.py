# SPDX-License-Identifier: GPL-2.0
"""Makes the model of a run of what the run left in its directory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Sequence

from . import files, kernel_log, ktap, programs, reasons, suspects
from .evidence import Evidence, ServerEvidence
from .execute import UNBEGUN
from .failure import Failure
from .kernel_log import KernelLog
from .model import Case, Result, Run, Server
from .outcome import Outcome

_NO_VERDICT = "no verdict: "


@dataclass
class _Death:
    outcome: Outcome
    reason: str


@dataclass
class _Found:
    """What the files of the directory say, before anything is decided."""

    cases: dict[str, Case]
    listed: frozenset[str]
    servers: dict[str, Server]
    stopped: bool  # at the first failure
    deaths: dict[kernel_log.Key, _Death] = field(default_factory=dict)
    verdicts: dict[kernel_log.Key, ktap.Verdict] = field(default_factory=dict)
    skips: dict[tuple[str, str], str] = field(default_factory=dict)  # server, program: why none of its cases ran
    left_out: dict[kernel_log.Key, str] = field(default_factory=dict)  # by --skip: why
    evidence: dict[str, ServerEvidence] = field(default_factory=dict)
    log: KernelLog = field(default_factory=KernelLog)


def read(
    directory: str,
    kernel: str,
    servers: Sequence[str],
    *,
    fault: str = "",
    external: bool = False,
    rerun: Optional[Mapping[str, str]] = None,
    environment: Optional[Mapping[str, str]] = None,
) -> Run:
    """Also writes kernel.log, the records of the kernel log that belong to the run."""
    path = Path(directory)
    if not (path / "cases.tsv").exists():
        raise Failure(f"{directory}: not a run directory, it has no cases.tsv")
    run = Run(kernel, [], [Server(name) for name in servers], directory, fault, external)
    run.rerun.update(rerun or {})
    run.environment.update(environment or {})
    try:
        _read(path, run)
    except OSError as error:
        raise Failure(f"cannot read {error.filename}: {error.strerror}", status=2) from error
    return run


def _read(path: Path, run: Run) -> None:
    cases = {case.name: case for case in map(_case, files.lines(path / "cases.tsv"))}
    found = _Found(cases, frozenset(cases), {server.name: server for server in run.servers}, (path / "stopped").exists())
    _read_status(path / "status.tsv", found)
    _read_deaths(path / "deaths.tsv", found, run)
    if (path / "left_out.tsv").exists():
        found.left_out = {(server, case): why for server, case, why in files.rows(path / "left_out.tsv")}
    for server in run.servers:
        _read_evidence(path / "evidence" / server.name, server, found, run)
    found.log = _read_kernel_log(path, found)
    for file in sorted(path.glob("ktap/*/*.ktap")):
        _read_ktap(file, found)
    run.cases = list(found.cases.values())
    _take_kernel_log(found.log, run)
    for server in run.servers:
        for case in run.cases:
            _add_result(server, case, found, run)
    suspects.compare_with_raw(run)
    suspects.find(run)
    for server in run.servers:
        _check_programs(server, found, run)
    _digest(path / "config", run)


def _case(line: str) -> Case:
    return programs.parse_case(line.partition("\t")[2])


def _read_status(path: Path, found: _Found) -> None:
    for server, program, status in files.rows(path):
        if server in found.servers:
            found.servers[server].status[program] = status


def _read_deaths(path: Path, found: _Found, run: Run) -> None:
    """Of virtual machines."""
    if not path.exists():
        return
    for server, case, outcome, reason, *_ in files.rows(path):
        if case == "-":
            run.failures.append(reasons.stable(f"the kernel died: {reason}"))
        else:
            found.deaths[server, case] = _Death(Outcome(outcome), reasons.stable(reason))


def _read_evidence(folder: Path, server: Server, found: _Found, run: Run) -> None:
    evidence = found.evidence[server.name] = ServerEvidence()
    for file in sorted(folder.glob("*.jsonl")):
        evidence.read(files.lines(file))
    server.library = evidence.notes.get("server_name", "")
    server.version = evidence.notes.get("server_version", "")
    server.over_io_uring = "server_over_io_uring" in evidence.notes
    if "fuse_protocol_minor" in evidence.notes:
        run.environment["fuse_protocol_minor"] = evidence.notes["fuse_protocol_minor"]


def _read_kernel_log(path: Path, found: _Found) -> KernelLog:
    declared = path / "known_reports.tsv"
    known = kernel_log.known(files.lines(declared)) if declared.exists() else []
    with open(path / "kernel.log", "w", encoding="utf-8") as out:
        return kernel_log.read(files.lines(path / "kmsg"), found.listed, found.servers, known, out)


def _take_kernel_log(log: KernelLog, run: Run) -> None:
    if log.outside:
        run.failures.append(f"kernel log: {log.outside}")
    run.reports_of_others = log.others
    run.reports_unknown = log.unknown
    run.reports_known = log.known
    run.records_lost = log.lost


def _read_ktap(file: Path, found: _Found) -> None:
    """A program may have a case that it does not list: that counts, too."""
    server, program = file.parent.name, file.stem
    reader = ktap.Reader()
    for line in files.lines(file):
        verdict = reader.line(line)
        if verdict:
            name = f"{program}.{verdict.name}"
            found.cases.setdefault(name, Case(program, name))
            found.verdicts[server, name] = verdict
    if reader.skip_all:
        found.skips[server, program] = reader.skip_all


def _add_result(server: Server, case: Case, found: _Found, run: Run) -> None:
    key = (server.name, case.name)
    verdict = found.verdicts.get(key)
    if not verdict and case.name not in found.listed:
        return
    if key in found.left_out:
        server.results[case.name] = Result(case, server.name, Outcome.SKIP_CONFIG, found.left_out[key])
        return
    if not verdict and (server.name, case.program) in found.skips:
        verdict = ktap.Verdict(case.name, "skip", found.skips[server.name, case.program], "", "", ())
    death = found.deaths.get(key)
    if not verdict and not death and found.stopped and not server.status.get(case.program):
        run.not_run += 1
        return
    if death:  # how much arrived before varies
        result = Result(case, server.name, death.outcome, death.reason, kernel_died=True)
    else:
        evidence = found.evidence[server.name].cases.get(case.name, Evidence())
        result = _decide(case, server, verdict, evidence, found.log.reports.get(key, ""))
    server.results[case.name] = result


def _decide(case: Case, server: Server, verdict: Optional[ktap.Verdict], evidence: Evidence, report: str) -> Result:
    status = server.status.get(case.program, "")
    outcome, reason = _outcome(verdict, evidence, status)
    if report and not outcome.failed:
        outcome, reason = Outcome.FAIL, ""
    result = Result(
        case,
        server.name,
        outcome,
        reasons.stable(reason),
        changes=tuple(evidence.changes),
        reports=(report,) if report else (),
        observed=" ".join(filter(None, evidence.observed)),
        requests=" | ".join(filter(None, evidence.requests)),
        seconds=evidence.seconds,
    )
    if outcome.skipped:
        result.lacks = evidence.lacks
    if outcome.failed:
        _take_failure(evidence, result)
        result.details = verdict.details if verdict else ()
    return result


def _take_failure(evidence: Evidence, result: Result) -> None:
    result.broken_by = evidence.broken_by
    result.open_error = evidence.open_error
    result.eio_cause = evidence.eio_cause
    result.held_by = evidence.held_by
    result.hints = tuple(map(reasons.stable, evidence.hints))
    result.advice = reasons.stable(evidence.advice)
    result.shell = tuple(evidence.shell.splitlines())
    result.kinds = tuple(dict.fromkeys(evidence.kinds))


def _outcome(verdict: Optional[ktap.Verdict], evidence: Evidence, status: str) -> tuple[Outcome, str]:
    if evidence.broken is not None:
        return Outcome.BROKEN, evidence.broken
    if not verdict:
        return _without_verdict(evidence, status), _NO_VERDICT + _how_it_ended(status)
    if verdict.word == "skip":
        skip = reasons.skip(verdict.reason)
        return skip.outcome, skip.text
    if verdict.word == "changed" and evidence.changes:
        return Outcome.CHANGED, str(evidence.changes[0])
    if verdict.word != "fail":
        return Outcome(verdict.word), verdict.reason
    outcome = verdict.outcome
    if not verdict.end and evidence.begun and not evidence.ended:
        outcome = Outcome.CRASH
    unmet = evidence.unmet if outcome is Outcome.FAIL else ""
    return outcome, unmet or reasons.without_location(verdict.failure) or "no failure message"


def _without_verdict(evidence: Evidence, status: str) -> Outcome:
    if not evidence.begun or not status:
        return Outcome.INCOMPLETE
    return Outcome.TIMEOUT if status == "timeout" else Outcome.CRASH


def _how_it_ended(status: str) -> str:
    if not status:
        return "the machine ended before the case started"
    if status == "timeout":
        return "the program exceeded its time limit"
    if status == UNBEGUN:
        return "the time limit of the run was over before the program began"
    if int(status) > 128:
        return f"the program was killed by signal {int(status) - 128}"
    return f"the program exited with status {status}"


def _check_programs(server: Server, found: _Found, run: Run) -> None:
    """A program may fail although all its cases passed."""
    failed = {result.case.program for result in server.results.values() if result.outcome.failed}
    begun = (case.program for case in run.cases if (server.name, case.name) not in found.left_out)
    for program in dict.fromkeys(begun):
        status = server.status.get(program, "")
        if status in ("0", "4") or found.stopped and not status or program in failed:
            continue
        run.failures.append(f"{program} on {server.name}: all cases passed, but {_how_it_ended(status)}")


def _digest(config: Path, run: Run) -> None:
    """Names the configuration of the kernel, which no release does."""
    if config.exists():
        run.environment["kernel_config"] = config.name
        run.environment["kernel_config_sha256"] = hashlib.sha256(config.read_bytes()).hexdigest()
