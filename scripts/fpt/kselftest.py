# SPDX-License-Identifier: GPL-2.0
"""The suite as a kselftest of a kernel tree: its files as texts by path, and the tree's lines about it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Iterable

from .failure import Failure
from .kernel_contract import KernelContract, Section

_TARGET = "filesystems/fuse_passthrough"
SELFTESTS = "tools/testing/selftests"
FOLDER = f"{SELFTESTS}/{_TARGET}"
MAINTAINERS = "MAINTAINERS"
TARGETS = f"{SELFTESTS}/Makefile"

Files = dict[str, str]  # by path


class Kselftest:
    """Parts of it, each with the paths of FOLDER."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._contract = KernelContract(checkout / "cases")
        self.sections = self._contract.sections()

    def build(self) -> Files:
        makefile = (self._checkout / "scripts/kselftest/Makefile").read_text()
        return {"Makefile": makefile, **self._files("config", "settings")}

    def harness(self) -> Files:
        return {**self._files("harness/README.md"), **self._rooms("harness")}

    def client(self) -> Files:
        return {**self._rooms("fixtures/client"), **self._files("fixtures/programs/idle.c")}

    def servers(self) -> Files:
        rooms = self._rooms("fixtures/shared", "fixtures/backing_id", "fixtures/servers/common", "fixtures/servers/raw")
        return {**self._files("fixtures/servers/PROTOCOL.md", "fixtures/servers/EIO.md"), **rooms}

    def world(self) -> Files:
        return self._rooms("fixtures/world")

    def contract(self) -> Files:
        return {"cases/contract.c": self._contract.source}

    def cases(self, section: Section) -> Files:
        return self._files(*(f"cases/{program}.c" for program in section.programs))

    def all(self) -> Files:
        files = self.build()
        for part in PARTS:
            files.update(part(self))
        for section in self.sections:
            files.update(self.cases(section))
        return with_gitignore(files)

    def _rooms(self, *rooms: str) -> Files:
        folders = (self._checkout / room for room in rooms)
        sources = (file for folder in folders for file in sorted(folder.iterdir()) if file.suffix in (".c", ".h", ".def"))
        return self._files(*(file.relative_to(self._checkout).as_posix() for file in sources))

    def _files(self, *names: str) -> Files:
        return {name: (self._checkout / name).read_text() for name in names}


# In the order in which they are built upon each other.
PARTS = (Kselftest.servers, Kselftest.harness, Kselftest.client, Kselftest.world, Kselftest.contract)


def _programs(files: Iterable[str]) -> Iterable[str]:
    """What the Makefile makes of them."""
    for file in files:
        folder, name = PurePosixPath(file).parent.as_posix(), PurePosixPath(file).stem
        if folder == "fixtures/servers/raw" and name.startswith("variant"):
            yield name.replace("variant", "raw").replace("_", "-")
        elif folder in ("cases", "fixtures/programs") and name != "contract":
            yield name


def with_gitignore(files: Files) -> Files:
    """And a .gitignore of the programs that these files make."""
    ignored = sorted(f"/{made}" for made in ("obj/", *_programs(files)))
    return {".gitignore": "\n".join(["# SPDX-License-Identifier: GPL-2.0-only", *ignored, ""]), **files}


def sizes(files: Files) -> str:
    """141 files, 20000 lines: harness 2000, ..."""
    lines: dict[str, int] = {}
    for file, text in files.items():
        room = PurePosixPath(file).parts[0] if "/" in file else "build"
        lines[room] = lines.get(room, 0) + text.count("\n")
    rooms = ", ".join(f"{room} {count}" for room, count in lines.items())
    return f"{len(files)} files, {sum(lines.values())} lines: {rooms}"


def with_lines(tree: Path) -> Files:
    """The tree's MAINTAINERS and the selftests' Makefile, with what they need of this one."""
    read = {name: (tree / name).read_text() for name in (MAINTAINERS, TARGETS)}
    return {MAINTAINERS: _maintained(read[MAINTAINERS]), TARGETS: _targeted(read[TARGETS])}


def _sorted_into(lines: str, new: str) -> str:
    """Before the first line that sorts after it, even if others are in disorder."""
    before = [line for line in lines.splitlines(True) if line < new]
    last = max(before, default="")
    return lines.replace(last, last + new, 1) if last else new + lines


def _maintained(text: str) -> str:
    """In the entry of FUSE passthrough, before 6.18 that of FUSE."""
    for of in ("F:\tfs/fuse/passthrough.c\n", "F:\tfs/fuse/\n"):
        entry = re.search(f"^(F:.*\n)*{re.escape(of)}(F:.*\n)*", text, re.MULTILINE)
        if entry:
            return text[: entry.start()] + _sorted_into(entry[0], f"F:\t{FOLDER}/\n") + text[entry.end() :]
    raise Failure("MAINTAINERS has no entry of fs/fuse/")


def _targeted(text: str) -> str:
    targets = re.search("^TARGETS \\+= filesystems\n(TARGETS .*\n)*", text, re.MULTILINE)
    if not targets:
        raise Failure(f"{TARGETS} does not list filesystems")
    return text[: targets.start()] + _sorted_into(targets[0], f"TARGETS += {_TARGET}\n") + text[targets.end() :]
