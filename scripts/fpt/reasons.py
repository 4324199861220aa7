# SPDX-License-Identifier: GPL-2.0
"""The text that explains an outcome: what is kept of it, and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .outcome import Outcome

_VARYING = (
    (re.compile(r"CPU: [0-9]+ *"), ""),
    (re.compile(r"PID: [0-9]+ *"), ""),
    (re.compile(r"0x[0-9a-fA-F]+"), "0x.."),
    (re.compile(r":[0-9]+ blocked for more than [0-9]+"), " blocked for more than .."),
    (re.compile(r"[^!-~\u0080-\U0010ffff]+"), " "),
)
_LOCATION = re.compile(r"\S+\.[ch]:[0-9]+:(?:[^ :]+:)?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SHORT = re.compile(r"(?P<short>.+?) \((?P<remedy>.+)\)$")


def printable(text: str) -> str:
    return _CONTROL.sub("?", text)


def stable(text: str) -> str:
    """Leaves out what differs from run to run."""
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text.removeprefix(" ").removesuffix(" ")


def without_location(text: str) -> str:
    """Strips "broken: ", "dir/file.c:12:test:" or "file.c:12:", which change with every edit."""
    text = text.removeprefix("broken: ")
    match = _LOCATION.match(text)
    return text[match.end() :].lstrip() if match else text


@dataclass(frozen=True)
class Skip:
    """The reason of a skip, "class: what is missing (how to change that, or more of it)"."""

    outcome: Outcome
    text: str  # without the class

    @property
    def short(self) -> str:
        match = _SHORT.match(self.text)
        return match["short"] if match else self.text

    @property
    def remedy(self) -> str:
        match = _SHORT.match(self.text)
        return match["remedy"] if match else ""


def skip(text: str) -> Skip:
    """A reason without a class that the suite knows says that the case is broken."""
    word, colon, rest = text.partition(":")
    try:
        return Skip(Outcome(f"skip:{word}"), rest.lstrip(" ") if colon else text)
    except ValueError:
        return Skip(Outcome.BROKEN, f"skip without a class: {text}")
