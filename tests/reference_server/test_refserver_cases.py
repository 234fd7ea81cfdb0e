"""Cases: which one a query belongs to, what is remembered in it, and what is shown of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from reference_server.local import SESSIONS, Local

Exchange = tuple[str, str, str, dict[str, Any]]


@pytest.fixture
def local(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(contract="faultmaven", **kept) as server:
        yield server


def ask(local: Local, session_id: str, question: str) -> Any:
    return local.send("POST", "/api/v1/agent/query", json={"query": question, "session_id": session_id}).json()


def new_case(local: Local, session_id: str) -> str:
    answer = local.send("POST", f"{SESSIONS}/{session_id}/new-case")
    assert answer.status_code == 201
    assert answer.json()["action"] == "new_case_started"
    return str(answer.json()["case_id"])


def cases(local: Local, session_id: str) -> Any:
    return local.send("GET", f"{SESSIONS}/{session_id}/cases").json()


def history(local: Local, session_id: str, case_id: str = "current") -> Any:
    return local.send("GET", f"{SESSIONS}/{session_id}/cases/{case_id}/history").json()["history"]


def test_the_first_query_makes_the_case_and_the_next_ones_stay_in_it(local: Local) -> None:
    session_id = local.new()
    assert cases(local, session_id) == {"session_id": session_id, "current_case_id": None, "cases": []}
    assert history(local, session_id) == []
    first = ask(local, session_id, "My server is down")
    local.forward(seconds=1)
    second = ask(local, session_id, "When will it be back up?")
    assert first["case_id"] == second["case_id"] == local.read(session_id)["current_case_id"]
    assert first["response"] == "You asked: My server is down"
    assert second["response"] == "You asked: When will it be back up?\nBefore that: My server is down"
    assert cases(local, session_id)["cases"] == [
        {
            "case_id": first["case_id"],
            "investigation_id": first["case_id"],
            "started_at": "2030-01-01T00:00:00.000000Z",
            "last_activity": "2030-01-01T00:00:01.000000Z",
            "query_count": 2,
            "current": True,
        }
    ]
    assert history(local, session_id) == [
        {
            "action": "query_processed",
            "case_id": answer["case_id"],
            "investigation_id": answer["case_id"],
            "query": answer["query"],
            "response": answer["response"],
            "timestamp": answer["timestamp"],
            "confidence_score": 1.0,
            "context": {"earlier_queries": number, "files": []},
        }
        for number, answer in enumerate((first, second))
    ]


def test_a_new_case_is_current_and_remembers_nothing_of_the_others(local: Local) -> None:
    session_id = local.new()
    first = ask(local, session_id, "the first secret")["case_id"]
    before = history(local, session_id, first)
    second = new_case(local, session_id)
    assert "first secret" not in ask(local, session_id, "what do you know?")["response"]
    third, fourth = new_case(local, session_id), new_case(local, session_id)
    listed = cases(local, session_id)
    assert [case["case_id"] for case in listed["cases"]] == [first, second, third, fourth]
    assert [case["query_count"] for case in listed["cases"]] == [1, 1, 0, 0]
    assert [case["current"] for case in listed["cases"]] == [False, False, False, True]
    assert listed["current_case_id"] == fourth == ask(local, session_id, "again")["case_id"]
    assert history(local, session_id, first) == before
    assert [item["action"] for item in history(local, session_id, second)] == ["new_case_started", "query_processed"]


def test_resuming_continues_the_current_case(local: Local) -> None:
    session_id = local.new(client_id="tab")
    ask(local, session_id, "one")
    current = new_case(local, session_id)
    ask(local, session_id, "two")
    assert local.create(client_id="tab")["current_case_id"] == current
    follow_up = ask(local, session_id, "and?")
    assert follow_up["case_id"] == current
    assert follow_up["response"] == "You asked: and?\nBefore that: two"


def test_the_names_of_before_mirror_those_of_today(local: Local) -> None:
    session_id = local.new(client_id="tab")
    for _ in range(2):
        ask(local, session_id, "why?")
        new_case(local, session_id)
        for session in (local.read(session_id), local.create(client_id="tab")):
            assert session["investigation_history"] == session["case_history"]
            assert all(item["investigation_id"] == item["case_id"] for item in session["case_history"])


def test_cases_are_found_under_their_own_session_only(local: Local) -> None:
    first, second = local.new(), local.new()
    case_id = ask(local, first, "mine")["case_id"]
    for session_id, wanted in ((second, case_id), (first, "none"), (first, case_id.upper()), (first, "CURRENT")):
        answer = local.send("GET", f"{SESSIONS}/{session_id}/cases/{wanted}/history")
        assert (answer.status_code, answer.json()["reason"]) == (404, "case_not_found")
    assert cases(local, second)["cases"] == []


def test_sessions_share_no_memory(local: Local) -> None:
    first, second = local.new(), local.new()
    ask(local, first, "a secret of the first")
    assert "secret" not in ask(local, second, "what do you know?")["response"]


def test_queries_at_the_same_moment_make_one_case_and_new_cases_one_each(local: Local) -> None:
    session_id = local.new()
    query: Exchange = ("POST", "/query", "ann", {"json": {"query": "why?"}, "headers": {"X-Session-ID": session_id}})
    new: Exchange = ("POST", f"{SESSIONS}/{session_id}/new-case", "ann", {})
    answers = local.together(*copies(query, 8))
    assert len({answer.json()["case_id"] for answer in answers}) == 1
    assert len(history(local, session_id)) == 8
    started = {answer.json()["case_id"] for answer in local.together(*copies(new, 8))}
    listed = cases(local, session_id)
    assert len(started) == 8
    assert len(listed["cases"]) == 9
    assert sum(case["current"] for case in listed["cases"]) == 1


def copies(request: Exchange, number: int) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    method, path, user, extra = request
    return [(method, path, user, dict(extra)) for _ in range(number)]


def test_cases_end_with_their_session(local: Local) -> None:
    session_id = local.new(client_id="tab")
    case_id = ask(local, session_id, "a secret")["case_id"]
    local.delete(session_id)
    again = local.create(client_id="tab")
    assert (again["case_history"], again["current_case_id"]) == ([], None)
    answer = local.send("GET", f"{SESSIONS}/{again['session_id']}/cases/{case_id}/history")
    assert answer.status_code == 404
    assert "secret" not in ask(local, again["session_id"], "what do you know?")["response"]
