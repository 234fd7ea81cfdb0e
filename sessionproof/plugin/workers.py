"""Under xdist one worker gets all timed checks: they have to wait together, and a clock is one."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["timed_on_one_worker"]


def timed_on_one_worker(config: pytest.Config, log: Any) -> Any:
    """A scheduler of xdist that hands out test by test, but the timed checks as one."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, name = nodeid.partition("::")
            timed = name.rpartition("::")[2].partition("[")[0] in _timed(config.rootpath / file)
            return "timed" if timed else nodeid

    return Scheduling(config, log)


@cache
def _timed(file: Path) -> frozenset[str]:
    """The functions of a test file that wait for moments of a life. The one who schedules has collected nothing."""
    if file.suffix != ".py" or not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return frozenset(one.name for one in functions if "lives" in [argument.arg for argument in one.args.args])
