"""What time it is for a server: the system's, wherever it stands; or what a test says, to all who share a store."""

import asyncio
import glob
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reference_server.clock import LONGEST_JUMP, ControlledClock, SystemClock
from reference_server.local import SESSIONS, Local
from reference_server.stores.database import Database
from reference_server.stores.shared_clock import SharedClock
from tests.redis_server import RedisServer, needs
from tests.servers import running

ANN = {"X-User-ID": "ann"}
CLOCK = "/_test/clock"


def create(client: httpx.Client, minutes: float, client_id: str | None = None) -> Any:
    body = {"client_id": client_id, "metadata": {"timeout_minutes": minutes}}
    return client.post(SESSIONS, json=body, headers=ANN).json()


def status(client: httpx.Client, session: Any) -> int:
    return client.get(f"{SESSIONS}/{session['session_id']}", headers=ANN).status_code


def advance(client: httpx.Client, seconds: float) -> None:
    assert client.post(CLOCK, json={"advance_seconds": seconds}).status_code == 200


def test_the_real_clock_tells_the_time_in_utc() -> None:
    before, told, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)
    assert before <= told <= after
    assert told.utcoffset() == timedelta(0)


def test_a_controlled_clock_is_moved_forward_only() -> None:
    clock = ControlledClock(SystemClock())
    before = clock.now()
    clock.advance(60)
    assert clock.now() - before >= timedelta(seconds=60)
    for bad in (-1, float("nan"), float("inf"), 1e11):
        with pytest.raises(ValueError, match="advanced"):
            clock.advance(bad)


def test_a_shared_clock_is_moved_by_all_and_never_lost(redis_server: RedisServer) -> None:
    async def move() -> None:
        prefix = redis_server.prefix()
        one, other = (SharedClock(Database(redis_server.url, prefix)) for _ in range(2))
        await asyncio.gather(*(clock.jump(0.25) for clock in (one, other) for _ in range(10)))
        for bad in (-1, float("nan"), float("inf"), 1e11, LONGEST_JUMP):
            with pytest.raises(ValueError, match="advanced"):
                await one.jump(bad)
        await other.catch_up()
        assert other.advanced == 5
        redis_server.client().delete(f"{prefix}clock")
        await other.catch_up()
        assert other.advanced == 5
        for clock in (one, other):
            await clock.database.close()

    asyncio.run(move())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_times_do_not_depend_on_the_zone(zone: str) -> None:
    with running(TZ=zone) as (_, client):
        before = datetime.now(UTC)
        session = create(client, 10)
        after = datetime.now(UTC)
        created, expires = (datetime.fromisoformat(session[name]) for name in ("created_at", "expires_at"))
        assert before <= created <= after
        assert expires - created == timedelta(minutes=10)
        assert status(client, session) == 200


def test_lives_follow_the_systems_clock_whichever_way_it_is_set(kept: dict[str, Any], tmp_path: Path) -> None:
    needs("faketime")
    (library,) = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    shift = tmp_path / "shift"
    shift.write_text("+0s\n")
    faked = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(shift)}
    still = {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    store = {"REDIS_URL": kept["redis_url"], "REDIS_PREFIX": kept["redis_prefix"]} if kept else {}
    with running("--clock", "control", TZ="Asia/Kolkata", **faked, **still, **store) as (_, client):

        def set_clock(text: str) -> None:
            before = datetime.fromisoformat(client.get(CLOCK).json()["now"])
            shift.write_text(f"{text}\n")
            while abs(datetime.fromisoformat(client.get(CLOCK).json()["now"]) - before) < timedelta(minutes=1):
                time.sleep(0.02)

        short, long = create(client, 10, "tab"), create(client, 60)
        set_clock("+9m")
        assert (status(client, short), status(client, long)) == (200, 200)
        set_clock("+11m")
        assert (status(client, short), status(client, long)) == (404, 200)
        assert create(client, 10, "tab")["session_resumed"] is False
        renewed = client.post(f"{SESSIONS}/{long['session_id']}/heartbeat", headers=ANN).json()["expires_at"]
        late = datetime.fromisoformat(renewed) - datetime.fromisoformat(long["expires_at"])
        assert timedelta(minutes=11) <= late < timedelta(minutes=12)
        set_clock("-2h")
        assert status(client, long) == 200
        set_clock("+72m")
        assert status(client, long) == 404
        assert client.get(SESSIONS, headers=ANN).json()["total"] == 0


def test_processes_on_one_redis_have_one_test_clock(redis_server: RedisServer) -> None:
    settings = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": redis_server.prefix()}
    with (
        running("--clock", "control", **settings) as (_, one),
        running("--clock", "control", **settings) as (_, other),
    ):
        short, long = create(one, 10, "tab"), create(other, 100)
        advance(one, 9 * 60)
        assert status(other, short) == 200
        advance(other, 60)
        for client in (one, other):
            assert (status(client, short), status(client, long)) == (404, 200)
            assert client.get(CLOCK).json()["advanced_seconds"] == 600
            assert client.get(SESSIONS, headers=ANN).json()["total"] == 1
        assert create(other, 10, "tab")["session_resumed"] is False
        beat = one.post(f"{SESSIONS}/{long['session_id']}/heartbeat", headers=ANN)
        assert beat.status_code == 200
        advance(one, 99 * 60)
        assert status(other, long) == 200
        with running("--clock", "control", **settings) as (_, third):
            assert third.get(CLOCK).json()["advanced_seconds"] == 600 + 99 * 60
            advance(third, 60)
            assert status(one, long) == 404
        for bad in (-1, "1", None, 1e99):
            assert other.post(CLOCK, json={"advance_seconds": bad}).status_code == 422


@pytest.mark.parametrize("contract", ["fm-session-service", "faultmaven", "agentic-multi-client"])
def test_the_test_clock_is_in_no_contract_and_for_this_machine_only(contract: str) -> None:
    with Local(contract=contract) as local:
        assert CLOCK not in local.send("GET", "/openapi.json", None).json()["paths"]

        async def call(method: str, caller: str) -> int:
            transport = httpx.ASGITransport(local.app, client=(caller, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
                return (await client.request(method, CLOCK, json={"advance_seconds": 1})).status_code

        for caller, expected in (
            ("127.0.0.1", 200),
            ("::1", 200),
            ("::ffff:127.0.0.9", 200),
            ("192.0.2.1", 404),
            ("::ffff:192.0.2.1", 404),
            ("2001:db8::1", 404),
        ):
            assert [asyncio.run(call(method, caller)) for method in ("GET", "POST")] == [expected] * 2
        assert local.clock.advanced == 3


def test_a_short_minute_shortens_lives_and_is_not_told() -> None:
    with running("--minute-seconds", "0.5", "--clock", "control") as (_, client):
        session = create(client, 20)
        assert session["metadata"]["timeout_minutes"] == 20
        created, expires = (datetime.fromisoformat(session[name]) for name in ("created_at", "expires_at"))
        assert expires - created == timedelta(seconds=10)
        advance(client, 10)
        assert status(client, session) == 404
    with running("--minute-seconds", "0.5", "--contract", "agentic-multi-client") as (_, client):
        chat = client.post("/sessions").json()
        times = [datetime.fromisoformat(chat[name]) for name in ("created_at", "expires_at")]
        assert times[1] - times[0] == timedelta(seconds=30)
        assert client.get("/sessions").json()["stats"]["timeout_minutes"] == 60
