# SPDX-License-Identifier: GPL-2.0
"""madison kernels|sources: prints what apt-cache madison, on standard input, says of these, in no order."""

from __future__ import annotations

import sys

from .. import madison


def main(arguments: list[str]) -> int:
    show = {"kernels": madison.kernels, "sources": madison.sources}[arguments[0]]
    for line in show(madison.read(sys.stdin)):
        print(line)
    return 0
