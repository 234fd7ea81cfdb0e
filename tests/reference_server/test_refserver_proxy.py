"""A client's proxy: what it adds, what it remembers, and what it doesn't show."""

import asyncio
from collections.abc import Iterator
from typing import Any, Self

import httpx
import pytest

from reference_server.local import Local
from reference_server.proxy import Proxy


class Behind:
    """A proxy in this process, in front of a server in this process."""

    def __init__(self, server: Local, client_id: str) -> None:
        self.proxy = Proxy("http://server", client_id, httpx.ASGITransport(server.app))
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.proxy.app()), base_url="http://proxy")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **request))

    def together(self, *chats: dict[str, Any]) -> list[httpx.Response]:
        async def gather() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.post("/chat", **chat) for chat in chats))

        return self._runner.run(gather())

    def chat(self, message: str = "what do you know?", **headers: str) -> Any:
        return self.send("POST", "/chat", json={"message": message}, headers=headers).json()


@pytest.fixture
def main() -> Iterator[Local]:
    with Local(contract="agentic-multi-client") as server:
        yield server


@pytest.fixture
def two(main: Local) -> Iterator[Behind]:
    with Behind(main, "client-2") as proxy:
        yield proxy


@pytest.fixture
def three(main: Local) -> Iterator[Behind]:
    with Behind(main, "client-3") as proxy:
        yield proxy


def test_each_proxy_has_a_session_of_its_own_from_the_first_interaction(two: Behind, three: Behind) -> None:
    first = two.chat("a secret")
    assert first["session_created"] is True
    second = two.chat()
    assert (second["session_id"], second["session_created"]) == (first["session_id"], False)
    assert "a secret" in second["response"]
    other = three.chat()
    assert other["session_id"] != first["session_id"]
    assert "secret" not in other["response"]
    uploaded = two.send("POST", "/upload", files={"file": ("a.txt", b"x")}).json()
    assert uploaded["session_id"] == first["session_id"]


def test_a_proxy_lists_its_own_sessions_only(main: Local, two: Behind, three: Behind) -> None:
    assert two.send("GET", "/sessions").json()["session_id"] is None
    made = [two.send("POST", "/sessions").json()["session_id"] for _ in range(2)]
    theirs = three.chat()["session_id"]
    body = two.send("GET", "/sessions").json()
    assert (body["session_id"], body["client_id"]) == (made[1], "client-2")
    assert [session["session_id"] for session in body["sessions"]] == made
    assert {session["client_id"] for session in body["sessions"]} == {"client-2"}
    assert (body["stats"]["active_sessions"], body["stats"]["messages"]) == (2, 0)
    assert three.send("GET", "/sessions").json()["session_id"] == theirs
    assert main.send("GET", "/sessions", None).json()["stats"]["active_sessions"] == 3


def test_requests_and_answers_go_through_unchanged(main: Local, two: Behind) -> None:
    session_id = two.send("POST", "/sessions", json={"client_id": "my_client"}).json()["session_id"]
    for path in (
        f"/sessions/{session_id}",
        "/sessions/none",
        "/sessions/%2e%2e%2fx",
        "/nowhere",
        "/chat",
        "/sessions/",
    ):
        direct, through = main.send("GET", path, None), two.send("GET", path)
        assert through.status_code == direct.status_code
        assert through.json() == direct.json()
        assert through.headers["cache-control"] == "no-store"
        assert through.headers["content-length"] == str(len(through.content))
    other = two.send("PROPFIND", f"/sessions/{session_id}")
    assert (other.status_code, other.json()["reason"]) == (405, "method_not_allowed")
    assert two.send("GET", f"/sessions/{session_id}", headers={"x-session-id": session_id}).status_code == 200
    assert two.send("GET", f"/sessions/{session_id}", headers={"x-session-id": "other"}).status_code == 422
    assert two.send("POST", f"/sessions/{session_id}/clear").status_code == 200
    gone = two.send("DELETE", f"/sessions/{session_id}")
    assert (gone.status_code, gone.content) == (204, b"")


def test_a_session_that_the_request_names_is_used(two: Behind) -> None:
    first, second = (two.send("POST", "/sessions").json()["session_id"] for _ in range(2))
    assert two.chat()["session_id"] == second
    assert two.chat(**{"x-session-id": first})["session_id"] == first
    in_body = two.send("POST", "/chat", json={"message": "why?", "session_id": first})
    assert in_body.json()["session_id"] == first
    in_form = two.send("POST", "/upload", files={"file": ("a", b"x")}, data={"session_id": first})
    assert in_form.json()["session_id"] == first
    assert two.send("POST", "/chat", content=b"{").status_code == 415
    assert two.chat(**{"X-Session-ID": "unknown"})["reason"] == "session_not_found"
    assert two.chat()["session_id"] == second


def test_after_the_end_of_its_session_the_next_interaction_starts_anew(main: Local, two: Behind) -> None:
    first = two.chat("a secret")["session_id"]
    main.forward(minutes=60)
    second = two.chat()
    assert second["session_created"] is True
    assert second["session_id"] != first
    assert "secret" not in second["response"]
    two.send("DELETE", f"/sessions/{second['session_id']}")
    assert two.send("GET", "/sessions").json()["session_id"] is None
    assert two.chat()["session_created"] is True


def test_first_interactions_at_the_same_moment_share_one_session(main: Local, two: Behind) -> None:
    answers = two.together(*({"json": {"message": str(number)}} for number in range(8)))
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert [answer.json()["session_created"] for answer in answers].count(True) == 1
    assert main.send("GET", "/sessions", None).json()["stats"]["active_sessions"] == 1


def test_a_proxy_has_a_health_of_its_own_and_says_when_the_main_server_is_away() -> None:
    async def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    proxy = Proxy("http://away", "client-2", httpx.MockTransport(away))

    async def ask(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(proxy.app()), base_url="http://proxy") as client:
            return await client.get(path)

    health = asyncio.run(ask("/health"))
    assert (health.status_code, health.json()["client_id"]) == (200, "client-2")
    for path in ("/sessions", "/sessions/x"):
        answer = asyncio.run(ask(path))
        assert (answer.status_code, answer.json()["reason"]) == (502, "backend_unreachable")
