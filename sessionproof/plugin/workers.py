"""Under xdist one worker gets all timed checks, and one all that ask the walks: what they share is in a process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["together_on_one_worker"]

_SHARED = ("lives", "exploration")  # what can be shared within a process only


def together_on_one_worker(config: pytest.Config, log: Any) -> Any:
    """A scheduler of xdist that hands out test by test, but those that share something as one."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, name = nodeid.partition("::")
            return _shared(config.rootpath / file).get(name.rpartition("::")[2].partition("[")[0], nodeid)

    return Scheduling(config, log)


@cache
def _shared(file: Path) -> dict[str, str]:
    """What each function of a test file shares with others. The one who schedules has collected nothing."""
    if file.suffix != ".py" or not file.is_file():
        return {}
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    arguments = {one.name: [argument.arg for argument in one.args.args] for one in functions}
    return {name: what for what in _SHARED for name, taken in arguments.items() if what in taken}
