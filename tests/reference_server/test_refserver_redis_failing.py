"""A Redis that stops, hangs, or refuses: the caller hears so, soon, and everything goes on when it is back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from reference_server.local import SESSIONS
from tests.redis_server import RedisServer, running_redis
from tests.servers import running

ANN = {"X-User-ID": "ann"}
SOON = 4  # seconds, after which a call in here is given up and the test fails; Redis is given one


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def client(own_redis: RedisServer) -> Iterator[httpx.Client]:
    with running("--store", own_redis.url, LOG_LEVEL="ERROR") as (_, client):
        client.timeout = httpx.Timeout(SOON)
        client.headers.update(ANN)
        yield client


def calls(session_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    one = f"{SESSIONS}/{session_id}"
    return [
        ("GET", "/health", {}),
        ("POST", SESSIONS, {"json": {"client_id": "tab"}}),
        ("POST", SESSIONS, {}),
        ("GET", SESSIONS, {}),
        ("GET", one, {}),
        ("PUT", one, {"json": {"title": "x"}}),
        ("POST", f"{one}/messages", {"json": {"role": "user", "content": "x"}}),
        ("GET", f"{one}/messages", {}),
        ("POST", f"{one}/heartbeat", {}),
        ("DELETE", one, {}),
    ]


def unavailable(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and answer.json()["reason"] == "store_unavailable"


def create(client: httpx.Client) -> str:
    answer = client.post(SESSIONS, json={"client_id": "tab"})
    assert answer.status_code in (200, 201)
    return str(answer.json()["session_id"])


def test_without_redis_every_call_says_so_and_with_it_everything_works_again(
    own_redis: RedisServer, client: httpx.Client
) -> None:
    session_id = create(client)
    own_redis.stop()
    for method, path, extra in calls(session_id):
        assert unavailable(client.request(method, path, **extra)), (method, path)
    own_redis.start()
    assert client.get("/health").json()["status"] == "healthy"
    assert client.get(f"{SESSIONS}/{session_id}").status_code == 404  # this Redis keeps nothing on disk
    assert client.get(f"{SESSIONS}/{create(client)}").status_code == 200


def test_a_redis_that_hangs_keeps_nobody_waiting_and_forgets_nothing(
    own_redis: RedisServer, client: httpx.Client
) -> None:
    session_id = create(client)
    own_redis.pause()
    for method, path, extra in calls(session_id)[:5]:
        assert unavailable(client.request(method, path, **extra)), (method, path)
    own_redis.go_on()
    assert client.get("/health").status_code == 200
    assert create(client) == session_id


def test_a_queue_for_one_user_is_answered_at_once_when_redis_hangs(
    own_redis: RedisServer, client: httpx.Client
) -> None:
    create(client)
    own_redis.pause()
    with ThreadPoolExecutor(20) as pool:  # one after another they would wait for 20 seconds
        answers = list(pool.map(lambda _: client.post(SESSIONS, json={"client_id": "tab"}), range(20)))
    own_redis.go_on()
    assert all(unavailable(answer) for answer in answers)
    assert create(client)


def test_a_redis_that_takes_no_more_is_said_to_be_unavailable_for_writes_only(
    own_redis: RedisServer, client: httpx.Client
) -> None:
    session_id = create(client)
    own_redis.client().config_set("maxmemory", 1)
    for method, path, extra in calls(session_id):
        answer = client.request(method, path, **extra)
        if method == "GET" and path != "/health":
            assert answer.status_code == 200, path
        else:
            assert unavailable(answer), (method, path)
    own_redis.client().config_set("maxmemory", 0)
    assert create(client) == session_id


def test_a_server_starts_without_its_redis_and_waits_for_it(own_redis: RedisServer) -> None:
    own_redis.stop()
    with running("--store", own_redis.url.replace("//", "//user:secret@")) as (process, client):
        assert unavailable(client.get("/health"))
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert "store unavailable" in errors
    assert "Traceback" not in errors
    assert "secret" not in errors
    with running(REDIS_URL=own_redis.url) as (_, client):
        assert unavailable(client.get("/health"))
        own_redis.start()
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("contract", "path", "body"),
    [
        ("faultmaven", "/query", {"query": "why?"}),
        ("agentic-multi-client", "/chat", {"message": "why?"}),
        ("agentic-multi-client", SESSIONS.removeprefix("/api/v1"), {}),
    ],
)
def test_so_do_the_other_contracts(own_redis: RedisServer, contract: str, path: str, body: dict[str, Any]) -> None:
    own_redis.stop()
    with running("--contract", contract, "--store", own_redis.url) as (_, client):
        headers = {**ANN, "X-Session-ID": "x"} if path != "/sessions" else ANN
        assert unavailable(client.post(path, json=body, headers=headers))
        assert unavailable(client.get("/health"))
