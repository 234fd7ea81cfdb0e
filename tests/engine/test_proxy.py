"""A client's requests reach the deployment unchanged, are recorded like any other, and meet what was asked for."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from sessionproof.contract import Contract, bundled_contracts, load_contract
from sessionproof.deployments.bundled import bundled_server
from sessionproof.history import Event, Recorder
from sessionproof.history.redact import Redactor
from sessionproof.proxy import Answers, Cuts, Holds, Proxy
from sessionproof.run import Run
from sessionproof.sender import Sender

from .scripted import HEADER

SESSIONS = "/api/v1/sessions"
WITHIN = 10.0


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bundled_server("faultmaven") as url:
        yield url


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(bundled_contracts()["faultmaven"])


@pytest.fixture
def run(server: str, contract: Contract, tmp_path: Path) -> Iterator[Run]:
    redactor = Redactor()
    run = Run(contract, Sender(server), Recorder(redactor, tmp_path / "history.jsonl", HEADER), redactor)
    run.begin("a_check")
    try:
        yield run
    finally:
        run.clean_up()
        run.recorder.close()
        run.sender.close()


@pytest.fixture
def proxy(run: Run) -> Iterator[Proxy]:
    proxy = Proxy(run, run.actor("alice"))
    try:
        yield proxy
    finally:
        proxy.close()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    headers = {"X-User-ID": str(proxy.actor.user)}
    with httpx.Client(base_url=proxy.url, headers=headers, timeout=WITHIN, trust_env=False) as client:
        yield client


def events(run: Run, folder: Path) -> list[Event]:
    run.recorder.close()
    lines = (folder / "history.jsonl").read_bytes().splitlines()[1:]
    return [msgspec.json.decode(line, type=Event) for line in lines]


def test_an_answer_is_that_of_the_deployment(client: httpx.Client, proxy: Proxy, server: str) -> None:
    made = client.post(SESSIONS, json={"client_id": "c"})
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/json"
    direct = httpx.get(f"{server}{SESSIONS}/{made.json()['session_id']}", headers=client.headers, trust_env=False)
    through = client.get(f"{SESSIONS}/{made.json()['session_id']}")
    assert (through.status_code, through.json()) == (direct.status_code, direct.json())
    assert client.delete(f"{SESSIONS}/{made.json()['session_id']}").content == b""
    assert [reply.status for reply in proxy.replies] == [201, 200, 204]


def test_every_call_is_an_event_of_the_history(client: httpx.Client, run: Run, tmp_path: Path) -> None:
    session = client.post(SESSIONS, json={"client_id": "c", "timeout_minutes": 3}).json()["session_id"]
    client.post("/api/v1/query/", json={"session_id": session, "query": "why?"})
    client.get("/favicon.ico")
    create, query, other = events(run, tmp_path)
    assert (create.op, create.client, create.session, create.status) == ("create", "c", session, 201)
    assert create.sent == {"client": "c", "life": 180}
    assert (query.op, query.session, query.sent["question"]) == ("query", session, "why?")
    assert (other.op, other.call, other.status) == ("other", "GET /favicon.ico", 404)
    assert {event.actor for event in (create, query, other)} == {"alice"}
    assert {event.check for event in (create, query, other)} == {"a_check"}
    assert create.t0 <= create.t1 <= query.t0
    assert not create.injected


def test_what_a_client_made_is_deleted_at_the_end(client: httpx.Client, run: Run) -> None:
    session = client.post(SESSIONS).json()["session_id"]
    assert run.issued == [session]
    assert run.clean_up() == ()
    assert client.get(f"{SESSIONS}/{session}").status_code == 404


def test_a_file_arrives_whole(client: httpx.Client, proxy: Proxy) -> None:
    session = client.post(SESSIONS).json()["session_id"]
    content = bytes(range(256)) * 4096
    sent = client.post("/data", headers={"X-Session-ID": session}, files={"file": ("a.bin", content)})
    assert (sent.status_code, sent.json()["size"]) == (201, len(content))
    assert proxy.replies[-1].request.values["file"] == ("a.bin", content)


def test_a_body_in_chunks_arrives_whole(client: httpx.Client) -> None:
    parts = (part for part in (b'{"client_id":', b' "in chunks"}'))
    made = client.post(SESSIONS, content=parts, headers={"Content-Type": "application/json"})
    assert made.json()["client_id"] == "in chunks"


def test_a_client_that_waits_to_be_asked_for_the_body(proxy: Proxy) -> None:
    head = (
        f"POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nX-User-ID: {proxy.actor.user}\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert connection.recv(64).startswith(b"HTTP/1.1 201")


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"]
)
def test_what_is_no_request_is_let_go(proxy: Proxy, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(64) == b""
    assert proxy.replies == []


def test_an_answer_in_the_targets_place(client: httpx.Client, run: Run, proxy: Proxy, tmp_path: Path) -> None:
    with proxy.meeting("create", Answers(503, b'{"detail": "later"}'), times=1):
        refused = client.post(SESSIONS, json={})
        assert (refused.status_code, refused.json()) == (503, {"detail": "later"})
        assert client.post(SESSIONS, json={}).status_code == 201
    assert client.post(SESSIONS, json={}).status_code == 201
    first, second, _ = events(run, tmp_path)
    assert (first.status, first.injected, second.status, second.injected) == (503, True, 201, False)


def test_a_refusal_of_the_deployments_own_is_not_tried_again(client: httpx.Client, proxy: Proxy) -> None:
    with proxy.meeting("", Answers(429, headers=(("Retry-After", "1"),))):
        assert client.post(SESSIONS).headers["retry-after"] == "1"
    assert len(proxy.replies) == 1


def test_a_connection_that_is_cut(client: httpx.Client, run: Run, proxy: Proxy, tmp_path: Path) -> None:
    with proxy.meeting("", Cuts()), pytest.raises(httpx.TransportError):
        client.post(SESSIONS)
    assert run.issued == []
    (event,) = events(run, tmp_path)
    assert (event.status, event.failure, event.injected) == (None, "cut off by the harness", True)


def test_an_answer_that_is_held(client: httpx.Client, run: Run, proxy: Proxy) -> None:
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(client.post(SESSIONS)))
    with proxy.meeting("create", Holds()):
        asking.start()
        assert proxy.is_holding("create", WITHIN)
        assert not proxy.is_holding("create", 0.1, times=2)
        assert proxy.is_idle
        assert answers == []
    asking.join(WITHIN)
    assert answers[0].status_code == 201
    assert proxy.is_idle
    assert run.issued == [answers[0].json()["session_id"]]


def test_a_client_that_leaves_while_it_is_held(run: Run, proxy: Proxy) -> None:
    with proxy.meeting("health", Holds()):
        with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert proxy.is_holding("health", WITHIN)
        assert len(proxy.replies) == 1
    assert httpx.get(f"{proxy.url}/health", trust_env=False).status_code == 200


def test_the_base_path_of_the_deployment_is_that_of_the_proxy(run: Run) -> None:
    run.sender.base_url += "/api/v1"
    proxy = Proxy(run, run.actor("alice"))
    try:
        assert proxy.url.endswith("/api/v1")
        elsewhere = httpx.get(f"http://127.0.0.1:{proxy.port}/health", trust_env=False)
        assert (elsewhere.status_code, proxy.replies[0].answer.injected) == (404, True)
        assert httpx.get(f"{proxy.url}/sessions/x", trust_env=False).status_code == 401
        assert proxy.replies[1].request.target == "/sessions/x"
    finally:
        proxy.close()


def test_after_the_end_nobody_listens(proxy: Proxy) -> None:
    proxy.close()
    proxy.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(proxy.url, trust_env=False)


def test_a_deployment_that_is_away_is_no_answer(run: Run, proxy: Proxy, client: httpx.Client) -> None:
    run.sender.base_url = "http://127.0.0.1:9"
    with pytest.raises(httpx.TransportError):
        client.post(SESSIONS)
    assert "can't connect" in proxy.replies[0].answer.failure
    assert not proxy.replies[0].answer.injected


def test_many_at_once(run: Run, proxy: Proxy) -> None:
    async def ask() -> list[int]:
        headers = {"X-User-ID": str(proxy.actor.user)}
        async with httpx.AsyncClient(base_url=proxy.url, headers=headers, timeout=60, trust_env=False) as client:
            return [answer.status_code for answer in await asyncio.gather(*(client.post(SESSIONS) for _ in range(50)))]

    assert asyncio.run(ask()) == [201] * 50
    assert len(set(run.issued)) == 50


def test_another_users_words_are_noticed(client: httpx.Client, run: Run, proxy: Proxy) -> None:
    bob = run.actor("bob")
    secret = bob.text("secret")
    with proxy.meeting("create", Answers(201, json.dumps({"session_id": "x", "title": secret}).encode())):
        client.post(SESSIONS)
    assert proxy.replies[0].leaks == ("bob",)
