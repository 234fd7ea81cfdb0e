"""Each anomaly by the smallest history that shows it: its name, its requirement, and the events that are named."""

from __future__ import annotations

import re

import pytest

from sessionproof.model import ANOMALIES, Outcome, Rules, Seen, judge
from sessionproof.model.seen import Got, Item, Sent

from .story import RULES, history

# By the anomaly and its requirement: what happened, line by line, and the numbers of the lines that show it.
STORIES: dict[str, tuple[str, list[int]]] = {
    "fork MSG-02": ("new s | say s a | say s b ~ 4 | say s c | read s a b | read s a c", [5, 6]),
    "duplicate MSG-01": ("new s | say s a | read s a a", [2, 3]),
    "phantom ISO-09": ("new s | say s a | read s a x", [3]),
    "ghost MSG-01": ("new s | say s a = 422 | read s a", [2, 3]),
    "ghost MSG-10": ("new s | say s a | clear s | read s a", [2, 4]),
    "lost MSG-01": ("new s | say s a | read s a | say s b | read s b", [2, 3, 5]),
    "lost MSG-03": ("new s | say s a ~ 3 | say s b ~ 3 | +2 | read s b", [2, 4]),
    "stale MSG-01": ("new s | say s a | say s b | read s a | read s a b", [3, 5, 4]),
    "disorder MSG-02": ("new s | say s a | say s b | read s b a", [2, 3, 4]),
    "premature EXP-02": ("new s | +50 | get s = 404", [1, 2]),
    "premature EXP-06": ("new s | +80 | beat s | +60 | get s = 404", [1, 2, 3]),
    "resurrected LIF-05": ("new s | end s | get s", [2, 3]),
    "resurrected CON-02": ("new s | say s a ~ 4 | end s ~ 4 | +2 | get s", [3, 4]),
    "resurrected EXP-08": ("new s | +100 | get s = 404 | beat s", [2, 3]),
    "immortal EXP-01": ("new s | +120 | get s", [1, 2]),
    "immortal EXP-08": ("new s | +120 | beat s", [1, 2]),
    "immortal EXP-09": ("new s | +120 | list s", [1, 2]),
    "twin RES-01": ("new s tab | get s | new t tab", [1, 3, 2]),
    "twin RES-06": ("new s tab ~ 3 | new t tab ~ 3", [1, 2]),
    "mistaken RES-05": ("new s tab | by bob | same s tab", [1, 2]),
    "mistaken RES-04": ("new s tab | same s pad", [1, 2]),
    "undead RES-08": ("new s tab | end s | same s tab", [2, 3]),
    "undead RES-07": ("new s tab | +120 | same s tab", [1, 2]),
    "mislabelled RES-02": ("new s tab | get s | new s tab", [1, 3]),
    "mislabelled RES-06": ("new s tab ~ 3 | new s tab ~ 3", [1, 2]),
    "mislabelled RES-09": ("same s", [1]),
    "reissued RES-09": ("new s | get s | new s", [1, 3]),
    "intruder ISO-03": ("new s | by bob | list s", [1, 2]),
    "leak ISO-01": ("new s | by bob | get s = 404 ! alice", [2]),
}


@pytest.mark.parametrize("told", STORIES)
def test_an_anomaly_is_told_by_the_events_that_show_it(told: str) -> None:
    story, numbers = STORIES[told]
    found = [
        anomaly for anomaly in judge(history(story), RULES).anomalies if f"{anomaly.name} {anomaly.requirement}" == told
    ]
    assert [[event.n for event in anomaly.events] for anomaly in found] == [numbers]
    assert re.search(r"\d\.\d{3} s", found[0].sentence)


def test_a_session_that_came_back_is_no_twin_of_the_next() -> None:
    found = judge(history("new s tab | end s | new t tab | get s"), RULES).anomalies
    assert [anomaly.name for anomaly in found] == ["resurrected"]


def test_every_anomaly_has_a_story() -> None:
    assert {told.split()[0] for told in STORIES} == set(ANOMALIES)


# What is right, or can't be told from what is right.
HARMLESS = {
    "somebody else is told that there is no such session": "new s | by bob | get s = 404 | by alice | get s",
    "a malformed request": "new s | say s a = 400 | get s",
    "a server that fails": "new s | say s a = 500 | read s a | say s b = 503 | read s a",
    "no answer, and the text is there later": "new s | say s a = - | read s | read s a",
    "no answer, and the text is never there": "new s | say s a = - | say s b | read s b",
    "a second delete": "new s | end s | end s | get s = 404",
    "one text twice": "new s | say s a | say s a | read s a a",
    "one text twice, read between": "new s | say s a | read s a | say s a | read s a a",
    "entries of a time before the history": "same s tab | say s b | read s a b",
    "a message beside a clear": "new s | say s a ~ 4 | clear s ~ 4 | +2 | read s a",
    "a message beside a clear that took it away": "new s | say s a ~ 4 | clear s ~ 4 | +2 | read s",
    "two orders of two messages at once": "new s | say s a ~ 3 | say s b ~ 3 | +2 | read s b a",
    "a read beside a message": "new s | say s a ~ 4 | read s ~ 4 | +2 | read s a",
    "a delete without an answer": "new s | end s = - | get s | get s = 404",
    "a life that a heartbeat renewed": "new s | +80 | beat s | +80 | get s",
    "a life that an update may have renewed": "new s | +80 | put s | +60 | get s",
    "gone within the tolerance": "new s | +99 | get s = 404",
    "alive within the tolerance": "new s | +101 | get s",
    "resumption after a renewal": "new s tab | +80 | beat s | +60 | same s tab",
    "a list after a renewal": "new s | +80 | beat s | +60 | list s",
    "resumption": "new s tab | same s tab | same s tab",
    "a new session after a delete": "new s tab | end s | new t tab | same t tab",
    "a new session beside a delete": "new s tab | end s ~ 4 | new t tab ~ 4",
    "a new session after the end": "new s tab | +120 | new t tab",
    "clients of two users": "new s tab | by bob | new t tab",
    "no client": "new s | new t",
    "one create for two that asked at once": "new s tab ~ 3 | same s tab ~ 3",
    "a create without an answer, resumed": "new ? tab = - | same s tab",
    "one's own list": "new s | list s | end s | list",
    "a refused create": "new s tab | new ? tab = 409",
}


