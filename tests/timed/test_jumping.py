"""A clock that jumps does so when every probe waits, and as far as suits the one that can wait least."""

from __future__ import annotations

import threading

import pytest

from sessionproof.clocks import ClockError
from sessionproof.expect import Violation
from sessionproof.timed import Moments, Stopped

from .made_up import Jumping, at_once, ended


def test_it_jumps_once_for_all_whom_one_moment_suits() -> None:
    clock = Jumping()
    moments = Moments(clock)
    at_once(moments, *[lambda start=start: moments.until(start, start + 10) for start in range(5)])
    assert clock.readings == [10.0]


def test_it_goes_to_the_last_moment_that_suits_the_most_urgent() -> None:
    clock = Jumping()
    moments = Moments(clock)
    seen: dict[str, float] = {}

    def probe(name: str, earliest: float, latest: float) -> None:
        moments.until(earliest, latest)
        seen[name] = clock.now()

    windows = {"urgent": (10.0, 12.0), "beside it": (11.0, 99.0), "later": (50.0, 60.0), "last": (55.0, 70.0)}
    at_once(moments, *[lambda name=name: probe(name, *windows[name]) for name in windows])
    assert seen == {"urgent": 12.0, "beside it": 12.0, "later": 60.0, "last": 60.0}
    assert clock.readings == [12.0, 60.0]


def test_it_never_jumps_while_anybody_is_busy() -> None:
    calling = threading.Semaphore(0)
    under_way: set[str] = set()
    clock = Jumping(before=lambda: jumped_amid.extend(under_way))
    jumped_amid: list[str] = []
    moments = Moments(clock)

    def probe(name: str) -> None:
        for moment in (10.0, 20.0, 30.0):
            under_way.add(name)
            calling.acquire(timeout=0.005)  # as long as a call may take
            under_way.discard(name)
            moments.until(moment)

    at_once(moments, *[lambda name=name: probe(name) for name in "abcdefgh"])
    assert clock.readings == [10.0, 20.0, 30.0]
    assert jumped_amid == []


def test_probes_of_different_births_each_get_their_own_moment() -> None:
    clock = Jumping()
    moments = Moments(clock)
    seen: list[tuple[float, float]] = []

    def probe(born: float) -> None:
        moments.until(born)
        for part in (0.5, 1.1):
            moments.until(born + part * 100, born + part * 100 + 2)
            seen.append((born + part * 100, clock.now()))

    at_once(moments, *[lambda born=born: probe(born) for born in (0.0, 1.0, 7.0, 30.0, 31.5)])
    assert len(seen) == 10
    assert all(wanted <= got <= wanted + 2.001 for wanted, got in seen)
    assert clock.readings == sorted(clock.readings)


def test_a_moment_that_has_passed_is_now() -> None:
    clock = Jumping()
    moments = Moments(clock)

    def probe() -> None:
        moments.until(10.0)
        moments.until(3.0)
        moments.until(3.0, 5.0)

    (job,) = at_once(moments, probe)
    assert job.error is None
    assert clock.readings == [10.0]


def test_checks_within_checks_wait_together() -> None:
    clock = Jumping()
    moments = Moments(clock)
    order: list[str] = []

    def probe(name: str) -> None:
        moments.until(10.0 * (1 + "abc".index(name[0])), 100.0 if name[0] == "a" else None)
        order.append(f"{name} {clock.now():g}")

    def outer(name: str) -> None:
        moments.together(lambda inner: probe(name + inner), "12")
        order.append(f"{name} ended {clock.now():g}")

    def check() -> None:
        moments.together(outer, "abc")
        order.append("all ended")

    at_once(moments, check)
    assert sorted(order[:4]) == ["a1 20", "a2 20", "b1 20", "b2 20"] or sorted(order[:6])[:2] == ["a ended 20", "a1 20"]
    assert order[-1] == "all ended"
    assert {line for line in order if line.startswith("c")} == {"c1 30", "c2 30", "c ended 30"}
    assert clock.readings == [20.0, 30.0]


@pytest.mark.parametrize("attempt", range(20))
def test_a_check_goes_on_before_the_clock_jumps_past_it(attempt: int) -> None:
    clock = Jumping()
    moments = Moments(clock)
    seen: list[float] = []

    def check() -> None:
        moments.together(lambda moment: moments.until(moment), (1.0, 2.0, 3.0))
        seen.append(clock.now())
        moments.until(5.0, 6.0)
        seen.append(clock.now())

    at_once(moments, check, lambda: moments.until(1000.0))
    assert seen == [3.0, 6.0]


def test_nothing_to_do_together_is_done_at_once() -> None:
    clock = Jumping()
    moments = Moments(clock)
    (job,) = at_once(moments, lambda: moments.together(moments.until, ()))
    assert job.error is None
    assert clock.readings == []


def test_a_probe_that_fails_keeps_nobody_waiting() -> None:
    clock = Jumping()
    moments = Moments(clock)
    reached: list[float] = []

    def probe(moment: float) -> None:
        if moment == 10.0:
            raise Violation("this", "that", None)
        moments.until(moment)
        reached.append(moment)

    (job,) = at_once(moments, lambda: moments.together(probe, (10.0, 20.0, 30.0)))
    assert reached == [20.0, 30.0]
    assert isinstance(job.error, Violation)


def test_of_several_errors_a_violation_is_told_before_a_fault_of_ours() -> None:
    moments = Moments(Jumping())

    def probe(moment: float) -> None:
        moments.until(moment)
        raise KeyError("ours") if moment < 25 else Violation("this", f"that at {moment:g}", None)

    (job,) = at_once(moments, lambda: moments.together(probe, (10.0, 20.0, 30.0, 40.0)))
    assert str(job.error) == "expected this; seen that at 30"


def test_stop_ends_all_waits_also_later_ones() -> None:
    clock = Jumping()
    moments = Moments(clock)
    reached: list[str] = []

    def probe() -> None:
        try:
            moments.until(10.0)
        finally:
            reached.append("went on")
        reached.append("went on as if nothing had happened")

    with moments.busy():
        jobs = [moments.start(probe) for _ in range(3)]
        moments.stop()
        ended(*jobs)
    assert [type(job.error) for job in jobs] == [Stopped] * 3
    assert reached == ["went on"] * 3
    assert clock.readings == []
    (late,) = at_once(moments, lambda: moments.until(11.0))
    assert isinstance(late.error, Stopped)


def test_a_clock_that_can_t_be_moved_ends_all_with_its_reason() -> None:
    clock = Jumping()
    clock.broken = True
    moments = Moments(clock)
    jobs = at_once(moments, *[lambda moment=moment: moments.until(moment) for moment in (10.0, 20.0, 30.0)])
    assert [str(job.error) for job in jobs] == ["the made-up clock is broken"] * 3
    assert all(isinstance(job.error, ClockError) for job in jobs)


def test_nobody_has_waited_where_the_clock_jumps() -> None:
    moments = Moments(Jumping())
    at_once(moments, lambda: moments.until(1000.0))
    assert moments.longest == 0.0
    assert moments.left() is None
