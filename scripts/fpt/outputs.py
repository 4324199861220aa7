# SPDX-License-Identifier: GPL-2.0
"""The outputs that a user may ask for, and their options."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from .failure import Failure
from .model import Run
from .writers import github, junit, kcidb, ktap


@dataclass(frozen=True)
class Setting:
    """An option --OUTPUT-NAME of one output."""

    name: str
    metavar: str
    help: str
    pattern: str

    @property
    def keyword(self) -> str:
        """What the writer calls it."""
        return self.name.replace("-", "_")

    def checked(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise argparse.ArgumentTypeError(f"'{value}' does not match {self.pattern}")
        return value


@dataclass(frozen=True)
class Output:
    """An option --NAME FILE."""

    name: str
    write: Callable[..., None]
    help: str
    settings: tuple[Setting, ...] = ()


OUTPUTS = (
    Output("ktap", ktap.write, "write KTAP: one document, nested by server and program"),
    Output("junit", junit.write, "write JUnit's XML: a testsuite for each server and program"),
    Output(
        "kcidb",
        kcidb.write,
        "write a submission to KCIDB, schema 5.3",
        (
            Setting("origin", "NAME", f"of the CI system (default: {kcidb.ORIGIN})", "[a-z0-9_]+"),
            Setting("build-id", "ID", "the build of the kernel that the CI system has submitted", "[a-z0-9_]+:.*"),
        ),
    ),
    Output("github", github.write, "write annotations for GitHub Actions; adds a summary to $GITHUB_STEP_SUMMARY"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    for output in OUTPUTS:
        parser.add_argument(f"--{output.name}", metavar="FILE", help=output.help)
        for setting in output.settings:
            parser.add_argument(
                f"--{output.name}-{setting.name}", metavar=setting.metavar, help=setting.help, type=setting.checked
            )


def _asked(options: argparse.Namespace) -> Iterator[tuple[Output, Path]]:
    for output in OUTPUTS:
        file = getattr(options, output.name)
        if file is not None:
            yield output, Path(file)


def check(options: argparse.Namespace) -> None:
    """Raises Failure if a file cannot be written, before a run that would be for nothing."""
    for output, file in _asked(options):
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise Failure(f"cannot write {file}: give another file to --{output.name}")


def write(options: argparse.Namespace, run: Run) -> None:
    for output, file in _asked(options):
        given = {setting.keyword: getattr(options, f"{output.name}_{setting.keyword}") for setting in output.settings}
        settings = {keyword: value for keyword, value in given.items() if value is not None}
        try:
            with open(file, "w", encoding="utf-8", errors="replace") as out:
                output.write(run, out, **settings)
        except OSError as error:
            raise Failure(f"cannot write {error.filename}: {error.strerror}", status=2) from error
