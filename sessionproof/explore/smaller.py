"""A walk that broke something, made as small as it goes: what it can do without is left out.

Hypothesis could do that as well, but it doesn't know what a step is about. Here a session goes with all that was done
to it, so that a tenth of the requests is enough; every answer of a target costs time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from sessionproof.explore.steps import Step, as_row, from_row

__all__ = ["smaller", "without"]

_CHUNKS = (8, 4, 2, 1, 1)

T = TypeVar("T")


def smaller(
    found: T,
    taken: Callable[[T], tuple[Sequence[Step], Sequence[range]]],
    breaks: Callable[[Sequence[Step]], T | None],
) -> T:
    """The smallest of what `breaks` still finds. `taken` gives steps, and which sessions each of them has made.

    `breaks` returns None where the same thing isn't found, or where it is time to end.
    """
    for size in _CHUNKS:
        place = len(taken(found)[0]) - 1
        while place > 0:
            place -= size
            begin = max(1, place)
            steps, made = taken(found)
            found = breaks(without(steps, made, range(begin, place + size))) or found
    for place, step in enumerate(taken(found)[0]):
        for name in ("how", "way", "user"):
            steps, _ = taken(found)
            if place < len(steps) and getattr(step, name) and getattr(steps[place], name):
                found = breaks([*steps[:place], _plain(steps[place], name), *steps[place + 1 :]]) or found
    return found


def _plain(step: Step, name: str) -> Step:
    return from_row(as_row(step) | {name: 0})


def without(steps: Sequence[Step], made: Sequence[range], left_out: Collection[int]) -> list[Step]:
    """The steps without those at these places, and without all that is about sessions that these have made."""
    gone = {number for place in left_out if place < len(made) for number in made[place]}
    kept = []
    for place, step in enumerate(steps):
        if place in left_out or step.session in gone or step.other in gone:
            continue
        kept.append(replace(step, session=_after(step.session, gone), other=_after(step.other, gone)))
    return kept


def _after(number: int, gone: Collection[int]) -> int:
    """The number that a session has once those that are gone aren't counted any more."""
    return number - sum(one < number for one in gone)
