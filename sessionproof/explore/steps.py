"""Steps of a walk as values: what somebody does, to which session, in which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["Step", "as_row", "from_row"]


@dataclass(frozen=True)
class Step:
    """One act. Users and sessions are numbers: of the users of a walk, and of its sessions in the order of their start.

    What a walk's sessions don't have (the third of two) makes a step do nothing, so that any part of a walk is one.
    """

    act: str
    user: int = 0
    session: int = -1
    other: int = -1  # a second session
    way: int = 0  # which of several paths, clients, texts, pages
    how: int = 0  # what else is to be chosen


_NAMES = {field.name for field in fields(Step)}


def as_row(step: Step) -> dict[str, Any]:
    return asdict(step)


def from_row(row: Mapping[str, Any]) -> Step:
    """Raises ValueError for what is no step."""
    if not isinstance(row, Mapping) or set(row) - _NAMES or not isinstance(row.get("act"), str):
        raise ValueError(f"{row!r} is no step")
    if not all(isinstance(value, int) for name, value in row.items() if name != "act"):
        raise ValueError(f"{row!r} is no step")
    return Step(**row)
