# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import random
from pathlib import Path

import pytest

from fpt import store, store_writer
from fpt.commands import compare
from fpt.compare import Changes, nearest_kernel, nearest_server
from fpt.outcome import Outcome
from fpt.store import Row, Store

RESULTS = Path(__file__).resolve().parents[3] / "results"


def test_nearest_kernel() -> None:
    kernels = ["6.12.9", "7.3", "7.3-rc2"]
    for name, expected in (("6.12.9", "6.12.9"), ("6.12.10", "6.12.9"), ("7.3-rc1", "6.12.9"), ("7.3-rc3", "7.3-rc2"),
                           ("7.3", "7.3"), ("7.3.1", "7.3"), ("7.4-rc1", "7.3"), ("mine", "7.3")):
        assert nearest_kernel(name, kernels) == expected
    assert nearest_kernel("6.1", kernels) is None


def test_nearest_kernel_of_the_architecture() -> None:
    kernels = ["6.12.9", "6.12.9-arm64", "6.12.9-arm64-64k", "7.3", "7.3-s390x"]
    for name, expected in (("7.4", "7.3"), ("7.4-arm64", "6.12.9-arm64"), ("7.4-arm64-64k", "6.12.9-arm64-64k"),
                           ("7.4-s390x", "7.3-s390x"), ("7.2-s390x", "6.12.9"), ("7.4-riscv64", "7.3")):
        assert nearest_kernel(name, kernels) == expected


def test_nearest_server() -> None:
    servers = ["libfuse-3.18.3", "libfuse-3.19.0", "libfuse-3.9.1", "raw"]
    for name, expected in (("libfuse-3.18.3", "libfuse-3.18.3"), ("libfuse-3.18.2", "libfuse-3.9.1"),
                           ("libfuse-3.19.0-rc1", "libfuse-3.18.3"), ("libfuse-3.8.0", "libfuse-3.9.1"),
                           ("libfuse-unknown", "libfuse-3.19.0"), ("raw", "raw")):
        assert nearest_server(name, servers) == expected
    assert nearest_server("libfuse-mt-3.18.3", servers) is None


def test_50_random_changes_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, in the results of the checkout: stored again and compared with them."""
    random_ = random.Random(14)
    old = store.load(RESULTS)
    for _ in range(50):
        kernel, server = random_.choice(old.pairs)
        results = dict(old.results(kernel, server))
        case = random_.choice(list(results))
        before = results[case]
        outcome = random_.choice([one for one in Outcome if one is not before.outcome])
        results[case] = Row(outcome, before.observed, before.requests, "changed")
        store_writer.save(Store({(kernel, server): results}), tmp_path)
        changed = f"{case}: {before.outcome.value} -> {outcome.value} (changed)"
        status = compare.main([f"{RESULTS}/{kernel}/{server}", f"{tmp_path}/{kernel}/{server}"])
        out = capsys.readouterr().out.splitlines()
        assert out[1] == f"  {changed}" and len(out) == 4
        assert status == (out[0] == "regressed:")
        assert (out[0] == "regressed:") == (outcome.failed and not before.outcome.failed)


def test_kinds() -> None:
    def kind(old: str, new: str) -> list[str]:
        changes = Changes()
        changes.add("", {"a.f.x": Row(Outcome(old))}, {"a.f.x": Row(Outcome(new))})
        return [name for name, lines in changes.of_kind.items() if lines]

    assert kind("pass", "fail") == kind("skip:cap", "broken") == kind("xfail", "incomplete") == ["regressed"]
    assert kind("crash", "xpass") == ["fixed"]
    assert kind("fail", "skip:kernel") == ["now skipped"]
    assert kind("skip:kernel", "pass") == ["now run"]
    assert kind("skip:kernel", "skip:cap") == kind("pass", "xfail") == kind("fail", "timeout") == ["changed"]
    assert kind("pass", "changed") == kind("changed", "pass") == kind("xfail", "changed") == ["changed"]
    assert (kind("changed", "fail"), kind("fail", "changed"), kind("changed", "skip:cap")) == (
        ["regressed"], ["fixed"], ["now skipped"])
    assert kind("pass", "pass") == []
