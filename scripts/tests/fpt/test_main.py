# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

import pytest

from fpt import __main__ as program


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_OLDEST", (99, 0))
    with pytest.raises(SystemExit, match="is too old: scripts/fpt needs Python 3.9"):
        program.main()
