# SPDX-License-Identifier: GPL-2.0
"""check-expectations FILE...: prints what is wrong with files of --expect and --skip, before a run."""

from __future__ import annotations

from pathlib import Path

from .. import expectations
from ..failure import Failure


def main(arguments: list[str]) -> int:
    try:
        for file in arguments:
            expectations.read(Path(file))
    except Failure as error:
        print(error)
        return 1
    return 0
