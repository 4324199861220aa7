# SPDX-License-Identifier: GPL-2.0
"""The first line of a server, see fixtures/servers/PROTOCOL.md."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .failure import Failure

_HELLO = re.compile(r"hello protocol 2 server [^ ]+ version ([^ ]+) can(.*)")
_SECONDS = 10


@dataclass(frozen=True)
class Hello:
    name: str  # of the server's file
    version: str
    abilities: frozenset[str]


def _first_line(server: Path) -> str:
    try:
        said = subprocess.run(
            [server], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS
        ).stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
    except OSError:
        said = b""
    return said.decode("utf-8", "replace").partition("\n")[0]


def read(server: Path) -> Hello:
    match = _HELLO.fullmatch(_first_line(server))
    if not match:
        raise Failure(f"{server} sends no hello of protocol 2")
    return Hello(server.name, match[1], frozenset(match[2].split()))
