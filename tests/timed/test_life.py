"""What is said of a life is never wrong, however unlucky the times; at its edges nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from sessionproof.expect import Expect, Violation
from sessionproof.timed import Life, Moments

from .made_up import Jumping, at_once, reply

LENGTH, TOLERANCE = 20, 2


def life(since: float = 0.0, until: float = 0.0, length: float = LENGTH) -> Life:
    return Life(Moments(Jumping(TOLERANCE)), length, since, until)


def times(first: int, last: int) -> Iterator[tuple[int, int]]:
    """All (start, end) of a call in this span."""
    return ((began, ended) for began, ended in product(range(first, last), repeat=2) if began <= ended)


def test_no_certain_statement_is_ever_wrong() -> None:
    """By all births, calls and servers that are off by no more than the tolerance, each call seen at any of its
    moments."""
    decided = set()
    for (since, until), (began, ended) in product(times(0, 4), times(14, 30)):
        lived = life(since, until)
        answer = reply(began, ended)
        ends = [born + LENGTH + off for born in (since, until) for off in (-TOLERANCE, TOLERANCE)]
        if lived.lasts_beyond(answer):
            assert all(ended <= end for end in ends)
            decided.add("within")
        if lived.was_over_before(answer):
            assert all(began >= end for end in ends)
            decided.add("after")
        assert not (lived.lasts_beyond(answer) and lived.was_over_before(answer))
    assert decided == {"within", "after"}


def test_the_edges_themselves_are_decided_and_one_step_further_is_not() -> None:
    lived = life(since=1.0, until=3.0)
    assert lived.lasts_beyond(reply(0.0, 19.0))
    assert not lived.lasts_beyond(reply(0.0, 19.001))
    assert lived.was_over_before(reply(25.0, 26.0))
    assert not lived.was_over_before(reply(24.999, 26.0))


def test_beyond_its_limit_no_renewal_keeps_it_alive_for_sure() -> None:
    lived = replace(life(), limit=30.0).renewed(reply(15.0, 15.0))
    assert lived.lasts_beyond(reply(28.0, 28.0))
    assert not lived.lasts_beyond(reply(29.0, 29.0))
    assert not lived.was_over_before(reply(33.0, 33.0))


@pytest.mark.parametrize("status", [404, 500, None])
def test_a_renewal_that_failed_leaves_nothing_certain(status: int | None) -> None:
    lived = life().renewed(reply(10.0, 11.0, status))
    assert not any(lived.lasts_beyond(reply(at, at)) or lived.was_over_before(reply(at, at)) for at in range(100))


def test_a_renewal_counts_from_its_own_call() -> None:
    lived = life(1.0, 3.0).renewed(reply(10.0, 12.0))
    assert lived.lasts_beyond(reply(0, 10 + LENGTH - TOLERANCE))
    assert not lived.was_over_before(reply(12 + LENGTH + TOLERANCE - 0.5, 99))
    assert lived.was_over_before(reply(12 + LENGTH + TOLERANCE, 99))


def test_a_life_that_may_have_been_renewed_is_sure_of_neither_end() -> None:
    lived = life(1.0, 3.0).perhaps_renewed(reply(10.0, 12.0))
    assert not lived.lasts_beyond(reply(0, 1 + LENGTH - TOLERANCE + 0.5))
    assert not lived.was_over_before(reply(12 + LENGTH + TOLERANCE - 0.5, 99))


@pytest.mark.parametrize(
    ("wait", "earliest", "latest"),
    [
        (lambda lived: lived.at(0.5), 13.0, 13.4),
        (lambda lived: lived.at(1.5), 33.0, 33.4),
        (lambda lived: lived.nearly_over(), 18.2, 18.6),
        (lambda lived: lived.over(), 25.0, 27.0),
    ],
)
def test_its_moments(wait: Callable[[Life], None], earliest: float, latest: float) -> None:
    lived = life(since=1.0, until=3.0)
    at_once(lived.moments, lambda: wait(lived))
    assert earliest <= lived.moments.clock.now() <= latest + 0.001


def test_at_each_moment_there_is_room_for_the_probe() -> None:
    for length in (16.0, 30.0, 10_800.0):
        lived = life(length=length)
        at_once(lived.moments, lived.nearly_over)
        now = lived.moments.clock.now()
        assert lived.lasts_beyond(reply(now, now + 0.01 * length))
        at_once(lived.moments, lived.over)
        now = lived.moments.clock.now()
        assert lived.was_over_before(reply(now, now + 100))


def test_expectations_leave_undecided_what_the_life_doesn_t_tell() -> None:
    expect, lived = Expect(), life()
    expect(reply(1.0, 21.0, 404)).works_within(lived)
    expect(reply(21.0, 22.0, 200)).is_gone_after(lived)
    assert (expect.exercised, expect.undecided) == (0, 2)
    expect(reply(1.0, 18.0, 200)).works_within(lived)
    expect(reply(22.0, 22.0, 404)).is_gone_after(lived)
    assert (expect.exercised, expect.undecided) == (2, 2)
    with pytest.raises(Violation, match="s before the end of its life of"):
        expect(reply(1.0, 18.0, 404)).works_within(lived)
    with pytest.raises(Violation, match="s after the end of its life of"):
        expect(reply(22.0, 22.0, 200)).is_gone_after(lived)
