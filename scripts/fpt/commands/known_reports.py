# SPDX-License-Identifier: GPL-2.0
"""fpt known-reports FOLDER...: the kernel log reports that cases of programs there declare as known.

Prints promise, first line and a later line (regular expressions), separated by tabs.
"""

from __future__ import annotations

import json
from pathlib import Path

from .. import programs


def main(arguments: list[str]) -> int:
    asked = [program for folder in arguments for program in programs.programs(Path(folder))]
    for lines in programs.answers(asked, "--json"):
        for case in map(json.loads, lines or ()):
            if case.get("known_report"):
                print(case["promise"], *case["known_report"], sep="\t")
    return 0
