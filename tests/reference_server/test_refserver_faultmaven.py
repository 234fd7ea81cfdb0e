"""Sessions of the contract faultmaven: both spellings of a path, the places that name a session, users and guests."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reference_server.local import SESSIONS, Local

NOBODY = "00000000-0000-4000-8000-000000000000"
QUERIES = ["/query", "/api/v1/query/", "/api/v1/agent/query"]
UPLOADS = ["/data", "/api/v1/data/upload"]


@pytest.fixture
def local(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(contract="faultmaven", **kept) as server:
        yield server


def reason(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"detail", "reason"}
    assert answer.json()["detail"]
    return answer.status_code, answer.json()["reason"]


def test_a_session_begins_without_cases_and_lives_a_day(local: Local) -> None:
    new = local.send("POST", SESSIONS)
    body = new.json()
    assert new.status_code == 201
    assert new.headers["location"] == f"{SESSIONS}/{body['session_id']}"
    assert body == {
        "session_id": body["session_id"],
        "user_id": "ann",
        "client_id": None,
        "session_type": None,
        "timeout_minutes": 1440,
        "created_at": "2030-01-01T00:00:00.000000Z",
        "last_activity": "2030-01-01T00:00:00.000000Z",
        "expires_at": "2030-01-02T00:00:00.000000Z",
        "data_uploads": [],
        "current_case_id": None,
        "case_history": [],
        "investigation_history": [],
        "agent_state": {},
        "session_resumed": False,
    }
    local.forward(hours=24, microseconds=-1)
    assert local.alive(body["session_id"])
    local.forward(microseconds=1)
    assert not local.alive(body["session_id"])


def test_create_then_resume_keeps_what_is_there(local: Local) -> None:
    wish = {"client_id": "my-device-123", "timeout_minutes": 60, "session_type": "troubleshooting"}
    first = local.create(**wish)
    assert (first["timeout_minutes"], first["session_type"]) == (60, "troubleshooting")
    ask(local, first["session_id"], "why?")
    before = local.read(first["session_id"])
    again = local.send("POST", SESSIONS, json={**wish, "timeout_minutes": 5, "session_type": "other"})
    assert again.status_code == 200
    assert again.json() == {**before, "session_resumed": True}
    assert local.create("bob", **wish)["session_resumed"] is False
    assert local.create(**{**wish, "client_id": "other"})["session_resumed"] is False
    assert local.new() != local.new()


@pytest.mark.parametrize("minutes", [0, 0.5, -1, 10_081, "60", True, None, []])
def test_lives_have_limits(local: Local, minutes: Any) -> None:
    assert reason(local.send("POST", SESSIONS, json={"timeout_minutes": minutes})) == (422, "invalid_request")


def ask(local: Local, session_id: str, question: str = "why?", user: str = "ann") -> Any:
    answer = local.send("POST", "/query", user, json={"query": question}, headers={"X-Session-ID": session_id})
    assert answer.status_code == 200
    return answer.json()


def test_every_path_works_with_and_without_a_slash_at_its_end(local: Local) -> None:
    session_id = local.new()
    header, file = {"X-Session-ID": session_id}, {"file": ("a", b"x")}
    requests: list[tuple[str, str, int, dict[str, Any]]] = [
        ("POST", SESSIONS, 201, {"json": {}}),
        ("GET", f"{SESSIONS}/{session_id}", 200, {}),
        *(("POST", path, 200, {"json": {"query": "why?"}, "headers": header}) for path in QUERIES),
        *(("POST", path, 201, {"files": file, "headers": header}) for path in UPLOADS),
        ("POST", f"{SESSIONS}/{session_id}/new-case", 201, {}),
        ("GET", f"{SESSIONS}/{session_id}/cases", 200, {}),
        ("GET", f"{SESSIONS}/{session_id}/cases/current/history", 200, {}),
        ("GET", "/api/v1/data", 200, {"params": {"session_id": session_id}}),
        ("GET", "/health", 200, {}),
    ]
    for method, path, status, extra in requests:
        for form in (path.rstrip("/"), path.rstrip("/") + "/"):
            assert local.send(method, form, **extra).status_code == status
            if path != "/health":
                assert local.send(method, form, None, **extra).status_code == 401
            assert local.send(method, "/" + form, **extra).status_code == 404
    assert reason(local.send("GET", SESSIONS + "/")) == (405, "method_not_allowed")
    assert local.send("DELETE", f"{SESSIONS}/{session_id}/").status_code == 204


def requests_on(session_id: str, mentions: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every route on a session, where the request also mentions another one: in every place that is free."""
    one, header, asked = f"{SESSIONS}/{session_id}", {"X-Session-ID": mentions}, {"query": "why?"}
    file = {"file": ("a.log", b"x")}
    return [
        *((method, one + end, {"headers": header}) for method, end in ROUTES),
        *(("POST", path, {"json": {**asked, "session_id": session_id}, "headers": header}) for path in QUERIES),
        *(("POST", path, {"files": file, "data": {"session_id": session_id}, "headers": header}) for path in UPLOADS),
        ("GET", "/api/v1/data", {"params": {"session_id": session_id}, "headers": header}),
        ("GET", "/api/v1/data", {"params": {"session_id": [session_id, mentions]}}),
        ("POST", "/query", {"json": asked, "headers": [("X-Session-ID", session_id), ("X-Session-ID", mentions)]}),
    ]


