# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt.contract import Contract
from fpt.hello import Hello
from fpt.model import Case
from fpt.programs import Promise, parse_case

E = Promise("E", "-", "Drops")
E1 = Promise("E1", "fs/a.c: early()", "an early <drop>")
E2 = Promise("E2", "fs/b.c", "a late drop")
RAW = Hello("raw", "1", frozenset({"passthrough", "inspect"}))
PLAIN = Hello("plain", "2", frozenset())


def made(*cases: str, external: tuple[str, ...] = (), promises: tuple[Promise, ...] = (E, E1)) -> Contract:
    def parsed(lines: tuple[str, ...]) -> list[Case]:
        return [parse_case(line.replace("|", "\t")) for line in lines]

    return Contract(promises, parsed(cases), parsed(external), [PLAIN, RAW])


def rows(contract: Contract) -> list[str]:
    return "\n".join(contract.markdown()).split("|---|---|---|---|---|\n")[1].splitlines()


def test_a_promise_and_its_case() -> None:
    contract = made("p.f.one|E1|6.9|-|-|the *first*")
    assert rows(contract) == [
        "| **E1** | **an early \\<drop>** | | | fs/a.c: early() |",
        "| | `p.f.one`: the \\*first\\* | 6.9 | plain, raw | |",
    ]
    assert not contract.complaints()


def test_servers_with_all_abilities() -> None:
    def servers(needs: str, abilities: str) -> str:
        return rows(made(f"p.f.one|E1|6.9|{needs}|{abilities}|x"))[1].split(" | ")[3]

    assert servers("overlayfs", "-") == "plain, raw"
    assert servers("passthrough", "-") == "raw"
    assert servers("passthrough", "inspect") == "raw"
    assert servers("-", "inspect,wings") == "none"


def test_variants_share_a_line() -> None:
    contract = made(*(f"p.f.{variant}.many|E1|any|-|-|x" for variant in "ab"), "p.f.c.other|E1|any|-|-|x")
    assert [row.split("`")[1] for row in rows(contract)[1:]] == ["p.f.{a,b}.many", "p.f.c.other"]


def test_external_file_systems_are_the_server() -> None:
    assert "| external file systems |" in rows(made(external=("p.f.one|E1|any|passthrough|-|x",)))[1]


def test_incomplete_contracts() -> None:
    contract = made("p.f.one|E|any|-|-|x", "p.f.two|Q1|any|-|-|x", promises=(E, E1, E2))
    assert contract.complaints() == [
        "promises without a case: E1 E2",
        "cases whose promise is not in the contract: p.f.one (E) p.f.two (Q1)",
    ]
    assert "| | no case | | | |" in rows(contract)
