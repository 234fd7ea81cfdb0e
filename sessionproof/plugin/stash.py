"""What the plugin's parts keep with pytest's session and items, and the mark that they read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sessionproof.browser.extension import Driver
from sessionproof.expect import Expect
from sessionproof.prepare import Prepared
from sessionproof.report.document import Report

__all__ = ["DRIVER", "EXPECT", "PREPARED", "REPORT", "WAITING", "requirement_of", "requirement_of_item"]

PREPARED = pytest.StashKey[Prepared]()
DRIVER = pytest.StashKey[Driver]()
REPORT = pytest.StashKey[Report]()
EXPECT = pytest.StashKey[Expect]()
WAITING = pytest.StashKey[Callable[[float | None], None]]()  # is told, again and again, how long it will take


def requirement_of(thing: Any) -> str:
    """The id that a function's `requirement` mark names, "" without one."""
    marks = getattr(thing, "pytestmark", [])
    return next((mark.args[0] for mark in marks if mark.name == "requirement" and mark.args), "")


def requirement_of_item(item: pytest.Item) -> str:
    """The id that the mark of a test, its class or its module names, "" without one."""
    mark = item.get_closest_marker("requirement")
    return str(mark.args[0]) if mark is not None and mark.args else ""
