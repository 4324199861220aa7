# SPDX-License-Identifier: GPL-2.0
"""Where results are: a file, the results of a kernel, or those of several kernels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Union

from . import store, tsv
from .failure import Failure
from .tsv import Results


@dataclass(frozen=True)
class File:
    path: str
    results: Results


@dataclass(frozen=True)
class Kernel:
    """The servers on one kernel."""

    path: str
    name: str
    servers: list[str]
    results: Callable[[str], Results]
    ending: str  # of a server's file


class Kernels:
    def __init__(self, path: str, directory: Path) -> None:
        self.path = path
        self.store = store.load(directory)
        self._ending = "" if store.is_store(directory) else ".tsv"

    def kernel(self, name: str) -> Kernel:
        def results(server: str) -> Results:
            return self.store.results(name, server)

        return Kernel(f"{self.path}/{name}", name, self.store.servers(name), results, self._ending)


Source = Union[File, Kernel, Kernels]


def _directory(path: str) -> Source:
    directory = Path(path)
    if store.is_store(directory) or any(directory.glob("*/*.tsv")):
        return Kernels(path, directory)
    if (directory / "run.json").exists() and any(directory.glob("results/*/*.tsv")):
        return Kernels(f"{path}/results", directory / "results")
    files = {file.stem: file for file in tsv.files(directory)}
    return Kernel(path, directory.resolve().name, list(files), lambda server: tsv.read(files[server], named=True).rows,
                  ".tsv")


def _in_store(path: str) -> Optional[Source]:
    """STORE/<kernel> or STORE/<kernel>/<server>."""
    directory, _, last = path.rpartition("/")
    if store.is_store(Path(directory or "/")):
        found = Kernels(directory, Path(directory))
        return found.kernel(last) if last in found.store.kernels else None
    if "/" in directory:
        above = _in_store(directory)
        server = last.removesuffix(".tsv")
        if isinstance(above, Kernel) and server in above.servers:
            return File(path, above.results(server))
    return None


def find(path: str) -> Source:
    """Raises Failure."""
    path = path.rstrip("/") or "/"
    if Path(path).is_dir():
        return _directory(path)
    if Path(path).exists():
        try:
            return File(path, tsv.read(Path(path)).rows)
        except OSError as error:
            raise Failure(f"cannot read {path}: {error.strerror}") from None
    found = _in_store(path if "/" in path else f"./{path}")
    if found is None:
        raise Failure(f"cannot read {path}: give results/, results/<kernel>, a run directory, or a TSV or a folder of them")
    return found
