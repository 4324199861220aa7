# SPDX-License-Identifier: GPL-2.0
"""fpt known-reports: the kernel log reports that cases declare as known, of what --json of their programs prints.

Prints promise, first line and a later line (regular expressions), separated by tabs.
"""

from __future__ import annotations

import json
import sys


def main(arguments: list[str]) -> int:
    assert not arguments
    for line in sys.stdin:
        try:
            case = json.loads(line)
        except ValueError:
            continue  # of a program that failed
        if isinstance(case, dict) and case.get("known_report"):
            print(case["promise"], *case["known_report"], sep="\t")
    return 0
