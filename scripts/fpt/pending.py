# SPDX-License-Identifier: GPL-2.0
"""Which cases of a run have no outcome yet, for what boots virtual machines until all have one."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Sequence

from . import files, ktap


def jobs(directory: Path, servers: Sequence[str]) -> Iterator[tuple[bool, str, str, str]]:
    """Of programs that have not ended: whether the case is pending, server, program, case."""
    ended = {(server, program) for server, program, *_ in files.rows(directory / "status.tsv")}
    known = {(server, case) for server, case, *_ in files.rows(directory / "deaths.tsv")}
    if (directory / "left_out.tsv").exists():
        known |= {(server, case) for server, case, *_ in files.rows(directory / "left_out.tsv")}
    for file in directory.glob("ktap/*/*.ktap"):
        for verdict in ktap.read(files.lines(file)):
            known.add((file.parent.name, f"{file.stem}.{verdict.name}"))
    cases = [(program, case) for program, case, *_ in files.rows(directory / "cases.tsv")]
    for server in servers:
        for program, case in cases:
            if (server, program) not in ended:
                yield (server, case) not in known, server, program, case
