# SPDX-License-Identifier: GPL-2.0
"""Prints the lines of cases.tsv: --list of programs, after each one's name. An error is printed there, too."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from .. import shard


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="list-cases")
    parser.add_argument("--shard", metavar="I/N")
    parser.add_argument("program", type=Path, nargs="+")
    separator = arguments.index("--")
    given = parser.parse_args(arguments[:separator])
    command = ["--list", *arguments[separator + 1 :]]
    listing = [
        subprocess.Popen([program, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
        for program in given.program
    ]
    lines = []
    for program, process in zip(given.program, listing):
        output, _ = process.communicate()
        if process.returncode:
            print(f"{program} --list failed: run 'make' again")
            return 1
        lines += [f"{program.name}\t{line}" for line in output.splitlines()]
    for line in shard.part(lines, given.shard) if given.shard else lines:
        print(line)
    return 0
