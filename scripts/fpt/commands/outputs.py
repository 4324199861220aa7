# SPDX-License-Identifier: GPL-2.0
"""fpt outputs: checks the options of outputs before a run begins."""

from __future__ import annotations

from .. import outputs
from ..arguments import Parser


def main(arguments: list[str]) -> int:
    parser = Parser("outputs", "Checks the options of outputs, and that their files can be written.")
    outputs.add_options(parser)
    outputs.check(parser.parse(arguments))
    return 0
