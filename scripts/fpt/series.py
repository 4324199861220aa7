# SPDX-License-Identifier: GPL-2.0
"""The kselftest as the patch series that one would send."""

from __future__ import annotations

import os
import subprocess
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .failure import Failure
from .kernel_contract import Section
from .kselftest import FOLDER, MAINTAINERS, PARTS, TARGETS, Files, Kselftest, sizes, with_gitignore, with_lines

_SUBJECT = "selftests/fuse_passthrough: "
_COLUMNS = 72


@dataclass(frozen=True)
class Step:
    """A patch: what FOLDER holds after it, and its changelog, subject first."""

    files: Files
    changelog: str


class Series:
    def __init__(self, kselftest: Kselftest, changelogs: Path) -> None:
        self._kselftest = kselftest
        self._changelogs = changelogs

    def steps(self) -> Iterator[Step]:
        files = self._kselftest.build()
        for part in PARTS:
            files.update(part(self._kselftest))
            yield Step(with_gitignore(files), self._changelog(part.__name__))
        for section in self._kselftest.sections:
            if section.programs:
                files.update(self._kselftest.cases(section))
                yield Step(with_gitignore(files), section_changelog(section))

    def cover(self) -> str:
        promises = [promise for section in self._kselftest.sections for promise in section.promises]
        must = sum(kept for _, _, kept in promises)
        sections = "\n".join(_wrapped(f"  {section.letter}  {section.title}", "     ") for section in self._kselftest.sections)
        return self._changelog("cover").format(
            promises=len(promises),
            must=must,
            today=len(promises) - must,
            sections=sections,
            sizes=_wrapped(sizes(self._kselftest.all())),
        )

    def _changelog(self, part: str) -> str:
        return _SUBJECT + (self._changelogs / part).read_text()


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def section_changelog(section: Section) -> str:
    subject = section.title.partition(":")[0]
    first = _wrapped(f"Test section {section.letter} of the contract, {section.title}.")
    paragraphs = [f"{_SUBJECT}test {subject[0].lower()}{subject[1:]}", first]
    for title, level in (("What must be kept:", True), ("What is only so today:", False)):
        promises = [_wrapped(f"  {id}: {text}", "    ") for id, text, kept in section.promises if kept == level]
        if promises:
            paragraphs.append("\n".join([title, *promises]))
    return "\n\n".join(paragraphs) + "\n"


def _git(folder: Path, *arguments: str, text: str = "") -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", folder, *arguments], env=environment, input=text, stdout=subprocess.PIPE, encoding="utf-8"
    )
    if done.returncode:
        raise Failure(f"git {arguments[0]} failed, see above")
    return done.stdout


def _configured(tree: Path, key: str) -> str:
    """Of the tree's repository, or of whoever runs this."""
    try:
        return _git(tree, "config", key).strip()
    except Failure:
        raise Failure(f"git has no {key}: set it, as patches are signed off (git config --global {key} ...)") from None


def write_files(folder: Path, files: Files) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def write(series: Series, tree: Path, output: Path) -> list[str]:
    """The names of the patches, the cover letter first."""
    who = [f"user.{key}={_configured(tree, f'user.{key}')}" for key in ("name", "email")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _git(folder, "init", "--quiet", "--initial-branch=series")
        for setting in (*who, "commit.gpgSign=false", f"branch.series.description={series.cover()}"):
            _git(folder, "config", *setting.split("=", 1))
        write_files(folder, {file: (tree / file).read_text() for file in (MAINTAINERS, TARGETS)})
        _commit(folder, "base")
        write_files(folder, with_lines(tree))
        for step in series.steps():
            write_files(folder / FOLDER, step.files)
            _commit(folder, step.changelog)
        count = int(_git(folder, "rev-list", "--count", "HEAD")) - 1
        options = ("--quiet", "--cover-letter", "--cover-from-description=subject")
        _git(folder, "format-patch", *options, "-o", str(output.resolve()), f"HEAD~{count}")
    return sorted(file.name for file in output.iterdir())


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "--all", "--force")
    _git(folder, "commit", "--quiet", "--signoff", "--file=-", text=message)
