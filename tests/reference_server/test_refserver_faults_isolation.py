"""Each isolation fault, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def one(session_id: str, end: str = "") -> str:
    return f"{SESSIONS}/{session_id}{end}"


def refusal(local: Local, session_id: str, method: str = "GET", end: str = "") -> str:
    """What is said to somebody who asks for it."""
    answer = local.send(method, one(session_id, end), "bob", json={"role": "user", "content": "x"})
    return f"{answer.status_code} {answer.text}"


@shows("F-ISO-01")
def foreign_is_read(local: Local) -> bool:
    session_id = local.new()
    assert "messages" not in local.messages(session_id, "bob")
    return local.alive(session_id, "bob")


@shows("F-ISO-02")
def sub_routes_are_open(local: Local) -> bool:
    session_id = local.new()
    assert not local.alive(session_id, "bob")
    listed = "messages" in local.messages(session_id, "bob")
    return listed and local.heartbeat(session_id, "bob").status_code == 200


@shows("F-ISO-05")
def second_page_is_open(local: Local) -> bool:
    mine = [local.new() for _ in range(3)]
    theirs = [local.new("bob") for _ in range(3)]
    assert local.ids(limit=2) == mine[:2]
    return bool(set(local.ids(offset=2)) & set(theirs))


@shows("F-ISO-06")
def prefix_owns(local: Local) -> bool:
    session_id = local.new("user_10")
    assert not local.alive(session_id, "user_2")
    return local.alive(session_id, "user_1")


@shows("F-ISO-07")
def body_names_owner(local: Local) -> bool:
    assert local.send("POST", SESSIONS, None, json={"user_id": "bob"}).status_code != 422
    return bool(local.create(user_id="bob")["user_id"] == "bob")


@shows("F-ISO-08")
def header_is_acted_on(local: Local) -> bool:
    mine, theirs = local.new(), local.new("bob", title="secret")
    assert local.send("GET", one(theirs), headers={"X-Session-ID": mine}).status_code == 404
    return "secret" in local.send("GET", one(mine), headers={"X-Session-ID": theirs}).text


@shows("F-ISO-12")
def lists_are_mixed_up(local: Local) -> bool:
    mine, theirs = local.new(), local.new("bob")
    assert local.ids() == [mine]
    answers = local.together(("GET", SESSIONS, "ann", {}), ("GET", SESSIONS, "bob", {}))
    return theirs in answers[0].text


@shows("F-ISO-20")
def refusal_tells_title(local: Local) -> bool:
    assert "404" in refusal(local, local.new())
    return "secret" in refusal(local, local.new(title="secret"))


@shows("F-ISO-21")
def cache_is_open(local: Local) -> bool:
    session_id = local.new()
    assert not local.alive(session_id, "bob")
    local.read(session_id)
    return local.alive(session_id, "bob")


@shows("F-ISO-22")
def refused_heartbeat_renews(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=100)
    assert local.heartbeat(session_id, "bob").status_code == 404
    local.forward(minutes=100)
    return local.alive(session_id)


@shows("F-ISO-23")
def refused_delete_delists(local: Local) -> bool:
    session_id = local.new()
    assert local.delete(session_id, "bob") == 404
    assert local.alive(session_id)
    return local.ids() == []


@shows("F-ISO-24")
def refused_message_touches(local: Local) -> bool:
    session_id = local.new()
    before = local.read(session_id)
    local.forward(seconds=1)
    assert refusal(local, session_id, "POST", "/messages").startswith("404")
    return bool(local.read(session_id) != before)


@shows("F-ISO-25")
def total_of_everybody(local: Local) -> bool:
    local.new("bob")
    assert local.ids() == []
    return bool(local.page()["total"] == 1)


@shows("F-ISO-26")
def filter_forgets_user(local: Local) -> bool:
    theirs = local.new("bob")
    assert local.ids() == []
    return local.ids(status="active") == [theirs]


@shows("F-ISO-27")
def says_forbidden(local: Local) -> bool:
    assert refusal(local, "unknown").startswith("404")
    return refusal(local, local.new()).startswith("403")


@shows("F-ISO-28")
def delete_tells_foreign(local: Local) -> bool:
    session_id = local.new()
    assert refusal(local, session_id) == refusal(local, "unknown")
    return refusal(local, session_id, "DELETE") != refusal(local, "unknown", "DELETE")


@shows("F-ISO-29")
def anonymous_user(local: Local) -> bool:
    assert local.send("GET", SESSIONS, "").status_code == 401
    return local.send("POST", SESSIONS, None).status_code == 201


@shows("F-ISO-30")
def blank_user(local: Local) -> bool:
    assert local.send("GET", SESSIONS, None).status_code == 401
    return local.send("POST", SESSIONS, "").status_code == 201


@shows("F-ISO-31")
def heartbeat_for_all(local: Local) -> bool:
    session_id = local.new()
    assert local.send("GET", one(session_id), None).status_code == 401
    return local.send("POST", one(session_id, "/heartbeat"), None).status_code == 200


@shows("F-ISO-32")
def second_identity_counts(local: Local) -> bool:
    answer = local.send("POST", SESSIONS, "ann", headers=[("X-User-ID", "bob")])
    return bool(answer.json().get("user_id") == "bob")


@shows("F-ISO-33")
def admin_reads(local: Local) -> bool:
    session_id = local.new()
    assert not local.alive(session_id, "bob")
    return local.send("GET", one(session_id), "bob", headers={"X-User-Roles": "admin"}).status_code == 200


@shows("F-ISO-34")
def query_names_user(local: Local) -> bool:
    return local.new("bob") in local.ids(user_id="bob")


@shows("F-ISO-35")
def header_wins(local: Local) -> bool:
    first, second = local.new(), local.new()
    answer = local.send("GET", one(first), headers={"X-Session-ID": second})
    assert local.send("GET", one(first), "bob", headers={"X-Session-ID": second}).status_code == 404
    return bool(answer.json()["session_id"] == second)


@shows("F-ISO-36")
def message_names_session(local: Local) -> bool:
    first, second = local.new(), local.new()
    local.say(first, "hello", session_id=second)
    return bool(local.read(second)["message_count"] == 1)


@shows("F-ISO-37")
def query_names_session(local: Local) -> bool:
    first, second = local.new(), local.new()
    assert local.send("GET", one(first), params={"session_id": second}).json()["session_id"] == first
    local.send("DELETE", one(first), params={"session_id": second})
    return local.ids() == [first]


@shows("F-ISO-38")
def conversations_are_mixed_up(local: Local) -> bool:
    first, second = local.new(), local.new()
    local.say(first, "one")
    assert local.read(first)["messages"][0]["content"] == "one"
    local.say(second, "two")
    return bool(local.read(second)["messages"][0]["content"] == "one")


@shows("F-ISO-39")
def metadata_is_remembered(local: Local) -> bool:
    local.new(metadata={"secret": 1})
    assert "secret" not in local.create("bob")["metadata"]
    return "secret" in local.create()["metadata"]


@shows("F-ISO-40")
def context_is_shared(local: Local) -> bool:
    first, second = local.new(), local.new()
    local.change(first, context={"secret": 1})
    return bool(local.read(second)["context"] == {"secret": 1})


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "isolation"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
