"""How hard a run tries: the numbers that grow from quick to thorough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

__all__ = ["Effort", "Numbers", "Races"]

T = TypeVar("T")


class Effort(StrEnum):
    QUICK = "quick"
    NORMAL = "normal"
    THOROUGH = "thorough"

    @property
    def numbers(self) -> Numbers:
        return _NUMBERS[self]


@dataclass(frozen=True)
class Races:
    """What a check that races may spend: bursts of so many works, until so many requests or seconds are spent."""

    width: int
    requests: int
    seconds: float


@dataclass(frozen=True)
class Numbers:
    """How many of each thing a check does."""

    creates: int  # sessions made to look at their ids
    resumes: int  # creates with one client id
    messages: int  # in one conversation
    page: int  # sessions of one user in a list
    texts: int  # odd texts sent and read back
    times: int  # the same thing said again
    breadth: int  # of many alike things (routes, look-alikes, wrong bodies) that are tried
    races: Races

    def some(self, things: Sequence[T], most: int | None = None) -> list[T]:
        """The first `breadth` of `things` (at most `most` of them when that is less)."""
        return list(things)[: self.breadth if most is None else min(self.breadth, most)]


_NUMBERS = {
    Effort.QUICK: Numbers(
        creates=2, resumes=2, messages=11, page=2, texts=2, times=1, breadth=2, races=Races(3, 1, 2.0)
    ),
    Effort.NORMAL: Numbers(
        creates=60, resumes=12, messages=105, page=12, texts=18, times=2, breadth=1000, races=Races(5, 100, 10.0)
    ),
    Effort.THOROUGH: Numbers(
        creates=500, resumes=50, messages=260, page=60, texts=80, times=3, breadth=1000, races=Races(8, 500, 40.0)
    ),
}
