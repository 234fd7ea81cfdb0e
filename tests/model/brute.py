"""Is there any order of some calls that explains all answers? Every order is tried: slow, and plain enough to be right.

A call takes effect at one moment between its beginning and its end. Moments are whole numbers, and so are all bounds,
for which it is enough to try whole numbers. A state is a hashable value, and `outcomes` says to which states a call may
lead at a moment, given what was answered to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Call", "explainable"]


@dataclass(frozen=True)
class Call:
    """What was asked from `begins` to `ends` and what came of it; one without an answer may come late, or never."""

    begins: int
    ends: int
    does: str
    what: Hashable = None
    answer: Hashable = None
    answered: bool = True


Outcomes = Callable[[Hashable, Call, int], Iterable[Hashable]]
Passing = Callable[[Hashable, int], Iterable[Hashable]]


def explainable(
    calls: Sequence[Call], start: Hashable, outcomes: Outcomes, last: int, passing: Passing | None = None
) -> bool:
    """Whether the calls have an order and moments up to `last` in which each leads to what was answered.

    `passing` gives the states that a state may have become by a moment, without a call.
    """
    seen: set[tuple[int, int, Hashable]] = set()

    def search(left: int, now: int, state: Hashable) -> bool:
        if not any(left >> number & 1 and call.answered for number, call in enumerate(calls)):
            return True
        if (left, now, state) in seen:
            return False
        seen.add((left, now, state))
        due = min(call.ends for number, call in enumerate(calls) if left >> number & 1 and call.answered)
        for number, call in enumerate(calls):
            if not left >> number & 1:
                continue
            for moment in range(max(now, call.begins), min(due, call.ends if call.answered else last) + 1):
                for there in passing(state, moment) if passing else (state,):
                    for after in outcomes(there, call, moment):
                        if search(left & ~(1 << number), moment, after):
                            return True
                if passing is None:
                    break  # where time itself changes nothing, the first moment is as good as any
        return False

    return search((1 << len(calls)) - 1, 0, start)
