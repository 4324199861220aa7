# SPDX-License-Identifier: GPL-2.0
"""Runs programs of cases on servers, several at once, each with a time limit."""

from __future__ import annotations

import math
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Optional

from .kmsg import KernelLog
from .lines import Lines
from .live import Live

_CANNOT_RUN = "127"  # as in a shell
UNBEGUN = "unbegun"  # when the time of the run was over
_KILL_SECONDS = 1.0  # after SIGTERM
_OUTPUT_SECONDS = 10.0  # after the exit of a program
_BATCH_SECONDS = 0.005  # of output and kernel log: to wake up for each line costs more than the line


@dataclass(frozen=True)
class Server:
    """One server under test."""

    name: str  # in results
    path: str
    unusable: str = ""  # why no case can run on it


@dataclass(frozen=True)
class Job:
    """One program on one server."""

    server: Server
    program: Path
    arguments: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.server.name, self.program.name


@dataclass(frozen=True)
class Settings:
    """What all jobs have in common."""

    logs: Path  # the run directory
    arguments: tuple[str, ...] = ()  # of all programs
    at_once: int = 1
    limit: float = 0.0  # seconds for a program; 0: none
    run_limit: float = 0.0  # seconds for all; 0: none
    fail_fast: bool = False

    @property
    def stopped(self) -> Path:
        """Exists when a run has ended at its first failure."""
        return self.logs / "stopped"


class _Program:
    """A running program, in a process group of its own, which has ended when it has exited and its
    output has, too."""

    def __init__(self, job: Job, settings: Settings, until: float, take: Callable[[str], None]) -> None:
        server, name = job.key
        self.job = job
        self.has_output = True
        self._timed_out = False
        self._ktap = (settings.logs / "ktap" / server / f"{name}.ktap").open("wb", buffering=0)
        evidence = settings.logs / "evidence" / server / f"{name}.jsonl"
        self._process = subprocess.Popen(
            [str(job.program), *settings.arguments, *job.arguments],
            env={**os.environ, "FPT_SERVER": job.server.path, "FPT_SERVER_NAME": server, "FPT_EVIDENCE": str(evidence)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            close_fds=False,  # for harness/last_resort.h; Python's own are closed on exec
            start_new_session=True,
        )
        assert self._process.stdout
        self.output = Lines(self._process.stdout.fileno(), take)
        self.process = os.pidfd_open(self._process.pid)
        until = min(until, time.monotonic() + (settings.limit or math.inf))
        self.deadline = until if until < math.inf else None

    @property
    def exited(self) -> bool:
        return self._process.returncode is not None

    def read(self) -> None:
        data = self.output.read()
        self._ktap.write(data)
        self.has_output = bool(data)

    def reap(self) -> None:
        self._process.wait()
        self.deadline = time.monotonic() + _OUTPUT_SECONDS

    def expire(self) -> None:
        """At the deadline: SIGTERM, then SIGKILL, as timeout(1) does; then the output is left to
        whatever process has escaped with it."""
        if self.exited:
            self.has_output = False
            return
        os.killpg(self._process.pid, signal.SIGKILL if self._timed_out else signal.SIGTERM)
        self.deadline = None if self._timed_out else time.monotonic() + _KILL_SECONDS
        self._timed_out = True

    def end(self) -> str:
        """Returns the status for status.tsv."""
        assert self._process.stdout
        self._process.stdout.close()
        os.close(self.process)
        self._ktap.close()
        status = self._process.returncode
        return "timeout" if self._timed_out else str(status if status >= 0 else 128 - status)


class Execution:
    """Runs jobs until all have ended or, with fail_fast, no more are to begin."""

    def __init__(self, settings: Settings, live: Live, kernel_log: KernelLog) -> None:
        self._settings = settings
        self._live = live
        self._log = kernel_log
        self._jobs: deque[Job] = deque()
        self._running: list[_Program] = []
        self._failed = False
        self._until = math.inf
        # poll(2) has also files that epoll(7) refuses, which a container may have as /dev/kmsg.
        self._selector = selectors.PollSelector()
        self._exits = selectors.PollSelector()

    def run(self, jobs: Iterable[Job]) -> None:
        self._jobs.extend(jobs)
        if self._settings.run_limit:
            self._until = time.monotonic() + self._settings.run_limit
        with self._selector, (self._settings.logs / "status.tsv").open("a") as status:
            self._status = status
            if self._log.fd is not None:
                self._selector.register(self._log.fd, selectors.EVENT_READ, self._read_log)
            self._start()
            while self._running:
                self._exits.select(_BATCH_SECONDS)
                for key, _ in self._selector.select(self._patience()):
                    key.data()
                self._settle()
                self._start()

    def _start(self) -> None:
        while self._jobs and len(self._running) < self._settings.at_once:
            if self._settings.fail_fast and (self._failed or self._live.failed):
                self._settings.stopped.touch()
                return
            self._begin(self._jobs.popleft())

    def _begin(self, job: Job) -> None:
        server, name = job.key
        if job.server.unusable:
            (self._settings.logs / "ktap" / server / f"{name}.ktap").write_text(f"1..0 # SKIP {job.server.unusable}\n")
            self._record(job, "4")
            return
        if time.monotonic() >= self._until:
            self._record(job, UNBEGUN)
            return
        try:
            program = _Program(job, self._settings, self._until, lambda line: self._live.take(server, name, line))
        except OSError as error:
            print(f"cannot run {job.program}: {error.strerror}", file=sys.stderr)
            self._record(job, _CANNOT_RUN)
            return
        self._running.append(program)
        self._selector.register(program.output.fd, selectors.EVENT_READ, program.read)
        self._selector.register(program.process, selectors.EVENT_READ, program.reap)
        self._exits.register(program.process, selectors.EVENT_READ)

    def _record(self, job: Job, status: str) -> None:
        good = status in ("0", "4") or status == "1" and self._live.failed_as_expected(*job.key)
        self._failed = self._failed or not good
        self._status.write("\t".join((*job.key, status)) + "\n")
        self._status.flush()

    def _read_log(self) -> None:
        if not self._log.read():
            assert self._log.fd is not None
            self._selector.unregister(self._log.fd)

    def _patience(self) -> Optional[float]:
        """Seconds until something is due, or None."""
        waits = [program.deadline - time.monotonic() for program in self._running if program.deadline is not None]
        progress = self._live.progress()
        if progress is not None:
            waits.append(progress)
        return max(0.0, min(waits)) if waits else None

    def _forget(self, fd: int) -> None:
        for selector in self._selector, self._exits:
            if fd in selector.get_map():
                selector.unregister(fd)

    def _settle(self) -> None:
        """Takes the programs off that have exited or have no output, or are due."""
        for program in list(self._running):
            if program.deadline is not None and time.monotonic() >= program.deadline:
                program.expire()
            if program.exited:
                self._forget(program.process)
            if not program.has_output:
                self._forget(program.output.fd)
            if program.exited and not program.has_output:
                self._running.remove(program)
                self._record(program.job, program.end())
