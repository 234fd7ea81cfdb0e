"""What the plugin's parts keep with pytest's session and items, and the mark that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sessionproof.browser.extension import Driver
from sessionproof.expect import Expect
from sessionproof.prepare import Prepared
from sessionproof.report.document import Report
from sessionproof.settings import Settings

if TYPE_CHECKING:
    from sessionproof.report.progress import Progress

__all__ = [
    "DRIVER",
    "EXPECT",
    "EXPLORED_WITH",
    "PREPARED",
    "PROGRESS",
    "REPORT",
    "requirement_of",
    "requirement_of_item",
]

PREPARED = pytest.StashKey[Prepared]()
DRIVER = pytest.StashKey[Driver]()
REPORT = pytest.StashKey[Report]()
EXPLORED_WITH = pytest.StashKey[Settings]()
EXPECT = pytest.StashKey[Expect]()
PROGRESS: pytest.StashKey[Progress] = pytest.StashKey()  # what shows how far the run is, if anything does


def requirement_of(thing: Any) -> str:
    """The id that a function's `requirement` mark names, or that of its first parameters; "" without one."""
    marks = getattr(thing, "pytestmark", [])
    marks = [*marks, *(one for mark in marks if mark.name == "parametrize" for one in _of_parameters(mark))]
    return next((mark.args[0] for mark in marks if mark.name == "requirement" and mark.args), "")


def _of_parameters(mark: pytest.Mark) -> list[pytest.Mark]:
    """The marks of the first set of parameters."""
    sets = list(mark.args[1])[:1] if len(mark.args) > 1 else []
    return [getattr(one, "mark", one) for parameters in sets for one in getattr(parameters, "marks", ())]


def requirement_of_item(item: pytest.Item) -> str:
    """The id that the mark of a test, its class or its module names, "" without one."""
    mark = item.get_closest_marker("requirement")
    return str(mark.args[0]) if mark is not None and mark.args else ""
