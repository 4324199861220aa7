# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import pytest

from fpt.arguments import Parser
from fpt.failure import Failure


def parser() -> Parser:
    made = Parser("trial", "Tries.")
    made.add_argument("--name")
    return made


def test_a_value() -> None:
    assert parser().parse(["--name", "x"]).name == "x"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--nam", "x"], "unknown option --nam, see --help"),
        (["x"], "unexpected argument 'x', see --help"),
        (["--name"], "--name needs a value, see --help"),
    ],
)
def test_wrong_use(arguments: list[str], message: str) -> None:
    with pytest.raises(Failure) as caught:
        parser().parse(arguments)
    assert (str(caught.value), caught.value.status) == (message, 1)


def test_help_names_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse(["--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: scripts/trial.sh ")
