# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt.contract import Contract
from fpt.hello import Hello
from fpt.model import Case
from fpt.programs import Promise, parse_case

E = Promise("E", "-", "-", "Drops", "-", "-")
E1 = Promise("E1", "must", "fs/a.c: early()", "an early <drop>", "a.rst, *Drops*", "-")
E2 = Promise("E2", "today", "fs/b.c", "a late drop", "-", "no document says <so>")
E3 = Promise("E3", "must", "fs/c.c", "a third drop", "open(2)", "-")
RAW = Hello("raw", "1", frozenset({"passthrough", "inspect"}))
PLAIN = Hello("plain", "2", frozenset())


def made(*cases: str, external: tuple[str, ...] = (), promises: tuple[Promise, ...] = (E, E1)) -> Contract:
    def parsed(lines: tuple[str, ...]) -> list[Case]:
        return [parse_case(line.replace("|", "\t")) for line in lines]

    return Contract(promises, parsed(cases), parsed(external), [PLAIN, RAW])


def tables(contract: Contract) -> list[list[str]]:
    return [table.splitlines() for table in "\n".join(contract.markdown()).split("|---|---|---|---|---|---|\n")[1:]]


def rows(contract: Contract) -> list[str]:
    return tables(contract)[0]


def test_a_promise_and_its_case() -> None:
    contract = made("p.f.one|E1|6.9|-|-|the *first*")
    assert rows(contract) == [
        "| **E1** | **an early \\<drop>** | | | fs/a.c: early() | a.rst, \\*Drops\\* |",
        "| | `p.f.one`: the \\*first\\* | 6.9 | plain, raw | | |",
    ]
    assert not contract.complaints()


def test_what_must_be_comes_before_what_is_only_so_today() -> None:
    contract = made("p.f.one|E1|6.9|-|-|x|must", "p.f.two|E2|6.9|-|-|x|today", "p.f.three|E3|6.9|-|-|x|must",
                    promises=(E, E1, E2, E3))
    text = "\n".join(contract.markdown())
    assert "\n2 promises must be kept, 1 is only so today.\n" in text
    headings = [line for line in text.splitlines() if line.startswith("#")][1:]
    assert headings == ["## E: Drops", "### Must", "### Only so today"]
    must, today = tables(contract)
    assert [row.split("**")[1] for row in must if "**E" in row] == ["E1", "E3"]
    assert today[0] == "| **E2** | **a late drop** | | | fs/b.c | no document says \\<so> |"


def test_a_section_without_promises_of_a_level() -> None:
    text = "\n".join(made("p.f.two|E2|6.9|-|-|x|today", promises=(E, E2)).markdown())
    assert "### Must" not in text and "\n0 promises must be kept, 1 is only so today.\n" in text


def test_a_case_that_is_less_than_its_promise_is_marked() -> None:
    contract = made("p.f.one|E1|6.9|-|-|x|today", "p.f.two|E1|6.9|-|-|x|must", "p.f.three|E2|6.9|-|-|x|today", promises=(E, E1, E2))
    marked = [row.split("`")[1] for table in tables(contract) for row in table if "(*only so today*)" in row]
    assert marked == ["p.f.one"]
    assert "| | `p.f.one` (*only so today*): x | 6.9 | plain, raw | | |" in rows(contract)


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


def test_promises_without_a_level() -> None:
    neither = Promise("E4", "must", "fs/a.c", "a drop", "-", "-")
    both = Promise("E5", "today", "fs/a.c", "a drop", "open(2)", "no document says so")
    cases = tuple(f"p.f.n{number}|E{number}|any|-|-|x" for number in (1, 2, 4, 5))
    assert made(*cases, promises=(E, E1, E2, neither, both)).complaints() == [
        "promises with neither a basis nor a reason why they are only so today: E4",
        "promises with both a basis and a reason why they are only so today: E5",
    ]


def test_incomplete_contracts() -> None:
    contract = made("p.f.one|E|any|-|-|x", "p.f.two|Q1|any|-|-|x", promises=(E, E1, E2))
    assert contract.complaints() == [
        "promises without a case: E1 E2",
        "cases whose promise is not in the contract: p.f.one (E) p.f.two (Q1)",
    ]
    assert "| | no case | | | | |" in rows(contract)
