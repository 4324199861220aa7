# SPDX-License-Identifier: GPL-2.0
"""fpt known-reports FOLDER...: the kernel log reports that cases of programs there declare as known.

Prints promise, first line and a later line (regular expressions), separated by tabs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator

from .. import programs


def declared(folders: list[str]) -> Iterator[str]:
    asked = [program for folder in folders for program in programs.programs(Path(folder))]
    for lines in programs.answers(asked, "--json"):
        for case in map(json.loads, lines or ()):
            if case.get("known_report"):
                yield "\t".join([case["promise"], *case["known_report"]])


def main(arguments: list[str]) -> int:
    for line in declared(arguments):
        print(line)
    return 0
