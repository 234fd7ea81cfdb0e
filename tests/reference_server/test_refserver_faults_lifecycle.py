"""Each lifecycle fault, seen from outside."""

from collections.abc import Callable
from typing import Any

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


@shows("F-LIF-01")
def deleted_is_read(local: Local) -> bool:
    session_id = local.new()
    local.delete(session_id)
    assert local.ids() == []
    return local.alive(session_id)


@shows("F-LIF-02")
def unsent_is_lost(local: Local) -> bool:
    session_id = local.new(context={"a": 1}, metadata={"b": 2})
    changed = local.change(session_id, title="x")
    return bool(changed["context"] == {} and "b" not in changed["metadata"])


@shows("F-LIF-04")
def parallel_updates_undo(local: Local) -> bool:
    session_id = local.new()
    path = f"{SESSIONS}/{session_id}"
    changes: list[dict[str, Any]] = [{"json": {"title": "x"}}, {"json": {"context": {"a": 1}}}]
    local.together(*(("PUT", path, "ann", change) for change in changes))
    session = local.read(session_id)
    return (session["title"], session["context"]) != ("x", {"a": 1})


@shows("F-LIF-06")
def second_delete_fails(local: Local) -> bool:
    session_id = local.new()
    assert local.delete(session_id) == 204
    return local.delete(session_id) == 500


@shows("F-LIF-20")
def first_read_misses(local: Local) -> bool:
    session_id = local.new()
    missed = not local.alive(session_id)
    assert local.alive(session_id)
    return missed


@shows("F-LIF-21")
def some_are_not_stored(local: Local) -> bool:
    alive = [local.alive(local.new()) for _ in range(50)]
    return alive.count(False) == 2


@shows("F-LIF-22")
def ids_come_again(local: Local) -> bool:
    old = local.new()
    local.delete(old)
    return local.new() == old


@shows("F-LIF-23")
def times_have_no_zone(local: Local) -> bool:
    return not local.create()["created_at"].endswith("Z")


@shows("F-LIF-24")
def context_is_born_full(local: Local) -> bool:
    local.change(local.new(), context={"a": 1})
    assert local.create("bob", context={"b": 1})["context"] == {"b": 1}
    return bool(local.create("bob")["context"] == {"a": 1})


@shows("F-LIF-25")
def created_after_updated(local: Local) -> bool:
    session = local.create()
    return bool(session["created_at"] > session["updated_at"])


@shows("F-LIF-26")
def reading_moves_times(local: Local) -> bool:
    session_id = local.new()
    before = local.read(session_id)
    local.forward(seconds=1)
    return bool(local.read(session_id) != before)


@shows("F-LIF-27")
def reading_activates(local: Local) -> bool:
    session_id = local.new()
    local.change(session_id, status="archived")
    assert local.read(session_id)["status"] == "archived"
    return bool(local.read(session_id)["status"] == "active")


@shows("F-LIF-29")
def status_loses_context(local: Local) -> bool:
    session_id = local.new(context={"a": 1})
    assert local.change(session_id, title="x")["context"] == {"a": 1}
    return bool(local.change(session_id, status="archived")["context"] == {})


@shows("F-LIF-30")
def second_update_loses_client(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    assert local.change(session_id, title="x")["client_id"] == "tab"
    return local.change(session_id, title="y")["client_id"] is None


@shows("F-LIF-31")
def messages_outlive(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "hello")
    local.delete(session_id)
    assert not local.alive(session_id)
    return "messages" in local.messages(session_id)


@shows("F-LIF-32")
def listed_twice(local: Local) -> bool:
    session_id = local.new()
    assert local.ids() == [session_id]
    local.change(session_id, title="x")
    return local.ids() == [session_id, session_id]


@shows("F-LIF-33")
def total_counts_deleted(local: Local) -> bool:
    local.delete(local.new())
    return bool(local.page()["total"] == 1)


@shows("F-LIF-34")
def second_page_skips(local: Local) -> bool:
    ids = [local.new() for _ in range(4)]
    assert local.ids(limit=2) == ids[:2]
    return local.ids(limit=2, offset=2) == ids[3:]


@shows("F-LIF-35")
def any_status(local: Local) -> bool:
    session_id = local.new()
    assert local.change(session_id, status="archived")["status"] == "archived"
    assert local.send("PUT", f"{SESSIONS}/{session_id}", json={"title": 5}).status_code == 422
    return bool(local.change(session_id, status="paused").get("status") == "paused")


@shows("F-LIF-36")
def deleted_goes_on(local: Local) -> bool:
    session_id = local.new()
    assert local.change(session_id, status="deleted")["status"] == "deleted"
    return local.alive(session_id)


@shows("F-LIF-37")
def archived_cannot_be_listed(local: Local) -> bool:
    session_id = local.new()
    local.change(session_id, status="archived")
    assert local.alive(session_id)
    return "messages" not in local.messages(session_id)


@shows("F-LIF-38")
def archived_for_good(local: Local) -> bool:
    session_id = local.new()
    local.change(session_id, status="archived")
    return bool(local.change(session_id, status="active")["status"] == "archived")


@shows("F-LIF-39")
def health_needs_identity(local: Local) -> bool:
    return local.send("GET", "/health", None).status_code == 401


@shows("F-LIF-40")
def health_tells_ids(local: Local) -> bool:
    session_id = local.new()
    return session_id in local.send("GET", "/health", None).text


@shows("F-LIF-41")
def health_renews(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=100)
    local.send("GET", "/health", None)
    local.forward(minutes=100)
    return local.alive(session_id)


@shows("F-LIF-42")
def health_makes_a_session(local: Local) -> bool:
    local.send("GET", "/health", None)
    local.send("GET", "/health", "ann")
    return bool(local.page()["total"] == 1)


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "lifecycle"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
