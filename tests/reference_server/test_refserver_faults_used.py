"""Each fault of sessions that have been in use, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


@shows("F-LIF-55")
def deleted_twice_is_back(local: Local) -> bool:
    session_id = local.new()
    assert local.delete(session_id) == 204
    assert not local.alive(session_id)
    assert local.delete(session_id) == 404
    return local.alive(session_id)


@shows("F-LIF-56")
def kept_alive_survives_a_delete(local: Local) -> bool:
    session_id, other = local.new(), local.new()
    local.heartbeat(session_id)
    assert (local.delete(session_id), local.delete(other)) == (204, 204)
    assert not local.alive(other)
    return local.alive(session_id)


@shows("F-LIF-57")
def refused_status_leaves_the_title(local: Local) -> bool:
    session_id = local.new(title="before")
    refused = local.send("PUT", f"{SESSIONS}/{session_id}", json={"title": "after", "status": "zombie"})
    assert refused.status_code in (400, 422)
    return bool(local.read(session_id)["title"] == "after")


@shows("F-LIF-58")
def updated_is_empty(local: Local) -> bool:
    short, long = local.new(), local.new()
    for number in range(6):
        local.say(long, str(number))
    local.say(short, "one")
    local.change(short, title="x")
    local.change(long, title="x")
    assert len(local.read(short)["messages"]) == 1
    return bool(local.read(long)["messages"] == [])


@shows("F-LIF-59")
def resumed_is_not_listed(local: Local) -> bool:
    session_id = local.new(client_id="c")
    assert local.new(client_id="c") == session_id
    assert local.ids() == [session_id]
    assert local.new(client_id="c") == session_id
    return local.ids() == []


@shows("F-LIF-60")
def another_is_updated(local: Local) -> bool:
    only = local.new(title="first")
    local.change(only, title="changed")
    assert local.read(only)["title"] == "changed"
    newer = local.new(title="newer")
    local.change(only, title="again")
    return bool(local.read(newer)["title"] == "again" and local.read(only)["title"] == "changed")


@shows("F-LIF-61")
def the_newest_of_three_is_updated(local: Local) -> bool:
    first, second = local.new(title="first"), local.new(title="second")
    local.change(first, title="changed")
    assert (local.read(first)["title"], local.read(second)["title"]) == ("changed", "second")
    third = local.new(title="third")
    local.change(first, title="again")
    return bool(local.read(third)["title"] == "again" and local.read(second)["title"] == "second")


@shows("F-RES-42")
def the_second_wish_comes_true(local: Local) -> bool:
    session_id = local.new(client_id="c", title="x")
    for title in ("y", None):
        assert local.new(client_id="c", title=title) == session_id
        assert local.read(session_id)["title"] == "x"
    local.new(client_id="c", title="z")
    return bool(local.read(session_id)["title"] == "z")


@shows("F-RES-41")
def second_resume_drops_the_title(local: Local) -> bool:
    session_id = local.new(client_id="c", title="x")
    for _ in range(3):
        local.new(client_id="c")
    assert local.read(session_id)["title"] == "x"
    local.new(client_id="d")
    local.new(client_id="c")
    return local.read(session_id)["title"] is None


@shows("F-ISO-71")
def later_pages_are_open(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "one")
    local.say(session_id, "two")
    path = f"{SESSIONS}/{session_id}/messages"
    assert local.send("GET", path, "bob").status_code == 404
    return local.send("GET", path, "bob", params={"offset": 1}).status_code == 200


@shows("F-EXP-42")
def words_outlive_the_life(local: Local) -> bool:
    session_id, silent = local.new(), local.new()
    local.say(session_id, "one")
    local.forward(minutes=200)
    assert not local.alive(session_id)
    assert "messages" not in local.messages(silent)
    return "messages" in local.messages(session_id)


@shows("F-EXP-43")
def third_heartbeat_does_nothing(local: Local) -> bool:
    session_id = local.new()
    for _ in range(2):
        local.forward(minutes=100)
        assert local.heartbeat(session_id).status_code == 200
    local.forward(minutes=100)
    assert local.heartbeat(session_id).status_code == 200
    local.forward(minutes=100)
    return not local.alive(session_id)


@shows("F-EXP-44")
def refused_status_renews(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=100)
    local.change(session_id, status="zombie")
    local.forward(minutes=100)
    return local.alive(session_id)


def test_every_fault_of_this_group_is_shown() -> None:
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic == "used"}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
