"""Several server processes on one Redis behave as one, whatever happens to some of them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any, cast

import httpx
import pytest

from reference_server.local import SESSIONS
from reference_server.stores.redis import LEASE
from tests.redis_server import RedisServer
from tests.servers import CLEAN, ROOT, running

ANN = {"X-User-ID": "ann"}
# Another server, which holds ann while it waits for a word, and then adds a message.
HOLDER = """
import asyncio, sys
from reference_server.clock import SystemClock
from reference_server.core import Core
from reference_server.errors import RefusalError
from reference_server.lives import Lives
from reference_server.model import NewMessage
from reference_server.settings import Settings
from reference_server.stores import open_store

class Waits(Core):
    def message(self, session, new, now):
        print("holding", flush=True)
        sys.stdin.readline()
        return super().message(session, new, now)

async def main(url, prefix, session_id):
    clock = SystemClock()
    core = Waits(open_store(Settings(redis_url=url, redis_prefix=prefix), clock), clock, Lives())
    try:
        await core.add_message("ann", session_id, NewMessage("user", "late"))
        print("written", flush=True)
    except RefusalError as refusal:
        print(refusal.reason, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


class Cluster:
    """Two servers on one Redis."""

    def __init__(self, redis: RedisServer, prefix: str, clients: list[httpx.Client]) -> None:
        self.redis, self.prefix, self.clients = redis, prefix, clients
        self.one, self.other = clients

    def storm(self, *requests: tuple[str, str, Any]) -> list[httpx.Response]:
        """All requests at the same moment, each server taking every second one."""

        def send(number: int) -> httpx.Response:
            method, path, body = requests[number]
            return self.clients[number % 2].request(method, path, json=body, headers=ANN)

        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(send, range(len(requests))))

    def new(self) -> str:
        return str(self.one.post(SESSIONS, headers=ANN).json()["session_id"])

    def read(self, session_id: str) -> httpx.Response:
        return self.other.get(f"{SESSIONS}/{session_id}", headers=ANN)

    def lock(self) -> int:
        """How long ann is still held, in milliseconds; negative for not at all."""
        return self.redis.client().pttl(f"{self.prefix}lock:ann")

    @contextmanager
    def holder(self, session_id: str) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, self.redis.url, self.prefix, session_id],
            cwd=ROOT,
            env=CLEAN,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert said(process) == "holding"
            yield process
        finally:
            process.kill()
            process.communicate()


def said(process: "subprocess.Popen[str]") -> str:
    return cast("IO[str]", process.stdout).readline().strip()


@pytest.fixture
def cluster(redis_server: RedisServer) -> Iterator[Cluster]:
    prefix = redis_server.prefix()
    settings = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": prefix, "LOG_LEVEL": "ERROR"}
    with running(**settings) as (_, one), running(**settings) as (_, other):
        yield Cluster(redis_server, prefix, [one, other])


def test_creates_at_the_same_moment_on_both_resume_one_session(cluster: Cluster) -> None:
    for client_id in ("tab", "another"):
        answers = cluster.storm(*[("POST", SESSIONS, {"client_id": client_id})] * 40)
        assert sorted(answer.status_code for answer in answers) == [200] * 39 + [201]
        assert len({answer.json()["session_id"] for answer in answers}) == 1
    page = cluster.other.get(SESSIONS, headers=ANN).json()
    assert (page["total"], len(page["sessions"])) == (2, 2)


def test_no_message_and_no_change_is_lost(cluster: Cluster) -> None:
    one = f"{SESSIONS}/{cluster.new()}"
    requests: list[tuple[str, str, Any]] = []
    for number in range(20):
        requests += [("POST", f"{one}/messages", {"role": "user", "content": str(number)})] * 2
        requests += [("PUT", one, {"metadata": {str(number): number}})]
        requests += [("PUT", one, {"context": {"n": number}}), ("POST", f"{one}/heartbeat", None)]
    assert {answer.status_code for answer in cluster.storm(*requests)} == {200, 201}
    session = cluster.read(one.rpartition("/")[2]).json()
    said = sorted(int(message["content"]) for message in session["messages"])
    assert said == sorted([*range(20), *range(20)])
    assert session["metadata"] == {"timeout_minutes": 180, **{str(number): number for number in range(20)}}


