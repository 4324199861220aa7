# SPDX-License-Identifier: GPL-2.0
"""The page of report.sh in a browser, at a desk's and a phone's width."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Mapping, Sequence

import pytest

import browser
from fpt import store
from fpt.model import Case
from fpt.programs import Promise
from fpt.report import evidence, page
from fpt.report.matrix import Matrix
from fpt.report.runs import Place

pytestmark = pytest.mark.skipif(not browser.PROGRAM, reason="config: no chromium")

PROMISES = [Promise("E", "-", "-", "Drops", "-", "-"), Promise("E1", "must", "fs/a.c: early()", "a drop", "a.rst", "-")]
CASES = [Case("a", f"a.f.{name}", "E1", "6.9", title=f"title of {name}") for name in ("one", "two", "three", "four")]
FAILED = "fail\t3\tOPEN\tgot 3, wanted EIO"
# a.f.two fails once; 6.1 is unsupported, also by a library without passthrough.
OUTCOMES = {
    ("6.1", "raw"): ["skip:kernel\t\t\tno passthrough"] * 4,
    ("6.1", "old"): ["pass\t\t\t", *["skip:library\t\t\tcannot"] * 3],
    ("7.2", "raw"): ["pass\tEIO\t\t", FAILED, "pass\t\t\t", "pass\t\t\t"],
    ("7.3", "raw"): ["pass\tEIO\t\t", "pass\tEIO\tOPEN\t", "pass\t\t\t", "pass\t\t\t"],
    ("7.3", "own"): ["pass\tEIO\t\t", "pass\tEIO\t\t", "pass\t\t\t", "pass\t\t\t"],
}
SECONDS = {("7.2", "raw", "a.f.one"): 2.5, ("7.3", "raw", "a.f.one"): 0.5, ("7.3", "raw", "a.f.two"): 2.75}
STEPS: evidence.Evidence = {
    ("7.2", "raw", "a.f.two"): [["s", "client0", "open f", "3"], ["e", False, "open()", "3", "EIO", "a.c:7"]]
}


Outcomes = Mapping[tuple[str, str], Sequence[str]]


def make_page(folder: Path, outcomes: Outcomes, steps: evidence.Evidence, seconds: Mapping[Place, float]) -> str:
    for (kernel, server), rows in outcomes.items():
        lines = [f"{case.name}\t{server}\t{row}\n" for case, row in zip(CASES, rows)]
        (folder / kernel).mkdir(exist_ok=True)
        text = "case\tserver\toutcome\tobserved\trequests\tnote\n" + "".join(lines)
        (folder / kernel / f"{server}.tsv").write_text(text, encoding="utf-8")
    matrix = Matrix(PROMISES, CASES, store.load(folder), ["raw"])
    (folder / "page.html").write_text(page.text(matrix, steps, seconds), encoding="utf-8")
    return f"file://{folder}/page.html"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_page(tmp_path_factory.mktemp("results"), OUTCOMES, STEPS, SECONDS)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    one = browser.Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture
def chromium(started: browser.Browser) -> Iterator[browser.Browser]:
    started.look(1400)
    yield started
    assert not started.errors
    assert all(url.startswith(("file:", "about:")) for url in started.requests), "an external request"


def text_of(chromium: browser.Browser, selector: str) -> list[str]:
    words = "(e) => e.innerText.replace(/\\s+/g, ' ').trim()"
    found = chromium.run(f"[...document.querySelectorAll({selector!r})].map({words})")
    assert isinstance(found, list)
    return found


def test_only_differences_between_supported_kernels(chromium: browser.Browser, address: str) -> None:
    chromium.open(address)
    assert text_of(chromium, "#counted") == ["1 of 4 cases, 3 kernels, 3 servers"]
    assert text_of(chromium, "tr.case th") == ["E1a.f.two"]


def test_the_newest_kernel_comes_first_on_a_narrow_screen(chromium: browser.Browser, address: str) -> None:
    kernels = "thead th[scope=colgroup]"
    chromium.open(f"{address}#columns=worst")
    assert text_of(chromium, kernels) == ["6.1 unsupported", "7.2", "7.3"]
    chromium.look(400)
    chromium.open(f"{address}#columns=worst")
    assert text_of(chromium, kernels) == ["7.3", "7.2", "6.1 unsupported"]


def test_details(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}#case=a.f.two&on=7.2/raw")
    assert text_of(chromium, "#details-name") == ["a.f.two"]
    assert "got 3, wanted EIO" in text_of(chromium, "#details-body")[0]
    assert text_of(chromium, ".steps li") == ["client0: open f = 3", "a.c:7: open(): got 3, wanted EIO"]


def test_history(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}#case=a.f.two&on=7.2/raw")
    assert text_of(chromium, ".strip th[scope=col]") == ["6.1", "7.2", "7.3"]
    assert text_of(chromium, ".strip tr") == ["6.1 7.2 7.3", "raw – F ·", "old –", "own ·"]
    assert text_of(chromium, "td.differs") == ["F", "·"]
    assert text_of(chromium, "#details h4") == ["raw", "old", "own"]
    assert text_of(chromium, ".changes:first-of-type li")[:3] == [
        "6.1: – skip:kernel no passthrough",
        "7.2: F fail got 3, wanted EIO",
        "7.3: · pass observed: 3 → EIO",
    ]


def test_servers_with_the_same_history_are_one(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}#case=a.f.three&on=7.3/own")
    assert text_of(chromium, "#details h4") == ["own", "raw", "old"]
    assert text_of(chromium, ".changes:nth-of-type(2) li")[1] == "7.2 to 7.3 (2 kernels): · pass"


def test_history_by_keyboard(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}#case=a.f.two&on=7.2/raw")
    chromium.run("document.querySelector('.strip [aria-current]').focus()")

    def focused() -> object:
        return chromium.run("document.activeElement.getAttribute('aria-label')")

    assert focused() == "raw on 7.2: fail, differs"
    for key, label in (
        ("ArrowRight", "raw on 7.3: pass, differs"),
        ("ArrowRight", "raw on 7.3: pass, differs"),
        ("ArrowDown", "own on 7.3: pass"),
        ("ArrowUp", "raw on 7.3: pass, differs"),
        ("ArrowLeft", "raw on 7.2: fail, differs"),
        ("ArrowLeft", "raw on 6.1: skip:kernel"),
    ):
        chromium.press(key)
        assert focused() == label
    assert chromium.run("document.querySelectorAll('.strip button[tabindex=\"0\"]').length") == 1
    chromium.press("Enter")
    assert text_of(chromium, "#details-body > h3")[0] == "6.1 / raw"
    assert focused() == "raw on 6.1: skip:kernel"
    chromium.press("Escape")
    assert chromium.run("document.getElementById('details').open") is False


def test_durations(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}#case=a.f.one&on=7.3/raw")
    assert "duration 500 ms" in text_of(chromium, "#details-body")[0]
    chromium.open(address)
    chromium.run("document.getElementById('slowest-open').click()")
    assert text_of(chromium, "#slowest-rows tr") == [
        "a.f.two 2.75 s 7.3 / raw 2.75 s",
        "a.f.one 2.50 s 7.2 / raw 3.00 s",
    ]
    sorted_by = "document.querySelector('th[aria-sort]:not([aria-sort=none]) button').dataset.order"
    for order, first in (("total", "a.f.one"), ("slowest", "a.f.two"), ("name", "a.f.one")):
        chromium.run(f"document.querySelector('[data-order={order}]').click()")
        assert text_of(chromium, "#slowest-rows th")[0] == first
        assert chromium.run(sorted_by) == order
    chromium.run("document.querySelector('#slowest-rows button').click()")
    assert text_of(chromium, "#details-body > h3")[0] == "7.2 / raw"


def test_no_list_of_durations_without_any(chromium: browser.Browser, address: str, tmp_path: Path) -> None:
    hidden = "document.getElementById('slowest-open').offsetParent === null"
    chromium.open(address)
    assert chromium.run(hidden) is False
    chromium.open(make_page(tmp_path, OUTCOMES, {}, {}))
    assert chromium.run(hidden) is True


def test_what_changed_has_a_list_of_its_own(chromium: browser.Browser, address: str, tmp_path: Path) -> None:
    hidden = "document.getElementById('changed-open').offsetParent === null"
    chromium.open(address)
    assert chromium.run(hidden) is True
    row = "changed\tEPERM\t\topen: got EPERM, wanted EIO"
    outcomes = {("7.3", "raw"): ["pass\t\t\t"] * 4,
                ("7.4", "raw"): [row, *["pass\t\t\t"] * 3], ("7.4", "own"): [row, *["pass\t\t\t"] * 3]}
    chromium.open(make_page(tmp_path, outcomes, {}, {}))
    chromium.run("document.getElementById('changed-open').click()")
    assert text_of(chromium, "#changed-rows tr") == ["E1 a.f.one open: got EPERM, wanted EIO 7.4 / raw 7.4 / own"]
    chromium.run("document.querySelector('#changed-rows button').click()")
    assert text_of(chromium, "#details-body > h3")[0] == "7.4 / raw"
    assert "level must: a.rst" in text_of(chromium, "#details-body")[0]
    assert text_of(chromium, "#details .word")[0] == "~ changed"


@pytest.mark.parametrize("width", [1400, 400])
def test_nothing_is_wider_than_the_screen(chromium: browser.Browser, tmp_path: Path, width: int) -> None:
    rows = OUTCOMES["7.2", "raw"]
    outcomes = {(f"6.{kernel}", "a-server-with-a-long-name-3.18.3"): rows for kernel in range(1, 50)}
    place = ("6.1", "a-server-with-a-long-name-3.18.3", "a.f.two")
    address = make_page(tmp_path, outcomes, {}, {place: 4000})

    def is_wider(selector: str) -> object:
        return chromium.run(f"((e) => e.scrollWidth > e.clientWidth)(document.querySelector('{selector}'))")

    chromium.look(width)
    chromium.open(f"{address}#case={place[2]}&on={place[0]}/{place[1]}")
    assert (is_wider("html"), is_wider("#details"), is_wider(".scrolls")) == (False, False, True)
    chromium.run("document.querySelector('#details .close').click()")
    chromium.run("document.getElementById('slowest-open').click()")
    assert text_of(chromium, "#slowest-rows td") == ["4000.00 s 6.1 / a-server-with-a-long-name-3.18.3", "4000.00 s"]
    assert is_wider("#slowest") is False


def luminance(colour: str) -> float:
    if len(colour) == 4:
        colour = "#" + "".join(digit * 2 for digit in colour[1:])
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(chromium: browser.Browser, address: str, dark: bool) -> None:
    """At least 4.5 : 1, as WCAG 2 (AA) demands of text."""
    chromium.look(1400, dark)
    chromium.open(address)
    words = ("pass", "skip", "changed", "xfail", "xpass", "fail", "incomplete", "crash", "broken")
    pairs = [("ink", "paper"), ("faint", "paper"), ("faint", "raised"), ("link", "paper")]
    for ink, paper in [*pairs, *((f"{word}-ink", word) for word in words)]:
        style = "getComputedStyle(document.documentElement)"
        colours = [chromium.run(f"{style}.getPropertyValue('--{name}').trim()") for name in (ink, paper)]
        light, shade = sorted((luminance(str(colour)) for colour in colours), reverse=True)
        assert (light + 0.05) / (shade + 0.05) >= 4.5, f"--{ink} on --{paper}"


@pytest.mark.parametrize("selector", ["button", "input", "select", "dialog", "table"])
def test_all_have_names(chromium: browser.Browser, address: str, selector: str) -> None:
    chromium.open(f"{address}#case=a.f.two&on=7.2/raw")
    named = "e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || (e.labels && e.labels.length)"
    nameless = f"(e) => !({named} || /\\w/.test(e.textContent))"
    found = f"[...document.querySelectorAll({selector!r})].filter({nameless}).map((e) => e.outerHTML)"
    assert chromium.run(found) == []
