"""Each fault of sessions with more behind them, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


@shows("F-LIF-62")
def listed_by_the_old_status(local: Local) -> bool:
    session_id = local.new()
    assert local.ids(status="active") == [session_id]
    local.change(session_id, status="archived")
    return local.ids(status="archived") == []


@shows("F-ISO-72")
def archived_words_are_open(local: Local) -> bool:
    session_id = local.new()
    path = f"{SESSIONS}/{session_id}/messages"
    assert local.send("GET", path, "bob").status_code == 404
    local.change(session_id, status="archived")
    assert local.send("GET", f"{SESSIONS}/{session_id}", "bob").status_code == 404
    return local.send("GET", path, "bob").status_code == 200


@shows("F-ISO-73")
def refusals_name_what_was_changed(local: Local) -> bool:
    session_id = local.new(title="a secret")
    path = f"{SESSIONS}/{session_id}"
    assert "a secret" not in local.send("GET", path, "bob").text
    local.change(session_id, context={})
    return "a secret" in local.send("GET", path, "bob").text


@shows("F-EXP-45")
def strangers_keep_what_was_resumed(local: Local) -> bool:
    session_id, other = local.new(client_id="c"), local.new()
    assert local.new(client_id="c") == session_id
    local.forward(minutes=100)
    for one in (session_id, other):
        assert local.send("POST", f"{SESSIONS}/{one}/heartbeat", "bob").status_code == 404
    local.forward(minutes=100)
    assert not local.alive(other)
    return local.alive(session_id)


@shows("F-EXP-46")
def words_wear_out(local: Local) -> bool:
    session_id, silent = local.new(), local.new()
    local.say(session_id, "one")
    for one in (session_id, silent):
        local.heartbeat(one)
    local.forward(minutes=100)
    assert local.alive(silent)
    return not local.alive(session_id)


@shows("F-EXP-47")
def archived_sessions_grow_old(local: Local) -> bool:
    session_id, active = local.new(), local.new()
    local.change(session_id, status="archived")
    local.forward(minutes=100)
    for one in (session_id, active):
        assert local.heartbeat(one).status_code == 200
    local.forward(minutes=100)
    assert local.alive(active)
    return not local.alive(session_id)


@shows("F-EXP-48")
def later_pages_renew(local: Local) -> bool:
    first, second = local.new(), local.new()
    local.forward(minutes=100)
    assert local.ids() == [first, second]
    assert local.ids(offset=1) == [second]
    local.forward(minutes=100)
    assert not local.alive(first)
    return local.alive(second)


@shows("F-MSG-74")
def long_texts_are_cut(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "x" * 8192)
    local.say(session_id, "y" * 8193)
    first, second = (message["content"] for message in local.read(session_id)["messages"])
    assert len(first) == 8192
    return len(second) == 8192


def test_every_fault_of_this_group_is_shown() -> None:
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic == "grown"}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