@pytest.mark.parametrize("story", HARMLESS.values(), ids=HARMLESS)
def test_what_can_be_right_is_no_anomaly(story: str) -> None:
    assert judge(history(story), RULES).anomalies == []


def test_times_of_two_clocks_are_not_compared() -> None:
    events = history("new s tab | end s | get s | new t tab")
    for event in events[2:]:
        event.clock = "another"
    assert judge(events, RULES).anomalies == []


def test_an_answer_of_the_harness_says_nothing_of_the_target() -> None:
    events = history("new s | get s = 404 | get s")
    events[1].injected = True
    assert judge(events, RULES).anomalies == []


def test_a_request_that_strays_says_little() -> None:
    events = history("new s | say s a | read s | get s = 404")
    events[1].odd = events[3].odd = True
    assert judge(events, RULES).anomalies == []


def test_what_a_request_that_strays_adds_is_no_phantom() -> None:
    events = history("new s | say s a | say s b | read s a x")
    events[2].odd = True
    assert judge(events, RULES).anomalies == []


def test_a_refused_request_that_strays_adds_nothing() -> None:
    events = history("new s | say s a | say s b = 422 | read s a x")
    events[2].odd = True
    assert [anomaly.name for anomaly in judge(events, RULES).anomalies] == ["phantom"]


def test_a_cut_text_is_known_again() -> None:
    cut = {"starts": "a", "characters": 300, "sha256": "0" * 64}
    events = history("new s | say s a | read s a")
    events[1].sent = Sent(content=cut)
    events[2].got = Got(each=[Item(content=dict(cut))])
    assert judge(events, RULES).outcome is Outcome.LEGAL


def test_a_repeat_under_its_key_is_one_message() -> None:
    events = history("new s | say s a | say s a | read s a")
    for event in events[1:3]:
        event.sent = Sent(content="a", idempotency_key="k")
    assert judge(events, RULES).anomalies == []


def many(number: int) -> str:
    return " ".join(f"m{one}" for one in range(number))


@pytest.mark.parametrize("shown", [many(30).split()[:20], many(30).split()[10:]], ids=["the first 20", "the last 20"])
def test_a_list_of_a_round_length_may_be_a_page_that_nobody_declared(shown: list[str]) -> None:
    said = " | ".join(f"say s {text}" for text in many(30).split())
    story = f"new s | {said} | read s {' '.join(shown)} | read s {' '.join(shown)}"
    found = judge(history(story), RULES)
    assert (found.anomalies, found.outcome) == ([], Outcome.UNKNOWN)


def test_a_total_tells_that_a_list_is_a_page() -> None:
    events = history("new s | say s a | say s b | say s c | read s b c")
    got = events[-1].got
    assert got is not None
    got.total = 3
    assert judge(events, RULES).anomalies == []


def test_a_limit_alone_may_mean_the_last() -> None:
    events = history("new s | say s a | say s b | read s b | read s a b")
    events[3].sent = Sent(limit=1)
    assert judge(events, RULES).anomalies == []


def test_a_session_of_unknown_length_of_life_never_ends_too_late() -> None:
    events = history("new s | +500 | get s")
    assert judge(events, Rules(gone=RULES.gone)).anomalies == []
    events[0].sent = Sent(life=10**9)
    assert judge(events, Rules(gone=RULES.gone, life_kind="idle", life=100, longest=1000)).anomalies == []


@pytest.mark.parametrize("kind", ["", "idle", "absolute"])
def test_where_nobody_knows_how_long_sessions_live_one_may_follow_another(kind: str) -> None:
    rules = Rules(gone=RULES.gone, life_kind=kind, resumes_by="user", flags=True)
    assert judge(history("new s tab | say s a | +50 | new t tab"), rules).anomalies == []


def test_a_life_that_was_asked_for_is_counted_in_the_seconds_of_the_clock() -> None:
    rules = Rules(gone=RULES.gone, life_kind="idle", life=100, scale=0.1)
    events = history("new s | +25 | get s")
    events[0].sent = Sent(life=200)
    assert [anomaly.name for anomaly in judge(events, rules).anomalies] == ["immortal"]


def test_a_moved_clock_ends_lives() -> None:
    def later(status: int) -> list[Seen]:
        events = history(f"new s | get s = {status}")
        events[1].shift = 120.0
        return events

    assert [anomaly.name for anomaly in judge(later(200), RULES).anomalies] == ["immortal"]
    assert judge(later(404), RULES).anomalies == []
