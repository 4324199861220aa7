# SPDX-License-Identifier: GPL-2.0
"""What changed and is not promised: each difference once, with the servers on which it was seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from .model import Case, Run

HEADING = "Changed, not promised:"


@dataclass
class Difference:
    case: Case
    text: str  # what: got, wanted
    servers: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.case.promise} {self.case.name}: {self.text} ({', '.join(self.servers)})".lstrip()


def of(run: Run) -> list[Difference]:
    found: dict[tuple[str, str], Difference] = {}
    for result in run.results():
        for text in map(str, result.changes or (result.reason,)) if result.changed else ():
            difference = found.setdefault((result.case.name, text), Difference(result.case, text))
            difference.servers.append(result.server)
    return list(found.values())
