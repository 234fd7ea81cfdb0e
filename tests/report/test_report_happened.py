"""What led to a failure, in lines."""

from __future__ import annotations

from sessionproof.report.happened import happened
from sessionproof.timeline import Timeline, TimelineCall


def call(began: float, ended: float, who: str = "alice", clock: str = "a", *, wrong: bool = False) -> TimelineCall:
    return TimelineCall(who, clock, began, ended, f"read {began:g}", "200", "acknowledged", wrong)


def test_a_line_a_call_and_the_wrong_one_is_marked() -> None:
    timeline = Timeline((call(0, 0.1), call(0.2, 0.3, wrong=True)), "stale")
    assert happened(timeline, 8) == ["alice: read 0 -> 200", "alice: read 0.2 -> 200  <- stale"]


def test_what_met_and_what_had_to_pass_is_said() -> None:
    timeline = Timeline((call(0, 0.5), call(0.2, 0.3, "bob"), call(0.4, 0.6), call(180.6, 181)))
    assert happened(timeline, 8) == [
        "alice: read 0 -> 200",
        "meanwhile bob: read 0.2 -> 200",
        "meanwhile alice: read 0.4 -> 200",
        "… 3 min 0 s later",
        "alice: read 180.6 -> 200",
    ]


def test_of_many_the_last_are_told() -> None:
    timeline = Timeline(tuple(call(n / 10, n / 10 + 0.05) for n in range(10)), left_out=4)
    hidden, *lines = happened(timeline, 2)
    assert hidden == "… after 12 calls before these"
    assert lines == ["alice: read 0.8 -> 200", "alice: read 0.9 -> 200"]


def test_clocks_that_say_nothing_of_each_other_are_kept_apart() -> None:
    timeline = Timeline((call(5, 6), call(0, 1, clock="b")))
    assert happened(timeline, 8) == ["alice: read 5 -> 200", "by a clock of its own:", "alice: read 0 -> 200"]
