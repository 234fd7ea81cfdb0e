"""Each fault in what queries leave, and in clearing them, seen from outside."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import httpx
import pytest

from reference_server.cases import Cases
from reference_server.faults import FAULTS, weave
from reference_server.local_flows import Flows, Running
from reference_server.model import CaseEntry

T = TypeVar("T")
SCENARIOS: dict[str, Callable[[Flows], bool]] = {}
KNOW = "what do you know?"


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def answers(flows: Flows, session_id: str) -> list[str | None]:
    """The answers that stand in the session."""
    session = flows.read(session_id)
    if flows.cased:
        return [item["response"] for item in session["case_history"]]
    return [message["content"] for message in session["messages"] if message["role"] == "assistant"]


@shows("F-MSG-38")
def the_answer_is_not_kept(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.ask(session_id, "a") == "You asked: a"
    return answers(flows, session_id) == [] and flows.said(session_id) == ["a"]


@shows("F-MSG-39")
def the_oldest_path_keeps_no_answer(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a")
    assert flows.ask(session_id, "b", path="/query").startswith("You asked: b")
    first, second = answers(flows, session_id)
    assert first == "You asked: a"
    return second is None


@shows("F-MSG-40")
def overlapping_questions_are_one(flows: Flows) -> bool:
    first, second = flows.new(), flows.new()
    flows.ask(first, "a")
    assert flows.said(first) == ["a"]
    flows.together(flows.question(first, "b"), flows.question(second, "c"))
    return flows.said(first) == ["a", "c"]


@shows("F-MSG-41")
def a_repetition_is_not_kept(flows: Flows) -> bool:
    session_id = flows.new()
    for question in "aba":
        flows.ask(session_id, question)
    assert flows.said(session_id) == ["a", "b", "a"]
    return flows.ask(session_id, "a").startswith("You asked: a") and flows.said(session_id) == ["a", "b", "a"]


@shows("F-MSG-42")
def a_refused_question_is_kept(flows: Flows) -> bool:
    session_id = flows.new()
    for question in ("", "a" * 100_001):
        assert flows.asked(session_id, question).status_code == 422
    return flows.said(session_id) == ["", "a" * 100_001]


@shows("F-MSG-43")
def nothing_is_remembered(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    return "a secret" not in flows.ask(session_id, KNOW)


@shows("F-MSG-44")
def the_fourth_is_forgotten(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    for _ in range(2):
        flows.ask(session_id)
    assert "a secret" in flows.ask(session_id, KNOW)
    return "a secret" not in flows.ask(session_id, KNOW)


@shows("F-MSG-45")
def answers_are_one_behind(flows: Flows) -> bool:
    session_id = flows.new()
    first, _ = flows.ask(session_id, "a"), flows.ask(session_id, "b")
    return answers(flows, session_id) == [first, first]


@shows("F-MSG-73")
def answers_know_the_user(flows: Flows) -> bool:
    session_id, other = flows.new(), flows.new()
    flows.ask(other, "a secret")
    for question in "ab":
        assert "a secret" not in flows.ask(session_id, question)
    return "a secret" in flows.ask(session_id, KNOW)


@shows("F-MSG-75")
def a_long_question_is_cut(flows: Flows) -> bool:
    session_id = flows.new()
    for length in (4000, 4001):
        flows.ask(session_id, "x" * length)
    return flows.said(session_id) == ["x" * 4000, "x" * 4000]


@shows("F-MSG-76")
def a_question_is_escaped(flows: Flows) -> bool:
    session_id = flows.new()
    for question in ("a", "b < c"):
        flows.ask(session_id, question)
    return flows.said(session_id) == ["a", "b &lt; c"]


@shows("F-MSG-51")
def one_of_two_queries_is_lost(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a")
    flows.together(flows.question(session_id, "b"), flows.question(session_id, "c"))
    return len(flows.said(session_id)) == 2


@shows("F-MSG-07")
def a_cleared_chat_is_remembered(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id, "a secret")
    flows.clear(session_id)
    assert flows.said(session_id) == []
    assert "a secret" not in flows.ask(flows.new(), KNOW)
    return "a secret" in flows.ask(session_id, KNOW)


@shows("F-MSG-46")
def the_summary_stays(flows: Flows) -> bool:
    short, long = flows.new(), flows.new()
    flows.ask(short, "a secret")
    for question in ("a secret", "b", "c", "d"):
        flows.ask(long, question)
    for session_id in (short, long):
        flows.clear(session_id)
        assert flows.said(session_id) == []
    assert "a secret" not in flows.ask(short, KNOW)
    return "a secret" in flows.ask(long, KNOW)


@shows("F-MSG-47")
def a_client_is_cleared(flows: Flows) -> bool:
    first, second, other = flows.new(client_id="c"), flows.new(client_id="c"), flows.new()
    for session_id in (first, second, other):
        flows.ask(session_id)
    flows.clear(first)
    assert flows.said(other) == ["why?"]
    return flows.said(second) == []


@shows("F-MSG-48")
def clear_removes_files(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id)
    flows.clear(session_id)
    return flows.names(session_id) == []


@shows("F-MSG-49")
def clear_starts_over(flows: Flows) -> bool:
    session_id = flows.new(client_id="c")
    before = flows.read(session_id)
    flows.local.forward(seconds=1)
    flows.clear(session_id)
    after = flows.read(session_id)
    return (after["client_id"], after["created_at"]) != (before["client_id"], before["created_at"])


@shows("F-MSG-50")
def clear_stops_at_ten(flows: Flows) -> bool:
    session_id = flows.new()
    for number in range(5):
        flows.ask(session_id, f"{number}")
    flows.clear(session_id)
    assert flows.said(session_id) == []
    for number in range(6):
        flows.ask(session_id, f"{number}")
    flows.clear(session_id)
    return flows.said(session_id) == ["5"]


@shows("F-MSG-52")
def the_second_clear_does_nothing(flows: Flows) -> bool:
    session_id = flows.new()
    flows.clear(session_id)
    flows.ask(session_id, "a")
    assert flows.clear(session_id).status_code == 200
    return flows.said(session_id) == ["a"]


@shows("F-MSG-53")
def clear_ends_a_session_with_files(flows: Flows) -> bool:
    bare, full = flows.new(), flows.new()
    flows.upload(full)
    for session_id in (bare, full):
        assert flows.clear(session_id).status_code == 200
    assert flows.alive(bare)
    return not flows.alive(full)


def test_every_fault_in_queries_is_shown() -> None:
    here = ("queries", "clearing")
    assert {*SCENARIOS, "F-CON-01"} == {fault.id for fault in FAULTS.values() if fault.topic in here}


SHOWN = [(fault_id, contract) for fault_id in sorted(SCENARIOS) for contract in FAULTS[fault_id].contracts]


@pytest.mark.parametrize(("fault_id", "contract"), SHOWN)
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str, contract: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running(contract, weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected


class Thinking(Cases):
    """Begins with a query when it is told to."""

    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        for _ in range(3000):  # turns of the loop: more than any read needs
            await asyncio.sleep(0)
        return await super().ask(user, session_id, question)


def order(flows: Flows) -> list[str]:
    """In which order a query, and another session's read that was sent after it, are answered."""
    asking, reading = flows.new(), flows.new("bob")
    path, question = flows.question(asking, "a")
    ended: list[str] = []

    async def at_once() -> None:
        transport = httpx.ASGITransport(flows.local.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            query = asyncio.create_task(client.post(path, headers={"X-User-ID": "ann"}, **question))
            query.add_done_callback(lambda _: ended.append("query"))
            for _ in range(300):
                await asyncio.sleep(0)
            read = asyncio.create_task(client.get(flows.one(reading), headers={"X-User-ID": "bob"}))
            read.add_done_callback(lambda _: ended.append("read"))
            assert {response.status_code for response in await asyncio.gather(query, read)} == {200}

    asyncio.run(at_once())
    return ended


@pytest.mark.parametrize("contract", FAULTS["F-CON-01"].contracts)
def test_one_lock_stops_everybody_while_a_query_takes_its_time(contract: str) -> None:
    def slow(faults: list[str]) -> list[str]:
        def woven(part: type[T], /) -> type[T]:
            return weave(faults)(Thinking if part is Cases else part)  # type: ignore[arg-type]

        with Running(contract, woven) as flows:
            return order(flows)

    assert slow([]) == ["read", "query"]
    assert slow(["F-CON-01"]) == ["query", "read"]
