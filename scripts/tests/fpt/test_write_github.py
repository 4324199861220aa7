# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from pathlib import Path

import pytest
import runs
from fpt.model import Run, Server
from fpt.outcome import Outcome
from fpt.writers import github

DATA = Path(__file__).parent.parent / "data/formats"


def summary_of(run: Run) -> str:
    return "".join(f"{line}\n" for line in github.summary(run))


def crowd(outcome: Outcome, count: int) -> Run:
    return runs.run_of(runs.server_of("raw", *(runs.result("raw", f"a.f.{n:03}", outcome, "why") for n in range(count))))


def kinds(text: str) -> list[str]:
    return [line.split(" ")[0] for line in text.splitlines()]


def test_recorded_annotations() -> None:
    assert runs.written("github", runs.every_outcome()) == (DATA / "github.txt").read_text(encoding="utf-8")


def test_recorded_summary() -> None:
    assert summary_of(runs.every_outcome()) == (DATA / "github-summary.md").read_text(encoding="utf-8")


def test_escapes() -> None:
    run = runs.run_of(runs.server_of("raw", runs.result("raw", "a.f.x", Outcome.FAIL, "5%0A: x, y", promise="")))
    run.failures = ["one\r\ntwo"]
    assert "::error title=failed outside of any case::one%0D%0Atwo\n" in runs.written("github", run)
    assert "::error title=raw a.f.x%3A fail::fail: 5%250A: x, y%0AE3: " in runs.written("github", run)


def test_the_place_of_a_failure() -> None:
    run = runs.three_failures()
    assert "::error file=cases/drop.c,line=72,title=raw drop.late" in runs.written("github", run)
    run.external = True
    assert '::error file=cases/external/drop.c,line=72,title=raw%3A not so%3A "title of drop.late' in runs.written("github", run)
    run.servers[0].results[runs.WRONG_CONTENT].details = ("world.c:9: no", "drop.c:72: no")
    assert "file=" not in runs.written("github", run)


def external() -> Run:
    """Two failures of one cause, and one of another."""
    one, two = (runs.result("fs", f"a.f.{name}", Outcome.FAIL, "got 0", advice="do it") for name in ("one", "two"))
    other = runs.result("fs", "a.f.three", Outcome.FAIL, eio_cause="flags", advice="omit them", shell=("exec 3<f", "cat f"))
    run = runs.run_of(runs.server_of("fs", one, two, other))
    run.external = True
    return run


def test_findings_of_an_external_file_system() -> None:
    text = runs.written("github", external())
    assert kinds(text) == ["::error"] * 2 + ["::notice"]
    assert "Change this: omit them.%0ATo see it, in the mounted directory:%0A    exec 3<f%0A    cat f\n" in text


def test_findings_in_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    runs.written("github", external())
    text = (tmp_path / "summary").read_text()
    assert "### Findings\n\n1. An open fails with EIO, after flags (1 case" in text
    assert "\n   ```sh\n   exec 3<f\n   cat f\n   ```\n" in text
    assert "`[FUSE passthrough: 2 findings] fs: 0 passed, 3 failed, 0 skipped`" in text


def test_ten_of_a_kind() -> None:
    assert kinds(runs.written("github", crowd(Outcome.FAIL, 10))) == ["::error"] * 10 + ["::notice"]
    many = runs.written("github", crowd(Outcome.FAIL, 25))
    assert kinds(many) == ["::error"] * 10 + ["::notice"]
    assert many.splitlines()[9] == "::error title=16 more::see the summary of the step"
    assert kinds(runs.written("github", crowd(Outcome.XPASS, 25))) == ["::warning"] * 10 + ["::notice"]


def test_changes_are_listed_once() -> None:
    def changed(server: str) -> Server:
        return runs.server_of(server, *(runs.result(server, f"a.f.{n}", Outcome.CHANGED, "open f: got 1, wanted 2") for n in "xy"))

    run = runs.run_of(changed("raw"), changed("own"))
    assert runs.written("github", run) == (
        "::notice title=FUSE passthrough on 7.3.4::0 passed, 0 failed, 0 skipped; 4 changed, not promised\n")
    assert summary_of(run).endswith(
        "\n### Changed, not promised\n\n"
        "- E3 `a.f.x`: open f: got 1, wanted 2 (raw, own)\n- E3 `a.f.y`: open f: got 1, wanted 2 (raw, own)\n\n")


def test_worst_first() -> None:
    run = crowd(Outcome.INCOMPLETE, 20)
    run.servers += runs.three_failures().servers
    lines = runs.written("github", run).splitlines()
    for line, name in zip(lines, (runs.KERNEL_WARNING, runs.SERVER_CRASH, runs.WRONG_CONTENT)):
        assert name in line


def test_the_summary_lists_a_hundred_failures() -> None:
    text = summary_of(crowd(Outcome.FAIL, 120))
    assert "- `a.f.099` on raw" in text and "a.f.100" not in text and "\n- and 20 more\n" in text


def test_the_environment_names_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    runs.written("github", runs.three_failures())
    assert file.read_text().startswith("before\n## FUSE passthrough on 7.3.4: 3 passed, 3 failed, 0 skipped\n")