ROUTES = [
    ("GET", ""),
    ("POST", "/new-case"),
    ("GET", "/cases"),
    ("GET", "/cases/current/history"),
    ("DELETE", ""),
]


def test_a_request_that_names_two_sessions_is_refused_and_does_nothing(local: Local) -> None:
    first, second = local.new(), local.new()
    theirs = local.new("bob")
    for mine, other in ((first, second), (second, first), (first, theirs), (first, NOBODY), (NOBODY, first)):
        for method, path, extra in requests_on(mine, other):
            assert reason(local.send(method, path, **extra)) == (422, "session_ambiguous")
    for session_id in (first, second):
        session = local.read(session_id)
        assert (session["case_history"], session["data_uploads"]) == ([], [])


def test_a_request_may_name_one_session_twice(local: Local) -> None:
    session_id = local.new()
    for method, path, extra in requests_on(session_id, session_id):
        if method != "DELETE":
            assert local.send(method, path, **extra).status_code in (200, 201)


def test_a_request_without_a_session_is_refused_and_makes_none(local: Local) -> None:
    for none in ({}, {"session_id": ""}):
        for path in QUERIES:
            assert reason(local.send("POST", path, json={"query": "why?", **none})) == (400, "no_session")
        for path in UPLOADS:
            answer = local.send("POST", path, files={"file": ("a.log", b"x")}, data=none)
            assert reason(answer) == (400, "no_session")
        assert reason(local.send("GET", "/api/v1/data", params=none)) == (400, "no_session")
    for text in ("undefined", "null", "None"):
        answer = local.send("POST", "/query", json={"query": "why?"}, headers={"X-Session-ID": text})
        assert reason(answer) == (404, "session_not_found")


def test_unknown_foreign_deleted_and_expired_sessions_are_not_found_anywhere(local: Local) -> None:
    deleted, expired, theirs = local.new(), local.create(timeout_minutes=1)["session_id"], local.new("bob")
    local.delete(deleted)
    local.forward(minutes=1)
    for session_id in (NOBODY, deleted, expired, theirs):
        for method, path, extra in requests_on(session_id, session_id):
            assert reason(local.send(method, path, **extra)) == (404, "session_not_found")
    session = local.read(theirs, "bob")
    assert (session["case_history"], session["data_uploads"]) == ([], [])


def test_queries_uploads_and_new_cases_renew_the_life_and_reading_does_not(local: Local) -> None:
    session_id = local.create(timeout_minutes=10)["session_id"]
    renewing = [request for request in requests_on(session_id, session_id) if request[0] == "POST"]
    for method, path, extra in renewing:
        local.forward(minutes=9)
        assert local.send(method, path, **extra).status_code < 300
    expires = local.read(session_id)["expires_at"]
    local.forward(minutes=9)
    for method, path, extra in requests_on(session_id, session_id):
        if method == "GET":
            local.send(method, path, **extra)
    local.create(client_id="other")
    assert local.read(session_id)["expires_at"] == expires
    local.forward(minutes=1)
    assert not local.alive(session_id)


def test_without_an_identity_nothing_is_done(local: Local) -> None:
    session_id = local.new()
    for method, path, extra in requests_on(session_id, session_id):
        assert reason(local.send(method, path, None, **extra)) == (401, "no_identity")
    assert local.send("POST", SESSIONS, None).status_code == 401
    assert local.read(session_id)["case_history"] == []


def test_guests_are_one_user_without_a_name_where_they_are_let_in() -> None:
    with Local(contract="faultmaven", guests=True) as local:
        new = local.send("POST", SESSIONS, None, json={"client_id": "my-device-123"})
        session_id = new.json()["session_id"]
        assert (new.status_code, new.json()["user_id"]) == (201, None)
        again = local.send("POST", SESSIONS, None, json={"client_id": "my-device-123"}).json()
        assert (again["session_id"], again["session_resumed"]) == (session_id, True)
        assert local.create(client_id="my-device-123")["session_resumed"] is False
        assert reason(local.send("GET", f"{SESSIONS}/{session_id}")) == (404, "session_not_found")
        for headers in ([("X-User-ID", "")], [("X-User-ID", " ")], [("X-User-ID", "a"), ("X-User-ID", "a")]):
            answer = local.send("GET", f"{SESSIONS}/{session_id}", None, headers=headers)
            assert reason(answer) == (401, "no_identity")
        mine = local.new()
        assert local.send("GET", f"{SESSIONS}/{mine}", None).status_code == 404
        served = local.send("GET", "/openapi.json", None).json()["paths"]["/query"]["post"]["parameters"]
        assert {parameter["name"]: parameter.get("required") for parameter in served}["X-User-ID"] is False


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"query": ""}', b'{"query": 5}', b'{"query": "a", "session_id": 5}']
)
def test_malformed_queries_are_refused_and_make_no_case(local: Local, body: bytes) -> None:
    session_id = local.new()
    headers = {"X-Session-ID": session_id, "Content-Type": "application/json"}
    for path in QUERIES:
        assert reason(local.send("POST", path, content=body, headers=headers)) == (422, "invalid_request")
    assert local.read(session_id)["current_case_id"] is None
