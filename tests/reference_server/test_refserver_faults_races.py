"""Each fault of calls at the same moment, seen from outside."""

from collections.abc import Callable
from typing import Any

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local
from reference_server.local_flows import Running

Request = tuple[str, str, str | None, dict[str, Any]]
SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


@shows("F-CON-02")
def a_message_undoes_a_delete(local: Local) -> bool:
    one = local.new()
    message = ("POST", f"{SESSIONS}/{one}/messages", "ann", {"json": {"role": "user", "content": "hello"}})
    answers = local.together(message, ("DELETE", f"{SESSIONS}/{one}", "ann", {}))
    assert answers[1].is_success
    return local.alive(one)


@shows("F-CON-03")
def a_heartbeat_undoes_a_delete(local: Local) -> bool:
    one = local.new(client_id="tab")
    answers = local.together(
        ("POST", f"{SESSIONS}/{one}/heartbeat", "ann", {}),
        ("DELETE", f"{SESSIONS}/{one}", "ann", {}),
    )
    assert answers[1].is_success
    return local.alive(one) and local.new(client_id="tab") == one


@shows("F-CON-04")
def another_users_session_is_shown(local: Local) -> bool:
    one, other = local.new("ann"), local.new("bob")
    assert local.read(one)["session_id"] == one
    answers = local.together(
        ("GET", f"{SESSIONS}/{one}", "ann", {}),
        ("GET", f"{SESSIONS}/{other}", "bob", {}),
    )
    return [answer.json()["session_id"] for answer in answers] == [other, other]


@shows("F-RES-38")
def the_third_create_makes_a_twin(local: Local) -> bool:
    def together(count: int, client: str) -> set[str]:
        create = ("POST", SESSIONS, "ann", {"json": {"client_id": client}})
        return {answer.json()["session_id"] for answer in local.together(*([create] * count))}

    assert len(together(2, "two tabs")) == 1
    return len(together(3, "three tabs")) == 2


@shows("F-RES-39")
def creates_after_a_delete_make_twins(local: Local) -> bool:
    def together() -> set[str]:
        create = ("POST", SESSIONS, "ann", {"json": {"client_id": "tab"}})
        return {answer.json()["session_id"] for answer in local.together(create, create)}

    (before,) = together()
    assert local.delete(before) == 204
    return len(together()) == 2


@shows("F-RES-40")
def another_users_create_is_answered(local: Local) -> bool:
    ann, bob = local.together(*(("POST", SESSIONS, user, {"json": {"client_id": "tab"}}) for user in ("ann", "bob")))
    return bool(ann.json()["session_id"] == bob.json()["session_id"])


@shows("F-CON-41")
def a_resume_undoes_a_delete(local: Local) -> bool:
    one = local.new(client_id="tab")
    create = ("POST", SESSIONS, "ann", {"json": {"client_id": "tab"}})
    answers = local.together(create, ("DELETE", f"{SESSIONS}/{one}", "ann", {}))
    assert answers[1].is_success
    return local.alive(one)


@shows("F-ISO-70")
def another_users_session_is_read(local: Local) -> bool:
    one, other = local.new("ann"), local.new("bob")
    assert local.read(one)["session_id"] == one
    mine, _ = local.together(("GET", f"{SESSIONS}/{one}", "ann", {}), ("GET", f"{SESSIONS}/{other}", "bob", {}))
    return bool(mine.json()["session_id"] == other)


@pytest.mark.parametrize("contract", FAULTS["F-CON-40"].contracts)
@pytest.mark.parametrize("work", ["query", "upload"])
def test_a_query_or_an_upload_undoes_a_delete(contract: str, work: str) -> None:
    for faults, expected in (([], False), (["F-CON-40"], True)):
        with Running(contract, weave(faults)) as flows:
            one = flows.new()
            path, request = flows.question(one, "why?") if work == "query" else flows.file(one, "a.txt", b"x")
            end: Request = ("DELETE", flows.one(one), "ann", {})
            assert flows.local.together(("POST", path, "ann", request), end)[1].is_success
            assert flows.alive(one) is expected


def test_every_fault_of_this_group_is_shown() -> None:
    assert {*SCENARIOS, "F-CON-40"} == {fault.id for fault in FAULTS.values() if fault.topic == "races"}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
