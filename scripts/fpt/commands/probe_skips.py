# SPDX-License-Identifier: GPL-2.0
"""How many of the cases on stdin, as in cases.tsv, each ability that a server's hello lacks skips."""

from __future__ import annotations

import sys
from collections import Counter

from ..programs import parse_case


def main(arguments: list[str]) -> int:
    (hello,) = arguments
    has = set(hello.partition(" can ")[2].split())
    lacks: Counter[str] = Counter()
    total = can = 0
    for line in sys.stdin:
        case = parse_case(line.rstrip("\n").partition("\t")[2])
        missing = {*case.abilities, *(("passthrough",) if case.needs_passthrough else ())} - has
        lacks.update(missing)
        total += 1
        can += not missing
    for ability in sorted(lacks):
        print(f'without "{ability}": cases skipped: {lacks[ability]}')
    print(f"{can} of {total} cases can run if the host has what they need")
    return 0
