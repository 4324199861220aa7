# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import os
import sys
from pathlib import Path

from .. import hello, programs
from ..arguments import Parser
from ..contract import Contract
from ..failure import Failure


def _parser() -> Parser:
    return Parser(
        "contract",
        """\
Prints the contract of FUSE passthrough as Markdown: promises, those that must be kept with
their basis, those that are only so today with the reason, the source that decides each, and
the cases that test it, as the built programs and servers declare them.""",
        """\
OUTPUT      build directory (default: build)

Exit status: 0 every promise has a case and either a basis or a reason, and every case a
promise, 1 otherwise (standard error lists which) or wrong use.""",
    )


def main(arguments: list[str]) -> int:
    _parser().parse(arguments)
    output = Path(os.environ["OUTPUT"])
    cases = programs.cases(output / "cases")
    external = programs.cases(output / "external") if programs.programs(output / "external") else []
    servers = [hello.read(server) for server in programs.programs(output / "servers")]
    if not servers:
        raise Failure(f"no servers in {output}: run 'make' first (or set OUTPUT)")
    contract = Contract(programs.promises(output / "cases"), cases, external, servers)
    for line in contract.markdown():
        print(line)
    complaints = contract.complaints()
    for complaint in complaints:
        print(f"contract.sh: {complaint}", file=sys.stderr)
    return 1 if complaints else 0
