"""Each resumption fault, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def pair(local: Local, one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Two users with their clients get one session."""
    return local.new(one[0], client_id=one[1]) == local.new(other[0], client_id=other[1])


@shows("F-RES-01")
def never_resumes(local: Local) -> bool:
    return not pair(local, ("ann", "tab"), ("ann", "tab"))


@shows("F-RES-02")
def resumes_once(local: Local) -> bool:
    assert pair(local, ("ann", "tab"), ("ann", "tab"))
    return local.create(client_id="tab")["session_resumed"] is False


@shows("F-RES-03")
def creates_at_once_make_twins(local: Local) -> bool:
    answers = local.together(*(("POST", SESSIONS, "ann", {"json": {"client_id": "tab"}}) for _ in range(2)))
    return len({answer.json()["session_id"] for answer in answers}) == 2


@shows("F-RES-05")
def users_share_a_client(local: Local) -> bool:
    return pair(local, ("ann", "tab"), ("bob", "tab"))


@shows("F-RES-06")
def dead_id_after_delete(local: Local) -> bool:
    old = local.new(client_id="tab")
    local.delete(old)
    again = local.create(client_id="tab")
    return bool(again["session_id"] == old and again["session_resumed"] and not local.alive(old))


@shows("F-RES-07")
def resume_undeletes(local: Local) -> bool:
    old = local.new(client_id="tab")
    local.say(old, "hello")
    local.delete(old)
    assert not local.alive(old)
    assert local.ids() == []
    again = local.create(client_id="tab")
    return bool(again["session_id"] == old and again["messages"] and local.alive(old))


@shows("F-RES-08")
def resume_revives(local: Local) -> bool:
    old = local.new(client_id="tab")
    local.forward(minutes=181)
    assert not local.alive(old)
    return bool(local.new(client_id="tab") == old and local.alive(old))


@shows("F-RES-09")
def resume_starts_over(local: Local) -> bool:
    session_id = local.new(client_id="tab", context={"a": 1})
    local.say(session_id, "hello")
    again = local.create(client_id="tab")
    assert again["session_id"] == session_id
    return bool(again["messages"] == [] and again["context"] == {})


@shows("F-RES-10")
def case_is_ignored(local: Local) -> bool:
    return pair(local, ("ann", "tab"), ("ann", "TAB"))


@shows("F-RES-11")
def form_and_space_are_ignored(local: Local) -> bool:
    trimmed = pair(local, ("ann", "tab"), ("ann", "tab "))
    return trimmed and pair(local, ("bob", "caf\u00e9"), ("bob", "cafe\u0301"))


@shows("F-RES-13")
def no_client_resumes(local: Local) -> bool:
    assert local.new("bob") != local.new("ann")
    return local.new() == local.new()


@shows("F-RES-15")
def newest_is_resumed(local: Local) -> bool:
    first, second = local.new(client_id="c1"), local.new(client_id="c2")
    assert first != second
    return local.new(client_id="c1") == second


@shows("F-RES-20")
def update_loses_client(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    assert local.new(client_id="tab") == session_id
    local.change(session_id, title="x")
    return local.new(client_id="tab") != session_id


@shows("F-RES-21")
def says_new(local: Local) -> bool:
    local.new(client_id="tab")
    again = local.send("POST", SESSIONS, json={"client_id": "tab"})
    return again.status_code == 201 and not again.json()["session_resumed"]


@shows("F-RES-22")
def says_resumed(local: Local) -> bool:
    assert local.create(client_id="tab")["session_resumed"] is False
    local.delete(local.new(client_id="tab"))
    again = local.create(client_id="tab")
    return bool(again["session_resumed"] and local.alive(again["session_id"]))


@shows("F-RES-23")
def resume_overwrites(local: Local) -> bool:
    session_id = local.new(client_id="tab", title="old", context={"a": 1})
    local.create(client_id="tab")
    assert local.read(session_id)["title"] == "old"
    local.create(client_id="tab", title="new")
    return bool(local.read(session_id)["title"] == "new")


@shows("F-RES-24")
def resume_cuts(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    for number in range(5):
        local.say(session_id, str(number))
    local.create(client_id="tab")
    return bool(local.read(session_id)["message_count"] == 3)


@shows("F-RES-25")
def clients_share_a_session(local: Local) -> bool:
    assert not pair(local, ("ann", "c1"), ("bob", "c2"))
    return pair(local, ("ann", "c1"), ("ann", "c2"))


@shows("F-RES-26")
def third_client_evicts(local: Local) -> bool:
    first, second = local.new(client_id="c1"), local.new(client_id="c2")
    assert local.alive(first)
    local.new(client_id="c3")
    assert local.alive(second)
    return not local.alive(first)


@shows("F-RES-27")
def delete_ends_others(local: Local) -> bool:
    mine, theirs = local.new(client_id="tab"), local.new("bob", client_id="tab")
    local.delete(mine)
    return not local.alive(theirs, "bob")


@shows("F-RES-28")
def dead_id_after_status(local: Local) -> bool:
    old = local.new(client_id="c1")
    local.delete(old)
    assert local.new(client_id="c1") != old
    other = local.new(client_id="c2")
    local.change(other, status="deleted")
    return local.new(client_id="c2") == other


@shows("F-RES-29")
def null_resumes(local: Local) -> bool:
    assert local.new() != local.new()
    return local.new(client_id=None) == local.new(client_id=None)


@shows("F-RES-30")
def blank_resumes(local: Local) -> bool:
    first, second = (local.create(client_id=blank) for blank in (" ", "\t"))
    return bool(first.get("session_id", 1) == second.get("session_id", 2))


@shows("F-RES-31")
def joined_keys_meet(local: Local) -> bool:
    assert not pair(local, ("ann", "tab"), ("bob", "tab"))
    return pair(local, ("a", "b:c"), ("a:b", "c"))


@shows("F-RES-32")
def long_keys_meet(local: Local) -> bool:
    assert not pair(local, ("ann", "x" * 62 + "1"), ("ann", "x" * 62 + "2"))
    return pair(local, ("ann", "x" * 64 + "1"), ("ann", "x" * 64 + "2"))


@shows("F-RES-33")
def resume_sets_life(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    again = local.create(client_id="tab", metadata={"timeout_minutes": 5})
    local.forward(minutes=5)
    return again["metadata"]["timeout_minutes"] == 5 and not local.alive(session_id)


@shows("F-RES-34")
def resume_activates(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    local.change(session_id, status="archived")
    return bool(local.create(client_id="tab")["status"] == "active")


@shows("F-RES-35")
def resume_echoes(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    again = local.create(client_id="tab", metadata={"timeout_minutes": 5})
    assert local.read(session_id)["metadata"] == {"timeout_minutes": 180}
    return bool(again["metadata"] == {"timeout_minutes": 5})


@shows("F-RES-36")
def resume_shortens(local: Local) -> bool:
    session_id = local.new(client_id="tab")
    local.create(client_id="tab")
    local.forward(minutes=90)
    return not local.alive(session_id)


@shows("F-RES-37")
def client_moves(local: Local) -> bool:
    theirs = local.new("bob", client_id="tab")
    local.new(client_id="tab")
    return not local.alive(theirs, "bob")


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "resumption"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
