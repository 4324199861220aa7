# SPDX-License-Identifier: GPL-2.0
"""What of a kernel's sources was executed: from the counters that guests sent, by gcov."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Iterable, Iterator

from . import coverage_reasons
from .failure import Failure

_PROFILED = "fs/"  # what is shown: headers of other parts of the kernel are not under test


@dataclass
class Function:
    """Inlined or not."""

    name: str
    first: int
    last: int
    calls: int = 0


@dataclass
class Source:
    """A file of the kernel's sources, with all objects that have code of it."""

    counts: dict[int, int] = field(default_factory=dict)  # by line with code
    branches: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # by line and function: of each outcome
    functions: dict[tuple[str, int], Function] = field(default_factory=dict)  # by name and first line

    def add(self, document: dict[str, Any]) -> None:
        """Adds what gcov says of the file in one object, in one boot."""
        for function in document["functions"]:
            key = function["name"], function["start_line"]
            known = self.functions.setdefault(key, Function(key[0], key[1], function["end_line"]))
            known.calls += function["execution_count"]
        for line in document["lines"]:
            number = line["line_number"]
            self.counts[number] = self.counts.get(number, 0) + line["count"]
            counts = [branch["count"] for branch in line["branches"]]
            place = number, line.get("function_name", "")
            self.branches[place] = [a + b for a, b in zip_longest(self.branches.get(place, []), counts, fillvalue=0)]

    def never(self) -> list[int]:
        return sorted(line for line, count in self.counts.items() if not count)

    def one_sided(self) -> list[int]:
        """Executed lines with a condition that always had the same outcome."""
        return sorted({line for (line, _), counts in self.branches.items() if any(counts) and not all(counts)})

    def gaps(self) -> list[int]:
        """Lines that were not executed, or not with each outcome."""
        return sorted({*self.never(), *self.one_sided()})

    def executed(self, lines: Iterable[int]) -> int:
        return sum(1 for line in lines if self.counts[line])

    def lines_of(self, function: Function) -> list[int]:
        return [line for line in self.counts if function.first <= line <= function.last]


Sources = dict[str, Source]  # by path in the kernel's tree


def boots(lines: Iterable[str]) -> Iterator[dict[str, bytes]]:
    """
    The files of counters of each boot, from lines of name, offset and bytes in hex. A boot sends each file once.
    A file that is not whole, because the kernel died, is for gcov to refuse.
    """
    files: dict[str, bytes] = {}
    for line in lines:
        name, offset, data = line.split(" ")
        if offset == "0" and name in files:
            yield files
            files = {}
        if len(files.get(name, b"")) == int(offset):
            files[name] = files.get(name, b"") + bytes.fromhex(data)
    if files:
        yield files


