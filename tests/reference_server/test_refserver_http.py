"""What goes over the wire, against a server in this process."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest

from reference_server.local import SESSIONS, Local
from reference_server.web import body as bodies


@pytest.fixture
def local(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(**kept) as server:
        yield server


def reason(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"detail", "reason"}
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["reason"]


def test_create_then_resume(local: Local) -> None:
    new = local.send("POST", SESSIONS, json={"client_id": "tab", "metadata": {"session_type": "x"}})
    body = new.json()
    assert new.status_code == 201
    assert new.headers["location"] == f"{SESSIONS}/{body['session_id']}"
    assert body["session_resumed"] is False
    assert body["metadata"] == {"session_type": "x", "timeout_minutes": 180}
    local.say(body["session_id"], "hello")
    again = local.send("POST", SESSIONS, json={"client_id": "tab", "title": "t", "metadata": {"timeout_minutes": 5}})
    assert again.status_code == 200
    assert again.json() == {**local.read(body["session_id"]), "session_resumed": True}
    assert again.json()["title"] == "hello"


def test_create_needs_no_body(local: Local) -> None:
    assert local.send("POST", SESSIONS).status_code == 201
    assert local.send("POST", SESSIONS, json={}).status_code == 201


def test_times_carry_a_zone_and_keep_their_order(local: Local) -> None:
    session_id = local.new()
    local.forward(seconds=1.5)
    local.say(session_id, "a")
    local.forward(seconds=1)
    local.heartbeat(session_id)
    session = local.read(session_id)
    times = [session[name] for name in ("created_at", "updated_at", "last_activity_at")]
    assert times == [
        "2030-01-01T00:00:00.000000Z",
        "2030-01-01T00:00:01.500000Z",
        "2030-01-01T00:00:02.500000Z",
    ]
    assert session["expires_at"] == "2030-01-01T03:00:02.500000Z"


def test_update_changes_what_is_sent_and_nothing_else(local: Local) -> None:
    session_id = local.new(
        client_id="tab", title="old", context={"a": 1, "b": 2}, metadata={"k": 1, "timeout_minutes": 9}
    )
    local.say(session_id, "hello")
    before = local.read(session_id)
    local.forward(seconds=1)
    moved = {"updated_at": "2030-01-01T00:00:01.000000Z", "last_activity_at": "2030-01-01T00:00:01.000000Z"}
    assert local.change(session_id, title="new") == {**before, **moved, "title": "new"}
    assert local.change(session_id, context={"c": 3})["context"] == {"c": 3}
    merged = {"k": 1, "l": [2], "timeout_minutes": 9}
    assert local.change(session_id, metadata={"l": [2], "timeout_minutes": 400})["metadata"] == merged
    owned = {
        "session_id": "x",
        "user_id": "bob",
        "created_at": "1",
        "expires_at": "9",
        "messages": [],
        "client_id": "y",
    }
    unchanged = local.read(session_id)
    assert local.change(session_id, **cast("dict[str, Any]", owned)) == unchanged == local.read(session_id)


def test_status_moves_as_declared(local: Local) -> None:
    session_id = local.new(client_id="tab")
    assert local.change(session_id, status="archived")["status"] == "archived"
    assert local.heartbeat(session_id).status_code == 200
    assert local.say(session_id, "still here")["content"] == "still here"
    assert local.ids(status="archived") == [session_id]
    assert local.ids(status="active") == []
    assert local.change(session_id, status="active")["status"] == "active"
    assert local.change(session_id, status="deleted")["status"] == "deleted"
    assert not local.alive(session_id)
    assert local.page()["total"] == 0
    assert local.create(client_id="tab")["session_resumed"] is False


def test_lists_have_pages(local: Local) -> None:
    ids = [local.new() for _ in range(5)]
    local.new("bob")
    assert local.ids() == ids
    assert local.ids(limit=2, offset=1) == ids[1:3]
    assert local.ids(offset=5) == []
    assert local.page(limit=1)["total"] == 5
    messages = [local.say(ids[0], str(n))["message_id"] for n in range(5)]
    page = local.messages(ids[0], limit=2, offset=3)
    assert [message["message_id"] for message in page["messages"]] == messages[3:]
    assert (page["total"], page["limit"], page["offset"]) == (5, 2, 3)
    assert local.read(ids[0])["message_count"] == 5


@pytest.mark.parametrize(
    "content",
    [
        " lead and trail \n",
        "\u00e9 e\u0301 \U0001f600 \u200d \ufeff",
        "\r\n\t\0\x1b",
        '<b>&amp;"\'</b> {"a": [1]}',
        "x" * 100_000,
    ],
)
def test_content_comes_back_code_point_for_code_point(local: Local, content: str) -> None:
    session_id = local.new()
    metadata = {"deep": [{"a": [None, True, 1.5, 12345678901234567890, content[:10]]}]}
    said = local.say(session_id, content, metadata=metadata)
    assert said["content"] == content
    assert local.read(session_id)["messages"] == local.messages(session_id)["messages"] == [said]
    assert said["metadata"] == metadata


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-User-ID", "")],
        [("X-User-ID", " \t")],
        [("X-User-ID", "ann"), ("X-User-ID", "ann")],
        [("X-User-ID", "a" * 257)],
        [("X-User-ID", b"\xff\xfe")],
        [("X-User-ID", "\u00a0".encode())],
        [("X-User-Email", "ann@example.org"), ("X-User-Roles", "admin")],
    ],
)
def test_every_session_route_wants_exactly_one_identity(local: Local, headers: Any) -> None:
    for method, path in session_routes(local.new()):
        answer = local.send(method, path, None, content=b"{broken", headers=headers)
        assert reason(answer) == (401, "no_identity")


def session_routes(session_id: str) -> list[tuple[str, str]]:
    one = f"{SESSIONS}/{session_id}"
    return [
        ("POST", SESSIONS),
        ("GET", SESSIONS),
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("POST", f"{one}/messages"),
        ("GET", f"{one}/messages"),
        ("POST", f"{one}/heartbeat"),
    ]


def test_a_foreign_session_looks_like_none(local: Local) -> None:
    foreign, deleted, expired = local.new("bob"), local.new(), local.new(metadata={"timeout_minutes": 1})
    local.delete(deleted)
    local.forward(minutes=1)
    before = local.read(foreign, "bob")
    for method, path in session_routes("{}")[2:]:
        answers = [
            local.send(method, path.format(name), content=b"{broken", headers={"X-Request-ID": "same"})
            for name in (foreign, deleted, expired, "00000000-0000-4000-8000-000000000000", "no-uuid", "%00")
        ]
        assert {reason(answer) for answer in answers} == {(404, "session_not_found")}
        assert len({(answer.content, str(answer.headers)) for answer in answers}) == 1
    assert local.read(foreign, "bob") == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"client_id": ""}, 422),
        ({"client_id": " \t\u3000"}, 422),
        ({"client_id": 7}, 422),
        ({"client_id": "x" * 513}, 422),
        ({"client_id": None, "title": None}, 201),
        ({"title": "x" * 501}, 422),
        ({"context": None}, 422),
        ({"context": []}, 422),
        ({"metadata": None}, 422),
        ({"metadata": {"session_type": 1}}, 422),
        *[
            ({"metadata": {"timeout_minutes": bad}}, 422)
            for bad in (0, -1, 0.5, 480.5, 481, 1e9, "60", None, True, [60])
        ],
        *[({"metadata": {"timeout_minutes": good}}, 201) for good in (1, 1.5, 60, 480, 480.0)],
        ([], 422),
        (None, 422),
        ("text", 422),
        ({"user_id": "bob", "session_id": "x", "status": "deleted", "messages": [1], "expires_at": 1}, 201),
    ],
)
def test_bodies_of_create(local: Local, body: Any, status: int) -> None:
    session_id = local.new(client_id="before")
    answer = local.send("POST", SESSIONS, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    if status == 422:
        assert reason(answer) == (422, "invalid_request")
        assert local.ids() == [session_id]
    else:
        assert local.send("POST", SESSIONS, json={**body, "client_id": "before"}).status_code == 200


@pytest.mark.parametrize("body", [{"title": 5}, {"metadata": {"timeout_minutes": 481}}])
def test_the_body_of_a_resume_is_checked_as_well(local: Local, body: Any) -> None:
    local.new(client_id="before")
    assert local.send("POST", SESSIONS, json={**body, "client_id": "before"}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "user"},
        {"content": "x"},
        {"role": "USER", "content": "x"},
        {"role": "tool", "content": "x"},
        {"role": "", "content": "x"},
        {"role": None, "content": "x"},
        {"role": "user", "content": ""},
        {"role": "user", "content": None},
        {"role": "user", "content": 5},
        {"role": "user", "content": "x" * 100_001},
        {"role": "user", "content": "x", "metadata": None},
        {"role": "user", "content": "x", "metadata": []},
    ],
)
def test_a_refused_message_is_not_there(local: Local, body: Any) -> None:
    session_id = local.new()
    before = local.read(session_id)
    local.forward(seconds=1)
    assert reason(local.send("POST", f"{SESSIONS}/{session_id}/messages", json=body)) == (
        422,
        "invalid_request",
    )
    assert local.read(session_id) == before


def test_the_server_alone_names_and_dates_messages(local: Local) -> None:
    said = local.say(local.new(), "x", message_id="mine", timestamp="1999-01-01T00:00:00Z")
    assert said["message_id"] != "mine"
    assert said["timestamp"].startswith("2030")


@pytest.mark.parametrize(
    "body",
    [{"title": None}, {"status": None}, {"status": "gone"}, {"status": "ACTIVE"}, {"context": None}, []],
)
def test_a_refused_change_changes_nothing(local: Local, body: Any) -> None:
    session_id = local.new()
    before = local.read(session_id)
    assert reason(local.send("PUT", f"{SESSIONS}/{session_id}", json=body)) == (422, "invalid_request")
    assert local.read(session_id) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{}}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"title": "a", "title": "b"}',
        b'{"context": {"a": NaN}}',
        b'{"context": {"a": Infinity}}',
        b'{"context": {"a": 1e999}}',
        b'{"context": {"a": ' + b"9" * 5000 + b"}}",
        b'{"title": "\\ud800"}',
        b'{"context": {"\\udc00": 1}}',
        b'{"context": ' + b'{"a":' * 200 + b"1" + b"}" * 201,
        b"[" * 100_000,
        "{}".encode("utf-16"),
    ],
)
def test_what_has_no_agreed_meaning_is_refused(local: Local, raw: bytes) -> None:
    for path, method in ((SESSIONS, "POST"), (f"{SESSIONS}/{local.new()}", "PUT")):
        answer = local.send(method, path, content=raw, headers={"Content-Type": "application/json"})
        assert reason(answer) == (422, "invalid_request")


def test_nesting_up_to_the_limit_comes_back(local: Local) -> None:
    tower: Any = {}
    for _ in range(bodies.DEEPEST_NESTING - 3):
        tower = {"a": tower}
    assert local.create(context=tower)["context"] == tower


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
def test_only_json_is_a_body(local: Local, content_type: str | None, status: int) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert local.send("POST", SESSIONS, content=b"{}", headers=headers).status_code == status


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused(local: Local, chunked: bool) -> None:
    raw = b'{"title": "' + b"x" * bodies.LONGEST_BODY + b'"}'

    async def chunks() -> Any:
        for start in range(0, len(raw), 65536):
            yield raw[start : start + 65536]

    content = chunks() if chunked else raw
    answer = local.send("POST", SESSIONS, content=content, headers={"Content-Type": "application/json"})
    assert reason(answer) == (413, "body_too_large")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=",
        "limit=+1",
        "limit=1.0",
        "offset=-1",
        "limit=1&limit=2",
        "status=deleted",
        "status=x",
        "status=",
        "status=active&status=active",
        "offset=" + "9" * 5000,
        "limit=\u0661",
    ],
)
def test_a_query_is_taken_literally(local: Local, query: str) -> None:
    assert reason(local.send("GET", f"{SESSIONS}?{query}")) == (422, "invalid_request")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/x",
        "/api/v1",
        f"{SESSIONS}/",
        "//api/v1/sessions",
        "/api/v1//sessions",
        f"{SESSIONS}%0A",
        "/health/",
        "/health%0A",
        "/docs",
        "/_test/clockx",
        "/API/v1/sessions",
        "/api%2Fv1/sessions",
    ],
)
def test_a_route_has_one_spelling(local: Local, path: str) -> None:
    for method in ("GET", "POST"):
        assert reason(local.send(method, path)) == (404, "route_not_found")


def test_no_spelling_of_an_id_reaches_another(local: Local) -> None:
    session_id = local.new()
    variants = [
        session_id.upper(),
        session_id + " ",
        session_id[:-1],
        session_id + "*",
        "*",
        session_id + "\n",
    ]
    for name in [
        *variants,
        session_id.replace("-", ""),
        "{" + session_id + "}",
        session_id + "/",
        "..",
        "😀",
    ]:
        assert local.send("GET", f"{SESSIONS}/{quote(name, safe='')}").status_code == 404
    assert local.alive(f"%{ord(session_id[0]):02X}{session_id[1:]}")


def test_a_wrong_method_is_told_the_right_ones(local: Local) -> None:
    one = f"{SESSIONS}/x"
    allowed = {
        SESSIONS: "GET, POST",
        one: "DELETE, GET, PUT",
        f"{one}/messages": "GET, POST",
        "/health": "GET",
    }
    for path, methods in allowed.items():
        for method in ("PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"):
            answer = local.send(method, path)
            assert answer.status_code == 405
            assert answer.headers["allow"] == methods


def test_health_needs_no_identity(local: Local) -> None:
    answer = local.send("GET", "/health", None)
    assert answer.json() == {
        "status": "healthy",
        "service": "fm-session-service",
        "environment": "development",
    }


def test_request_ids_are_taken_if_they_are_sane(local: Local) -> None:
    for given in ("abc-1.2_3", "x" * 128):
        assert local.send("GET", "/health", headers={"X-Request-ID": given}).headers["x-request-id"] == given
    for given in ("", "a b", "x" * 129, "<script>"):
        made = local.send("GET", "/health", headers={"X-Request-ID": given}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/x", f"{SESSIONS}/x/heartbeat", "/nowhere"])
def test_browsers_may_call_from_anywhere(local: Local, path: str) -> None:
    ask = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-user-id",
    }
    preflight = local.send("OPTIONS", path, None, headers={"Origin": "chrome-extension://abc", **ask})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = local.send("GET", path, None, headers={"Origin": "null"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    unknown = {**ask, "Access-Control-Request-Headers": "x-unheard-of"}
    assert reason(local.send("OPTIONS", path, None, headers={"Origin": "null", **unknown}))[0] == 400


def test_only_named_origins_may_call() -> None:
    with Local(cors_origins=("https://good.example",)) as local:
        ask = {"Access-Control-Request-Method": "GET"}
        for origin, status in (("https://good.example", 200), ("https://evil.example", 400), ("null", 400)):
            preflight = local.send("OPTIONS", SESSIONS, None, headers={"Origin": origin, **ask})
            assert preflight.status_code == status
            answer = local.send("GET", SESSIONS, headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == (origin if status == 200 else None)


def test_a_failure_says_nothing_about_itself(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of ann")

    monkeypatch.setattr("reference_server.core.Core.living", broken)
    answer = local.send("GET", SESSIONS, headers={"Origin": "https://a.example"})
    assert reason(answer) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"


def test_the_test_clock_moves_forward_only(local: Local) -> None:
    session_id = local.new()
    for bad in (-1, "1", None, True, 1e99):
        assert reason(local.send("POST", "/_test/clock", None, json={"advance_seconds": bad}))[0] == 422
    assert local.alive(session_id)
    answer = local.send("POST", "/_test/clock", None, json={"advance_seconds": 3 * 60 * 60})
    assert answer.json() == {"now": "2030-01-01T03:00:00+00:00", "advanced_seconds": 10800.0}
    assert local.send("GET", "/_test/clock", None).json() == answer.json()
    assert not local.alive(session_id)
