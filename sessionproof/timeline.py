"""Who called when, and what came back: the few calls that show something, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Timeline", "TimelineCall"]


@dataclass(frozen=True)
class TimelineCall:
    """One call; `began` and `ended` are seconds after the first call of the same clock in the picture."""

    who: str
    clock: str  # times of different clocks say nothing about each other
    began: float
    ended: float
    asked: str
    answered: str
    outcome: str  # acknowledged | refused | unanswered
    wrong: bool = False  # what no right implementation can have answered


@dataclass(frozen=True)
class Timeline:
    """Calls in the order in which they began, clock by clock."""

    calls: tuple[TimelineCall, ...]
    mark: str = ""  # what is wrong, in a word or two
    left_out: int = 0  # calls before these

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Timeline:
        """From what `dataclasses.asdict` made of it."""
        return cls(tuple(TimelineCall(**call) for call in values["calls"]), values["mark"], values["left_out"])
