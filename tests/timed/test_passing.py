"""While time passes by itself, each probe goes on at its own moment, and never before it."""

from __future__ import annotations

import pytest

from sessionproof.clocks import ClockError
from sessionproof.timed import Moments, Stopped

from .made_up import at_once, ended, passing


def test_probes_go_on_in_the_order_of_their_moments_and_not_before() -> None:
    clock = passing()
    moments = Moments(clock)
    began = clock.now()
    order: list[float] = []
    late: list[float] = []

    def probe(after: float) -> None:
        moments.until(began + after)
        order.append(after)
        late.append(clock.now() - (began + after))

    at_once(moments, *[lambda after=after: probe(after) for after in (0.9, 0.3, 0.6, 0.0)])
    assert order == [0.0, 0.3, 0.6, 0.9]
    assert min(late) >= 0


def test_a_moment_that_has_passed_is_now() -> None:
    clock = passing()
    moments = Moments(clock)
    (job,) = at_once(moments, lambda: moments.until(clock.now() - 1000))
    assert job.error is None


def test_the_longest_wait_is_that_of_one_probe_through_all_its_moments() -> None:
    clock = passing()
    moments = Moments(clock)
    began = clock.now()

    def twice() -> None:
        moments.until(began + 0.2)
        moments.until(began + 0.4)

    for _ in range(2):  # side by side, and one after the other: neither adds up
        at_once(moments, twice, lambda: moments.until(began + 0.3), twice)
    last = clock.now() - began
    assert 0.2 < moments.longest <= last
    (job,) = at_once(moments, lambda: moments.together(lambda end: moments.until(began + end), (0.5, 0.6)))
    assert job.error is None
    assert moments.longest <= last


def test_a_probe_has_waited_for_what_its_check_has_waited_as_well() -> None:
    clock = passing()
    moments = Moments(clock)
    began = clock.now()

    def check() -> None:
        moments.until(began + 0.3)
        moments.together(lambda end: moments.until(began + end), (0.5, 0.6))

    at_once(moments, check)
    assert moments.longest > 0.4  # 0.3 of it by the check; the probe alone has waited for 0.3


def test_what_is_left_is_the_last_of_the_waits() -> None:
    clock = passing()
    moments = Moments(clock)
    assert moments.left() is None
    far = clock.now() + 1000
    job = moments.start(lambda: moments.together(moments.until, (far, far - 500)))
    while (left := moments.left() or 0.0) < 600:
        assert job.thread.is_alive()
    assert left <= 1000
    moments.stop()
    ended(job)
    assert moments.left() is None


def test_stop_ends_all_waits() -> None:
    clock = passing()
    moments = Moments(clock)
    jobs = [moments.start(lambda: moments.until(clock.now() + 1000)) for _ in range(3)]
    moments.stop()
    ended(*jobs)
    assert [type(job.error) for job in jobs] == [Stopped] * 3


def test_it_can_t_be_moved() -> None:
    with pytest.raises(ClockError, match="can't be moved"):
        passing().jump(1.0)
