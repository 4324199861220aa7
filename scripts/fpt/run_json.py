# SPDX-License-Identifier: GPL-2.0
"""Reads the results in a run.json, with what --expect said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

from .model import Case, Expected, Result, Server
from .outcome import Outcome


class NotARun(Exception):
    """Its text is "FILE: why"."""


def read(path: Path) -> list[Server]:
    """Raises NotARun or OSError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        servers = {name: Server(name) for name in document["servers"]}
        for case in document["cases"]:
            for server, found in case["results"].items():
                servers[server].results[case["name"]] = _result(Case(case["program"], case["name"]), server, found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotARun(f"{path}: not the run.json of a run: {error!r}") from error
    return list(servers.values())


def _result(case: Case, server: str, found: dict[str, Any]) -> Result:
    return Result(case, server, Outcome(found["outcome"]), expected=_expected(found.get("expected")))


def _expected(found: Optional[dict[str, Any]]) -> Optional[Expected]:
    if found is None:
        return None
    return Expected(found["place"], found["outcome"], found.get("reason", ""), found["met"])
