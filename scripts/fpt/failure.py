# SPDX-License-Identifier: GPL-2.0
"""The error that ends a command."""

from __future__ import annotations


class Failure(Exception):
    """Its text says what is wrong and what to do next; __main__ prints it behind the command's name."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status  # exit status of the command