def gcov_of(config: str) -> str:
    """The gcov for a kernel of this configuration: that of another version of gcc cannot read its data."""
    version = next((line.partition("=")[2] for line in config.splitlines() if line.startswith("CONFIG_GCC_VERSION=")), "0")
    major = str(int(version) // 10000)
    if "CONFIG_GCOV_KERNEL=y" not in config.splitlines() or major == "0":
        raise Failure("no coverage: the kernel was not built by 'scripts/kernel.sh coverage' with gcc")
    for program in (f"gcov-{major}", "gcov"):
        try:
            said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
        except FileNotFoundError:
            continue
        if said.split("\n")[0].rpartition(" ")[2].split(".")[0] == major:
            return program
    raise Failure(f"no gcov of gcc {major}, which built the kernel: install it (Debian: gcc-{major})")


def object_of(build: Path, name: str) -> str:
    """The path in the build directory of what its compiler called NAME: the directory may have been moved."""
    parts = Path(name).with_suffix(".gcno").parts[1:]
    for n in range(len(parts)):
        path = Path(*parts[n:])
        if (build / path).exists():
            return str(path)
    raise Failure(f"no {parts[-1]} in {build} for {name}: it is not of this kernel")


def read_boot(gcov: str, build: Path, work: Path, files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Source file and gcov's document of each file in each object."""
    for name, data in files.items():
        notes = object_of(build, name)
        counters = work / "object.gcda"
        counters.write_bytes(data)
        counters.with_suffix(".gcno").write_bytes((build / notes).read_bytes())
        done = subprocess.run(
            [gcov, "--json-format", "--branch-probabilities", "--stdout", counters.name], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise Failure(f"{gcov} cannot read {name}: {done.stderr.strip()}")
        documents = json.loads(done.stdout)["files"]
        yield from in_tree(str(Path(notes).with_suffix(".c")), documents)


def in_tree(main: str, documents: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """MAIN is the path in the tree of the file that was compiled: what precedes it is the tree's."""
    tree = next((d["file"][: -len(main)] for d in documents if d["file"].endswith(main)), "")
    for document in documents:
        path = document["file"]
        path = path[len(tree) :] if path.startswith(tree) else path
        if path.startswith(_PROFILED) and document["lines"]:
            yield path, document


def _percent(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part // whole if whole else 100} %)"


def unexplained(sources: Sources, tree: Path, page: coverage_reasons.Page) -> dict[str, list[int]]:
    """By file: what PAGE asks for, was not executed, and has no reason there: lines, and outcomes of conditions."""
    found = {}
    for path, source in sorted(sources.items()):
        if path in page.left_out or not path.endswith(".c"):
            continue
        text = _text(tree / path)
        known = {line for reason in page.files.get(path, []) for line in coverage_reasons.explained(reason, text, source.counts)}
        known.update(line for line in source.one_sided() if any(part in text[line - 1] for part in page.constant))
        asked = source.gaps() if path in page.every_outcome else source.never()
        found[path] = [line for line in asked if line not in known]
    return {path: lines for path, lines in found.items() if lines}


def outdated(sources: Sources, tree: Path, page: coverage_reasons.Page) -> Iterator[str]:
    """The rows of PAGE about lines that were executed, or that are not in this source."""
    for path, source in sources.items():
        text = _text(tree / path)
        for reason in page.files.get(path, []):
            missing = list(coverage_reasons.unknown(reason, text))
            lines = coverage_reasons.explained(reason, text, source.counts)
            if missing:
                yield f"{reason.row}: not in {path}: {', '.join(missing)}"
            elif not lines.intersection(source.gaps()):
                yield f"{reason.row}: executed: {', '.join(reason.functions)}: {', '.join(reason.texts) or coverage_reasons.ALL}"


def report(sources: Sources, tree: Path, page: coverage_reasons.Page) -> str:
    """coverage.md. TREE has the text of the sources."""
    parts = ["# Coverage", ""]
    for path, lines in unexplained(sources, tree, page).items():
        parts += [f"## {path}: without a reason in cases/COVERAGE.md"]
        parts += [*_listing("neither executed nor explained", lines, sources[path], _text(tree / path)), ""]
    parts += ["Lines with code, as the compiler left them; a function that was inlined everywhere has no count of calls.", ""]
    parts += ["| file | lines | functions |", "|---|---|---|"]
    for path, source in sorted(sources.items()):
        functions = source.functions.values()
        called = sum(1 for function in functions if _was_executed(source, function))
        parts.append(f"| {path} | {_percent(source.executed(source.counts), len(source.counts))} | {_percent(called, len(functions))} |")
    for path, source in sorted(sources.items()):
        parts += _details(path, source, _text(tree / path))
    rows = list(outdated(sources, tree, page))
    if rows:
        parts += ["", "## Rows of cases/COVERAGE.md that this run does not need", "", *(f"- line {row}" for row in rows)]
    return "\n".join(parts) + "\n"


def _was_executed(source: Source, function: Function) -> bool:
    return bool(function.calls or source.executed(source.lines_of(function)))


def _text(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _details(path: str, source: Source, text: list[str]) -> Iterator[str]:
    yield from ("", f"## {path}", "", "| function | lines | calls |", "|---|---|---|")
    for function in sorted(source.functions.values(), key=lambda function: function.first):
        lines = source.lines_of(function)
        yield f"| {function.name} | {_percent(source.executed(lines), len(lines))} | {function.calls} |"
    yield from _listing("never executed", source.never(), source, text)
    yield from _listing("with a condition that always had the same outcome", source.one_sided(), source, text)


def _listing(title: str, lines: list[int], source: Source, text: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield from ("", f"Lines {title}:", "", "```")
    of = ""
    for line in lines:
        inside = [f for f in source.functions.values() if f.first <= line <= f.last]
        name = max(inside, key=lambda f: f.first).name if inside else ""
        if name != of:
            yield f"{name}:"
        of = name
        yield f"{line:6} {text[line - 1] if line <= len(text) else ''}"
    yield "```"
