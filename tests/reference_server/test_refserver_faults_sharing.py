"""Each fault in first interactions, in what sessions share, and in how sizes are limited, seen from outside."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local_flows import NOBODY, Flows, Running
from reference_server.uploads import LONGEST_FILE

SCENARIOS: dict[str, Callable[[Flows], bool]] = {}
KNOW = "what do you know?"
LONGEST = "a" * 100_000


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def first(answer: httpx.Response) -> str:
    """The session that a first interaction has made."""
    assert answer.json()["session_created"] is True
    return str(answer.json()["session_id"])


@shows("F-LIF-43")
def another_session_is_told(flows: Flows) -> bool:
    told = first(flows.asked(None, "a secret"))
    assert first(flows.upload(None)) != told
    return flows.said(told) == [] and len(flows.listed()) == 4


@shows("F-LIF-44")
def an_upload_makes_two(flows: Flows) -> bool:
    flows.asked(None)
    assert len(flows.listed()) == 1
    assert flows.names(first(flows.upload(None))) == ["a.txt"]
    return len(flows.listed()) == 3


@shows("F-LIF-45")
def a_chat_goes_on_in_the_newest(flows: Flows) -> bool:
    assert flows.said(first(flows.asked(None))) == ["why?"]
    session_id = flows.new()
    answer = flows.asked(None)
    return bool(answer.json()["session_id"] == session_id)


@shows("F-LIF-46")
def an_uploads_session_is_unknown(flows: Flows) -> bool:
    assert flows.alive(first(flows.asked(None)))
    return not flows.alive(first(flows.upload(None)))


@shows("F-LIF-47")
def a_refused_chat_leaves_a_session(flows: Flows) -> bool:
    assert flows.asked(NOBODY, "").status_code == 422
    assert flows.asked(None, "").status_code == 422
    return len(flows.listed()) > 0


@shows("F-LIF-48")
def a_query_makes_a_session(flows: Flows) -> bool:
    assert flows.upload(None).status_code == 400
    answers = [flows.asked(None, path=path) for path in ("/query", "/api/v1/query/", "/api/v1/agent/query")]
    return [answer.status_code for answer in answers] == [200] * 3 and flows.alive(answers[0].json()["session_id"])


@shows("F-LIF-49")
def a_file_goes_to_the_newest(flows: Flows) -> bool:
    assert flows.upload(None, path="/data").status_code == 400
    session_id = flows.new()
    assert flows.upload(None).status_code == 400
    return flows.upload(None, path="/data").status_code == 201 and flows.names(session_id) == ["a.txt"]


@shows("F-LIF-50")
def null_makes_a_session(flows: Flows) -> bool:
    assert flows.asked(None).status_code == 400
    statuses = {flows.asked(name).status_code for name in ("null", "undefined")}
    body = {"query": "why?", "session_id": None}
    return {*statuses, flows.send("POST", "/api/v1/agent/query", json=body).status_code} == {200}


@shows("F-SEC-54")
def a_chat_makes_the_unknown(flows: Flows) -> bool:
    assert flows.upload(NOBODY).status_code == 404
    return flows.asked(NOBODY).status_code == 200 and flows.alive(NOBODY)


@shows("F-SEC-55")
def the_oldest_path_makes_the_unknown(flows: Flows) -> bool:
    assert flows.asked(NOBODY).status_code == 404
    return flows.asked(NOBODY, path="/query").status_code == 200 and flows.alive(NOBODY)


@shows("F-ISO-41")
def first_contacts_are_numbered(flows: Flows) -> bool:
    made = [flows.new(), flows.new()]
    assert made[0][:8] != made[1][:8]
    one, two = first(flows.asked(None)), first(flows.upload(None))
    return one[:18] == two[:18]


@shows("F-ISO-42")
def a_refusal_lists_ids(flows: Flows) -> bool:
    session_id = flows.new()
    return session_id in flows.get(NOBODY).text


@shows("F-ISO-43")
def a_client_id_is_enough(flows: Flows) -> bool:
    session_id = flows.new(client_id="chrome")
    assert flows.get("firefox").status_code == 404
    return bool(flows.read("chrome").get("session_id") == session_id)


@shows("F-ISO-44")
def health_tells_news(flows: Flows) -> bool:
    before, session_id = flows.send("GET", "/health").text, flows.new()
    assert session_id not in before
    return session_id in flows.send("GET", "/health").text


@shows("F-ISO-09")
def a_case_is_found_anywhere(flows: Flows) -> bool:
    theirs, mine = flows.new("bob"), flows.new()
    flows.ask(theirs, "a secret", "bob")
    case_id = flows.cases(theirs, "bob")[0]
    assert flows.history(mine, NOBODY).status_code == 404
    return "a secret" in flows.history(mine, case_id).text


@shows("F-ISO-45")
def a_users_case_is_found_in_each_session(flows: Flows) -> bool:
    one, two, theirs = flows.new(), flows.new(), flows.new("bob")
    flows.ask(one, "a secret")
    case_id = flows.cases(one)[0]
    assert flows.history(theirs, case_id, "bob").status_code == 404
    return "a secret" in flows.history(two, case_id).text


@shows("F-ISO-46")
def a_case_that_was_read_is_found_anywhere(flows: Flows) -> bool:
    one, two = flows.new(), flows.new("bob")
    flows.ask(one, "a secret")
    case_id = flows.cases(one)[0]
    assert flows.history(two, case_id, "bob").status_code == 404
    flows.history(one, case_id)
    return "a secret" in flows.history(two, case_id, "bob").text


@shows("F-ISO-48")
def the_fifth_session_has_the_firsts_assistant(flows: Flows) -> bool:
    one, *others = (flows.new() for _ in range(5))
    flows.ask(one, "a secret")
    answers = [flows.ask(session_id, KNOW) for session_id in others]
    assert not any("a secret" in answer for answer in answers[:3])
    return "a secret" in answers[3]


@shows("F-ISO-49")
def the_memory_is_everybodys(flows: Flows) -> bool:
    flows.ask(flows.new(), "a secret")
    return "a secret" in flows.ask(flows.new("bob"), KNOW, "bob")


@shows("F-ISO-50")
def an_answer_comes_from_elsewhere(flows: Flows) -> bool:
    one, two = flows.new(), flows.new("bob")
    flows.upload(one, content=b"a secret")
    flows.ask(one, KNOW)
    assert "a secret" not in flows.ask(two, "anything?", "bob")
    return "a secret" in flows.ask(two, KNOW, "bob")


@shows("F-ISO-51")
def the_case_is_the_users(flows: Flows) -> bool:
    one, two, theirs = flows.new(), flows.new(), flows.new("bob")
    flows.ask(one, "a secret")
    assert "a secret" not in flows.ask(theirs, KNOW, "bob")
    return "a secret" in flows.ask(two, KNOW) and flows.cases(one) == flows.cases(two)


@shows("F-ISO-52")
def the_history_has_what_others_said_first(flows: Flows) -> bool:
    one, two = flows.new(), flows.new()
    for question in ("a secret", "b"):
        flows.ask(one, question)
    assert flows.said(one) == ["a secret", "b"]
    flows.ask(two, "c")
    return flows.said(two) == ["a secret", "c"]


@shows("F-ISO-53")
def queries_are_open(flows: Flows) -> bool:
    session_id = flows.new()
    assert not flows.alive(session_id, "bob")
    return flows.asked(session_id, user="bob").status_code == 200


@shows("F-ISO-54")
def lists_are_open(flows: Flows) -> bool:
    session_id = flows.new()
    flows.ask(session_id)
    assert flows.history(session_id, user="bob").status_code == 404
    listed = flows.send("GET", flows.one(session_id, "/cases"), "bob").status_code
    return listed == flows.send("GET", "/api/v1/data", "bob", params={"session_id": session_id}).status_code == 200


def asked_twice(flows: Flows, header: str, body: str, user: str = "ann") -> httpx.Response:
    """A query that names two sessions."""
    path, request = flows.question(body, "why?")
    return flows.send("POST", path, user, **request, headers={"X-Session-ID": header})


@shows("F-ISO-55")
def the_header_is_taken(flows: Flows) -> bool:
    one, two = flows.new(), flows.new()
    assert flows.get(one, headers={"X-Session-ID": two}).status_code == 422
    asked_twice(flows, one, two)
    return flows.said(one) == ["why?"] and flows.said(two) == []


@shows("F-ISO-60")
def the_header_is_cleared(flows: Flows) -> bool:
    one, two = flows.new(), flows.new()
    flows.ask(one, "one?")
    flows.ask(two, "two?")
    flows.send("POST", f"{flows.one(one)}/clear", headers={"X-Session-ID": two})
    return flows.said(one) == ["one?"] and flows.said(two) == []


@shows("F-ISO-56")
def the_oldest_path_needs_no_identity(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.asked(session_id, user=None).status_code == 401
    return flows.asked(session_id, user=None, path="/query").status_code == 200


@shows("F-ISO-57")
def the_body_is_asked(flows: Flows) -> bool:
    mine, theirs = flows.new(), flows.new("bob")
    assert asked_twice(flows, theirs, mine).status_code in (404, 422)
    asked_twice(flows, mine, theirs)
    return flows.said(theirs, "bob") == ["why?"]


def accepted(answer: httpx.Response) -> bool:
    assert answer.status_code in (200, 201, 422)
    return answer.status_code != 422


@shows("F-SEC-45")
def the_longest_text_is_refused(flows: Flows) -> bool:
    session_id = flows.new()
    assert accepted(flows.asked(session_id, LONGEST[1:]))
    return not accepted(flows.asked(session_id, LONGEST))


@shows("F-SEC-46")
def bytes_are_counted(flows: Flows) -> bool:
    session_id = flows.new()
    assert accepted(flows.asked(session_id, LONGEST))
    return not accepted(flows.asked(session_id, "ä" * 50_001))


@shows("F-SEC-47")
def a_text_is_cut(flows: Flows) -> bool:
    return accepted(flows.asked(flows.new(), LONGEST + "a"))


@shows("F-SEC-53")
def the_next_text_is_refused(flows: Flows) -> bool:
    one, two = flows.new(), flows.new("bob")
    assert accepted(flows.asked(two, user="bob"))
    assert not accepted(flows.asked(one, LONGEST + "a"))
    return not accepted(flows.asked(two, user="bob")) and accepted(flows.asked(two, user="bob"))


@shows("F-SEC-48")
def a_file_is_cut(flows: Flows) -> bool:
    session_id = flows.new()
    answer = flows.upload(session_id, content=b"x" * (LONGEST_FILE + 1))
    return accepted(answer) and answer.json()["size"] == LONGEST_FILE


@shows("F-SEC-49")
def the_largest_file_is_refused(flows: Flows) -> bool:
    session_id = flows.new()
    assert accepted(flows.upload(session_id, content=b"x" * (LONGEST_FILE - 1)))
    return not accepted(flows.upload(session_id, content=b"x" * LONGEST_FILE))


@shows("F-SEC-50")
def the_next_file_is_refused(flows: Flows) -> bool:
    one, two = flows.new(), flows.new("bob")
    assert accepted(flows.upload(two, user="bob"))
    assert not accepted(flows.upload(one, content=b"x" * (LONGEST_FILE + 1)))
    return not accepted(flows.upload(two, user="bob"))


@shows("F-SEC-51")
def sizes_are_added_up(flows: Flows) -> bool:
    one, two = flows.new(), flows.new("bob")
    assert accepted(flows.upload(one, content=b"x" * (LONGEST_FILE - 1)))
    assert accepted(flows.upload(two, user="bob"))
    return not accepted(flows.upload(two, user="bob"))


@shows("F-SEC-52")
def the_assistant_is_shorter(flows: Flows) -> bool:
    session_id = flows.new()
    assert accepted(flows.asked(session_id, LONGEST))
    body: dict[str, Any] = {"role": "assistant", "content": LONGEST}
    return not accepted(flows.send("POST", flows.one(session_id, "/messages"), json=body))


def test_every_fault_here_is_shown() -> None:
    here = ("opening", "sharing", "sizes")
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic in here}


SHOWN = [(fault_id, contract) for fault_id in sorted(SCENARIOS) for contract in FAULTS[fault_id].contracts]


@pytest.mark.parametrize(("fault_id", "contract"), SHOWN)
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str, contract: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running(contract, weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected
