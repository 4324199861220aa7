# SPDX-License-Identifier: GPL-2.0
"""The results of one server as a table."""

from __future__ import annotations

from typing import TextIO

from ..model import Server

COLUMNS = ("case", "server", "outcome", "observed", "requests", "note")


def write(server: Server, out: TextIO) -> None:
    rows = [COLUMNS]
    for name, result in server.results.items():
        rows.append((name, server.name, result.outcome.value, result.observed, result.requests, result.note))
    out.writelines("\t".join(row) + "\n" for row in rows)
