# SPDX-License-Identifier: GPL-2.0
"""The arguments of a command, with the same messages and exit status for wrong use everywhere."""

from __future__ import annotations

import argparse
from typing import NoReturn

from .failure import Failure


class Parser(argparse.ArgumentParser):
    """Texts keep their line breaks. Raises Failure for wrong use."""

    def __init__(self, name: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=f"scripts/{name}.sh",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            exit_on_error=False,
        )

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        try:
            known, unknown = self.parse_known_args(arguments)
        except argparse.ArgumentError as error:
            lacks_value = error.message.startswith("expected ")
            self.error(f"{error.argument_name} needs a value" if lacks_value else str(error))
        for argument in unknown:
            option = argument.startswith("-")
            self.error(f"unknown option {argument}" if option else f"unexpected argument '{argument}'")
        return known

    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message}, see --help")
