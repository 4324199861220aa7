# SPDX-License-Identifier: GPL-2.0
"""Prints the lines of cases.tsv: --list of programs, after each one's name. An error is printed there, too."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import programs, shard


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="list-cases")
    parser.add_argument("--shard", metavar="I/N")
    parser.add_argument("program", type=Path, nargs="+")
    separator = arguments.index("--")
    given = parser.parse_args(arguments[:separator])
    lines = []
    for program, listed in zip(given.program, programs.answers(given.program, "--list", *arguments[separator + 1 :])):
        if listed is None:
            print(f"{program} --list failed: run 'make' again")
            return 1
        lines += [f"{program.name}\t{line}" for line in listed]
    for line in shard.part(lines, given.shard) if given.shard else lines:
        print(line)
    return 0
