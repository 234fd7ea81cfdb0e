"""Each fault of a session's life, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def lives(local: Local, session_id: str, minutes: float) -> bool:
    """It is alive after so many more minutes."""
    local.forward(minutes=minutes)
    return local.alive(session_id)


def asked_for(local: Local, minutes: object) -> object:
    """The length in force, or the reason why there is none."""
    answer = local.create(metadata={"timeout_minutes": minutes})
    return answer["metadata"]["timeout_minutes"] if "metadata" in answer else answer["reason"]


@shows("F-EXP-01")
def default_is_enforced(local: Local) -> bool:
    short, long = (local.new(metadata={"timeout_minutes": minutes}) for minutes in (10, 300))
    assert local.read(short)["metadata"]["timeout_minutes"] == 10
    return lives(local, short, 20) and not lives(local, long, 170)


@shows("F-EXP-02")
def a_minute_too_long(local: Local) -> bool:
    session_id = local.new()
    too_long = lives(local, session_id, 180.5)
    assert not lives(local, session_id, 0.5)
    return too_long


@shows("F-EXP-03")
def read_renews(local: Local) -> bool:
    session_id = local.new()
    assert lives(local, session_id, 100)
    return lives(local, session_id, 100)


@shows("F-EXP-05")
def heartbeat_only_touches(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=100)
    moved = local.heartbeat(session_id).json()["last_activity_at"]
    assert moved == "2030-01-01T01:40:00.000000Z"
    return not lives(local, session_id, 100)


@shows("F-EXP-06")
def heartbeat_adds(local: Local) -> bool:
    session_id = local.new()
    local.heartbeat(session_id)
    return lives(local, session_id, 200)


@shows("F-EXP-07")
def heartbeat_revives(local: Local) -> bool:
    session_id = local.new()
    assert not lives(local, session_id, 181)
    local.heartbeat(session_id)
    return local.alive(session_id)


@shows("F-EXP-08")
def message_recreates(local: Local) -> bool:
    session_id = local.new(title="old")
    assert not lives(local, session_id, 181)
    local.say(session_id, "hello")
    return local.alive(session_id) and local.read(session_id)["title"] == "hello"


@shows("F-EXP-11")
def list_shows_ghosts(local: Local) -> bool:
    session_id = local.new()
    assert not lives(local, session_id, 181)
    return local.ids() == [session_id] and local.page()["total"] == 1


@shows("F-EXP-12")
def messages_outlive(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "hello")
    assert not lives(local, session_id, 181)
    listed = "messages" in local.messages(session_id)
    return listed and "message_id" in local.say(session_id, "more")


@shows("F-EXP-14")
def sweeps_by_age(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=100)
    local.heartbeat(session_id)
    return not lives(local, session_id, 100)


@shows("F-EXP-15")
def says_expired(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=181)
    shown = local.read(session_id).get("status") == "expired"
    return bool(shown and local.say(session_id, "hello")["reason"] == "internal_error")


@shows("F-EXP-20")
def no_maximum(local: Local) -> bool:
    assert asked_for(local, 0) == "invalid_request"
    assert asked_for(local, 1e12) in (1e12, "invalid_request")
    return asked_for(local, 1000) == 1000


@shows("F-EXP-21")
def zero_is_nothing(local: Local) -> bool:
    assert asked_for(local, 481) == "invalid_request"
    return asked_for(local, 0) == 180


@shows("F-EXP-22")
def numbers_in_quotes(local: Local) -> bool:
    assert asked_for(local, "x") == "invalid_request"
    return asked_for(local, "60") == 60


@shows("F-EXP-23")
def negative_is_forever(local: Local) -> bool:
    assert asked_for(local, 0) == "invalid_request"
    session_id = local.create(metadata={"timeout_minutes": -1}).get("session_id", "none")
    return lives(local, session_id, 1_000_000)


@shows("F-EXP-24")
def out_of_range_is_ignored(local: Local) -> bool:
    assert asked_for(local, "60") == "invalid_request"
    return [asked_for(local, minutes) for minutes in (0, -1, 481, 0.5)] == [180] * 4


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "expiry"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