def test_a_delete_on_one_wins_over_writers_on_both(cluster: Cluster) -> None:
    session_id = cluster.new()
    one = f"{SESSIONS}/{session_id}"
    writes: list[tuple[str, str, Any]] = [("POST", f"{one}/heartbeat", None), ("PUT", one, {"title": "x"})] * 10
    answers = cluster.storm(*writes[:7], ("DELETE", one, None), *writes[7:])
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert [answer.status_code for answer in answers].count(204) == 1
    assert cluster.read(session_id).status_code == 404
    assert cluster.one.get(SESSIONS, headers=ANN).json()["total"] == 0
    assert list(cluster.redis.client().scan_iter(match=f"{cluster.prefix}*")) == []


def test_one_that_is_killed_in_the_middle_has_written_nothing_and_blocks_for_a_lease_at_most(cluster: Cluster) -> None:
    session_id = cluster.new()
    with cluster.holder(session_id) as process:
        process.kill()
        assert 0 < cluster.lock() <= LEASE * 1000
    said = {"role": "user", "content": "next"}
    answer = cluster.other.post(f"{SESSIONS}/{session_id}/messages", headers=ANN, json=said)
    assert answer.status_code == 201
    assert [message["content"] for message in cluster.read(session_id).json()["messages"]] == ["next"]


def test_one_that_stalls_beyond_its_lease_spoils_nothing(cluster: Cluster) -> None:
    deleted, kept = cluster.new(), cluster.new()
    with cluster.holder(deleted) as first:
        while cluster.lock() > 0:
            time.sleep(0.05)
        assert cluster.one.delete(f"{SESSIONS}/{deleted}", headers=ANN).status_code == 204
        first.communicate("go on\n")
    with cluster.holder(kept) as second:
        next_one = {"role": "user", "content": "next"}
        answer = cluster.other.post(f"{SESSIONS}/{kept}/messages", headers=ANN, json=next_one)
        assert answer.status_code == 201
        outcome, _ = second.communicate("go on\n")
    assert outcome.strip() == "store_unavailable"
    assert cluster.read(deleted).status_code == 404
    assert [message["content"] for message in cluster.read(kept).json()["messages"]] == ["next"]


def test_one_that_is_quick_enough_writes(cluster: Cluster) -> None:
    session_id = cluster.new()
    with cluster.holder(session_id) as process:
        outcome, _ = process.communicate("go on\n")
    assert outcome.strip() == "written"
    assert [message["content"] for message in cluster.read(session_id).json()["messages"]] == ["late"]


def test_other_users_do_not_wait_for_one_that_is_held(cluster: Cluster) -> None:
    with cluster.holder(cluster.new()):
        answer = cluster.other.post(SESSIONS, headers={"X-User-ID": "bob"})
        assert answer.status_code == 201
        assert cluster.lock() > 0


def test_a_restart_keeps_sessions(redis_server: RedisServer) -> None:
    place = ("--contract", "agentic-multi-client", "--store", redis_server.url)
    prefix = redis_server.prefix()
    with running(*place, REDIS_PREFIX=prefix) as (process, client):
        files = {"file": ("a.txt", b"what is in it")}
        session_id = client.post("/upload", files=files).json()["session_id"]
        process.kill()
        process.wait()
    with running(*place, REDIS_PREFIX=prefix) as (_, client):
        assert [file["filename"] for file in client.get(f"/sessions/{session_id}").json()["uploads"]] == ["a.txt"]
        answer = client.post("/chat", json={"message": "and?"}, headers={"X-Session-ID": session_id})
        assert "what is in it" in answer.json()["response"]


def test_contracts_on_one_redis_do_not_meet(redis_server: RedisServer) -> None:
    with (
        running("--store", redis_server.url) as (_, one),
        running("--contract", "faultmaven", "--store", redis_server.url) as (_, other),
    ):
        new = one.post(SESSIONS, headers=ANN, json={"client_id": "tab"}).json()
        assert other.get(f"{SESSIONS}/{new['session_id']}", headers=ANN).status_code == 404
        assert other.post(SESSIONS, headers=ANN, json={"client_id": "tab"}).status_code == 201
        assert one.delete(f"{SESSIONS}/{new['session_id']}", headers=ANN).status_code == 204
