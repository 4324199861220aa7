# SPDX-License-Identifier: GPL-2.0
"""Reads the evidence of cases: JSON lines that the harness writes as a case goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Optional

from . import reasons
from .model import Change


@dataclass
class Evidence:
    """What one case on one server has said of itself."""

    begun: bool = False
    ended: bool = False
    seconds: Optional[float] = None
    observed: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    unmet: str = ""  # the first expectation that did not hold although it has to
    changes: list[Change] = field(default_factory=list)  # expectations that need not hold, and did not
    broken: Optional[str] = None  # why the case could not be set up
    broken_by: str = ""  # "server" or "init", see harness/README.md
    lacks: str = ""  # what an external file system does not support
    open_error: str = ""  # errno of an open, if that is the first thing that failed
    eio_cause: str = ""  # why opens fail
    held_by: str = ""  # what holds a closed file open, if that is the first thing that failed
    hints: list[str] = field(default_factory=list)
    advice: str = ""
    shell: str = ""
    kinds: list[str] = field(default_factory=list)


@dataclass
class ServerEvidence:
    """What all cases on one server have said."""

    cases: dict[str, Evidence] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)  # server_version, fuse_protocol_minor, ...

    def add(self, record: dict[str, Any]) -> None:
        kind = record.get("type")
        name = str(record.get("case", ""))
        if kind == "begin":
            self.cases[name] = Evidence(begun=True)  # it may start again in another boot
        elif kind == "note":
            self.notes[str(record.get("key", ""))] = _text(record, "value")
        elif kind in _READERS:
            _READERS[kind](self.cases.setdefault(name, Evidence()), record)

    def read(self, lines: Iterable[str]) -> None:
        """Skips steps, which are most of the lines."""
        for record in _records([line for line in lines if not line.startswith(('{"type":"step"', '{"type":"server"'))]):
            if isinstance(record, dict):
                self.add(record)


def _records(lines: list[str]) -> Iterator[Any]:
    """All at once, which takes a third of the time, or without the lines that a crash cut short."""
    try:
        records = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        records = []
    if len(records) == len(lines):
        yield from records
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


# On one line, with what a reader needs to tell a newline from the two characters.
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    text = "" if value is None else str(value)
    if text.isprintable() and "\\" not in text:  # most are
        return text
    return reasons.printable(text.translate(_ESCAPES))


def _unmet(found: Evidence, record: dict[str, Any], what: str) -> None:
    if record.get("ok") is not False:
        return
    difference = Change(what, _text(record, "observed"), _text(record, "wanted"))
    if record.get("changed"):
        found.changes.append(difference)
    elif not found.unmet:
        found.unmet = str(difference)


def _expect(found: Evidence, record: dict[str, Any]) -> None:
    found.observed.append(_text(record, "observed"))
    _unmet(found, record, _text(record, "what"))


def _requests(found: Evidence, record: dict[str, Any]) -> None:
    found.requests.append(_text(record, "observed"))
    _unmet(found, record, "requests")


def _broken(found: Evidence, record: dict[str, Any]) -> None:
    if found.broken is None:
        found.broken = _text(record, "reason")
        found.broken_by = _text(record, "by")


def _lack(found: Evidence, record: dict[str, Any]) -> None:
    found.lacks = _text(record, "operation")


def _open_error(found: Evidence, record: dict[str, Any]) -> None:
    if not found.unmet:
        found.open_error = _text(record, "errno")


def _eio_cause(found: Evidence, record: dict[str, Any]) -> None:
    found.eio_cause = _text(record, "cause")


def _held(found: Evidence, record: dict[str, Any]) -> None:
    if not found.unmet:
        found.held_by = _text(record, "by")


def _hint(found: Evidence, record: dict[str, Any]) -> None:
    found.hints.append(_text(record, "text"))


def _advice(found: Evidence, record: dict[str, Any]) -> None:
    found.advice = _text(record, "text")
    found.shell = _text(record, "shell")


def _file(found: Evidence, record: dict[str, Any]) -> None:
    found.kinds.append(_text(record, "kind"))


def _end(found: Evidence, record: dict[str, Any]) -> None:
    found.ended = True
    try:
        found.seconds = int(record["us"]) / 1e6
    except (KeyError, ValueError):
        pass


_READERS = {
    "expect": _expect,
    "requests": _requests,
    "broken": _broken,
    "lack": _lack,
    "open_error": _open_error,
    "eio_cause": _eio_cause,
    "held": _held,
    "hint": _hint,
    "advice": _advice,
    "file": _file,
    "end": _end,
}
