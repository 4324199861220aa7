# SPDX-License-Identifier: GPL-2.0
"""Run directories, as a report reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterable

from ..failure import Failure

Place = tuple[str, str, str]  # kernel, server, case


def kernel_of(run: Path) -> str:
    folders = [path for path in run.glob("results/*") if path.is_dir()]
    if len(folders) != 1:
        raise Failure(f"{run}: not a run directory, which has one folder in results/")
    return folders[0].name


def seconds(runs: Iterable[Path]) -> dict[Place, float]:
    """How long each case took in the last run that has it."""
    found: dict[Place, float] = {}
    for run in runs:
        kernel = kernel_of(run)
        path = run / "run.json"
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            for case in about.get("cases", ()):  # absent in runs of older versions
                for server, result in case["results"].items():
                    if "seconds" in result:
                        found[kernel, server, case["name"]] = float(result["seconds"])
        except FileNotFoundError:
            continue
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Failure(f"{path}: not the run.json of a run: omit this directory of --runs") from error
    return found
