# SPDX-License-Identifier: GPL-2.0
"""Prints jobs of stdin, "SERVER<tab>PROGRAM", those first that failed in the newest run of RUNS besides THIS."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import order


def main(arguments: list[str]) -> int:
    runs, this = map(Path, arguments)
    jobs = [(server, program) for server, program in (line.rstrip("\n").split("\t") for line in sys.stdin)]
    for job in order.failed_first(jobs, lambda job: job, order.failed_before(runs, this)):
        print("\t".join(job))
    return 0
