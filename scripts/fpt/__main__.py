# SPDX-License-Identifier: GPL-2.0
"""python3 -I scripts/fpt COMMAND ARGUMENT...: each command is a module of fpt.commands with main()."""

from __future__ import annotations

import importlib
import signal
import sys
from pathlib import Path


_OLDEST = (3, 9)


def main() -> int:
    if sys.version_info < _OLDEST:
        sys.exit(f"{sys.executable} is too old: scripts/fpt needs Python 3.9 or later")
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as other programs end when the reader of a pipe has
    name = sys.argv[1]
    command = importlib.import_module(f"fpt.commands.{name.replace('-', '_')}")
    failure = importlib.import_module("fpt.failure")
    try:
        status = command.main(sys.argv[2:])
    except failure.Failure as error:
        print(f"{name}.sh: {error}", file=sys.stderr)
        status = error.status
    assert isinstance(status, int)
    return status


if __name__ == "__main__":
    sys.exit(main())
