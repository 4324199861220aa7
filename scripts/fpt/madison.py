# SPDX-License-Identifier: GPL-2.0
"""Reads what apt-cache madison prints: the packages that the suites of a mirror offer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Iterable, Iterator

_KINDS = ("modules", "base")  # packages with the other files of a kernel


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    suite: str
    source: bool


def read(lines: Iterable[str]) -> Iterator[Package]:
    """Lines of "package | version | URI suite/component [architecture] Packages", or Sources."""
    for line in lines:
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 3 and fields[2].endswith((" Packages", " Sources")):
            suite = fields[2].split()[1].partition("/")[0]
            yield Package(fields[0], fields[1], suite, fields[2].endswith(" Sources"))


def _release(version: str) -> str:
    return version.rpartition("-")[0] or version


def sources(packages: Iterable[Package]) -> Iterator[str]:
    """Lines of release, version and suites."""
    suites: dict[str, dict[str, None]] = defaultdict(dict)
    for package in packages:
        if package.source:
            suites[package.version][package.suite] = None
    for version, names in suites.items():
        yield "\t".join((_release(version), version, ",".join(names)))


def kernels(packages: Iterable[Package]) -> Iterator[str]:
    """
    Lines of release, version, packages (the image first) and suites. Since 6.19 linux-image-* is an
    empty package that depends on the ones with files, linux-binary-* and others.
    """
    names: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)  # by kernel and kind
    suites: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for package in packages:
        if not package.source:
            _, kind, kernel = package.name.split("-", 2)
            names[kernel, package.version][kind] = package.name
            suites[kernel, package.version][package.suite] = None
    for (kernel, version), of_kind in names.items():
        image = of_kind.get("binary") or of_kind.get("image")
        if image:
            others = [of_kind[kind] for kind in _KINDS if kind in of_kind]
            yield "\t".join((_release(version), version, " ".join([image, *others]), ",".join(suites[kernel, version])))
