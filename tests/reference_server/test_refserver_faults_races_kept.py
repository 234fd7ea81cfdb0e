"""Each fault in what is kept of changes at the same moment, seen from outside."""

from collections.abc import Callable
from typing import Any

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local_flows import Flows, Running

SCENARIOS: dict[str, Callable[[Flows], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def change(flows: Flows, session: str, **body: Any) -> tuple[str, str, str, dict[str, Any]]:
    return "PUT", flows.one(session), "ann", {"json": body}


def say(flows: Flows, session: str, text: str, key: str | None = None) -> tuple[str, str, str, dict[str, Any]]:
    headers = {"Idempotency-Key": key} if key else {}
    return (
        "POST",
        flows.one(session, "/messages"),
        "ann",
        {"json": {"role": "user", "content": text}, "headers": headers},
    )


def page(flows: Flows, limit: int, offset: int) -> list[str]:
    answer = flows.send("GET", flows.sessions, params={"limit": limit, "offset": offset}).json()
    return [session["session_id"] for session in answer["sessions"]]


@shows("F-CON-42")
def metadata_undo_a_message(flows: Flows) -> bool:
    one = flows.new()
    flows.local.together(change(flows, one, metadata={"k": 1}), say(flows, one, "hello"))
    return flows.read(one)["metadata"]["k"] == 1 and flows.said(one) == []


@shows("F-CON-43")
def a_session_that_is_used_moves_to_another_page(flows: Flows) -> bool:
    made = [flows.new() for _ in range(4)]
    first = page(flows, 2, 0)
    used = next(one for one in made if one not in first)
    flows.local.forward(seconds=1)
    assert flows.send("POST", flows.one(used, "/heartbeat")).is_success
    return used not in [*first, *page(flows, 2, 2)]


@shows("F-CON-44")
def a_session_that_comes_moves_all_others(flows: Flows) -> bool:
    for _ in range(4):
        flows.new()
    first = page(flows, 2, 0)
    flows.new()
    return bool(set(first) & set(page(flows, 2, 2)))


@shows("F-CON-45")
def a_session_that_is_used_meanwhile_is_left_out(flows: Flows) -> bool:
    one = flows.new()
    used = ("GET", flows.one(one), "ann", {}) if flows.contract == "agentic-multi-client" else say(flows, one, "hello")
    answer, _ = flows.local.together(("GET", flows.sessions, "ann", {}), used)
    return not answer.json()["sessions"]


@shows("F-MSG-68")
def a_message_under_one_key_is_added_twice(flows: Flows) -> bool:
    one = flows.new()
    flows.local.together(*(say(flows, one, "hello", "k") for _ in range(2)))
    return len(flows.said(one)) == 2


@shows("F-MSG-69")
def creates_under_one_key_make_two_sessions(flows: Flows) -> bool:
    requests = [{"json": {}, "headers": {"Idempotency-Key": "k"}} for _ in range(2)]
    answers = flows.local.together(*(("POST", flows.sessions, "ann", request) for request in requests))
    return len({answer.json()["session_id"] for answer in answers}) == 2


@shows("F-MSG-70")
def the_fifth_message_undoes_the_fourth(flows: Flows) -> bool:
    one = flows.new()
    for texts in (("a", "b"), ("c",), ("d", "e")):
        flows.local.together(*(say(flows, one, text) for text in texts))
    return flows.said(one)[:3] == ["a", "b", "c"] and len(flows.said(one)) == 4


@shows("F-MSG-71")
def the_second_read_has_another_order(flows: Flows) -> bool:
    one = flows.new()
    flows.local.together(say(flows, one, "b"), say(flows, one, "a"))
    reads = [flows.local.messages(one)["messages"] for _ in range(2)]
    first, second = ([message["content"] for message in read] for read in reads)
    return first == ["b", "a"] and second == ["a", "b"]


@shows("F-MSG-72")
def another_users_answer_is_recorded(flows: Flows) -> bool:
    one, other = flows.new("ann"), flows.new("bob")
    asked = [("POST", *flows.question(session, text)) for session, text in ((one, "mine"), (other, "yours"))]
    calls = [(method, path, user, request) for (method, path, request), user in zip(asked, ("ann", "bob"), strict=True)]
    flows.local.together(*calls)
    return any("yours" in str(entry["response"]) for entry in flows.read(one)["case_history"])


@shows("F-CAS-60")
def first_queries_make_two_cases(flows: Flows) -> bool:
    one = flows.new()
    flows.together(flows.question(one, "a"), flows.question(one, "b"))
    return len(flows.cases(one)) == 2


def test_every_fault_of_this_group_is_shown() -> None:
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic == "races_kept"}


@pytest.mark.parametrize(
    ("fault_id", "contract"), [(id, contract) for id in sorted(SCENARIOS) for contract in FAULTS[id].contracts]
)
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str, contract: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running(contract, weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected
