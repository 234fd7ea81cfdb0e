"""The store in Redis: what its keys are, and that two who share it are one."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import pytest

from reference_server.core import Core
from reference_server.errors import RefusalError
from reference_server.lives import Lives
from reference_server.local import StoppedClock
from reference_server.model import CaseEntry, Change, Message, NewMessage, NewSession, Session, Upload
from reference_server.stores import codec
from reference_server.stores.database import Database
from reference_server.stores.redis import LEASE, RedisStore
from tests.redis_server import RedisServer

T = TypeVar("T")
LIFE = 180 * 60_000  # milliseconds


class Two:
    """Two servers on one Redis, each with connections, locks and a clock of its own."""

    def __init__(self, runner: asyncio.Runner, server: RedisServer) -> None:
        self.runner = runner
        self.prefix = server.prefix()
        self.redis = server.client()
        self.clocks = StoppedClock(), StoppedClock()
        self.stores = [RedisStore(Database(server.url, self.prefix), clock) for clock in self.clocks]
        self.one, self.other = (
            Core(store, clock, Lives()) for store, clock in zip(self.stores, self.clocks, strict=True)
        )

    def do(self, operation: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(operation)

    def together(self, *operations: Coroutine[Any, Any, Any]) -> list[Any]:
        async def gather() -> list[Any]:
            return await asyncio.gather(*operations, return_exceptions=True)

        return self.do(gather())

    def refused(self, operation: Coroutine[Any, Any, Any]) -> str:
        with pytest.raises(RefusalError) as refusal:
            self.do(operation)
        return refusal.value.reason

    def new(self, client_id: str | None = None) -> str:
        return self.do(self.one.create("ann", NewSession(client_id))).session.session_id

    def left(self) -> dict[str, int]:
        """All keys without their prefix, and how long each is still there, in milliseconds."""
        names = cast("list[bytes]", list(self.redis.scan_iter(match=f"{self.prefix}*")))
        return {name.decode().removeprefix(self.prefix): self.redis.pttl(name) for name in names}

    def name(self, kind: str, what: str) -> str:
        return f"{self.prefix}{kind}:{what}"


@pytest.fixture
def two(redis_server: RedisServer) -> Iterator[Two]:
    with asyncio.Runner() as runner:
        two = Two(runner, redis_server)
        yield two
        for store in two.stores:
            runner.run(store.close())


def test_every_key_has_an_end_and_lists_and_clients_outlive_their_sessions(two: Two) -> None:
    session_id = two.new("tab")
    assert min(two.left().values()) > 0
    two.do(two.one.add_message("ann", session_id, NewMessage("user", "hello")))
    two.do(two.other.heartbeat("ann", session_id))
    two.do(two.stores[0].check())
    keys = two.left()
    assert set(keys) == {f"session:{session_id}", "user:ann", 'client:["ann", "tab"]', "health:check"}
    assert 0 < keys[f"session:{session_id}"] <= LIFE
    assert 0 < keys["health:check"] <= 1000
    for index in ("user:ann", 'client:["ann", "tab"]'):
        assert keys[f"session:{session_id}"] < keys[index] <= LIFE + 1000


def test_lists_and_clients_live_as_long_as_the_longest_of_their_sessions(two: Two) -> None:
    for minutes in (2, 60, 1):
        two.do(two.one.create("ann", NewSession("tab", metadata={"timeout_minutes": minutes})))
    for minutes in (60, 1):
        two.do(two.one.create("ann", NewSession(f"tab {minutes}", metadata={"timeout_minutes": minutes})))
    keys = two.left()
    assert keys["user:ann"] > 59 * 60_000
    assert keys['client:["ann", "tab"]'] <= 2 * 60_000 + 1000


def test_a_heartbeat_prolongs_lists_and_clients_as_well(two: Two) -> None:
    session_id = two.new("tab")
    for name in two.left():
        two.redis.pexpire(two.prefix + name, 60_000)
    two.clocks[0].forward(minutes=1)
    two.do(two.one.heartbeat("ann", session_id))
    assert min(two.left().values()) > 60_000


def test_after_a_delete_no_key_is_left(two: Two) -> None:
    session_id = two.new("tab")
    two.do(two.other.delete("ann", session_id))
    assert two.left() == {}


def test_a_heartbeat_starts_the_life_of_the_key_anew_and_nothing_else_does(two: Two) -> None:
    session_id = two.new("tab")
    key = two.name("session", session_id)
    two.redis.pexpire(key, 60_000)
    two.do(two.other.read("ann", session_id))
    two.do(two.other.add_message("ann", session_id, NewMessage("user", "hello")))
    two.do(two.other.update("ann", session_id, Change(title="x")))
    two.new("tab")
    assert two.left()[f"session:{session_id}"] <= 60_000
    for clock in two.clocks:
        clock.forward(minutes=1)
    two.do(two.other.heartbeat("ann", session_id))
    assert two.left()[f"session:{session_id}"] > 60_000


def test_what_ended_with_its_key_is_nowhere_and_leaves_the_list(two: Two) -> None:
    ended, living = two.new("tab"), two.new()
    two.redis.delete(two.name("session", ended))
    assert two.refused(two.other.read("ann", ended)) == "session_not_found"
    assert two.refused(two.one.heartbeat("ann", ended)) == "session_not_found"
    page = two.do(two.other.sessions("ann", None, 10, 0))
    assert ([session.session_id for session in page.items], page.total) == ([living], 1)
    assert two.redis.zrange(two.name("user", "ann"), 0, -1) == [living.encode()]
    created = two.do(two.other.create("ann", NewSession("tab")))
    assert not created.resumed
    assert created.session.session_id != ended


def test_lists_that_nobody_reads_do_not_fill_up(two: Two) -> None:
    for _ in range(300):
        two.redis.delete(two.name("session", two.new()))
    assert two.redis.zcard(two.name("user", "ann")) < 100


def test_whoever_first_finds_a_session_over_ends_it_for_all(two: Two) -> None:
    session_id = two.new("tab")
    two.clocks[0].forward(minutes=180, microseconds=-1)
    assert two.do(two.one.read("ann", session_id)).session_id == session_id
    two.clocks[0].forward(microseconds=1)
    assert two.refused(two.one.read("ann", session_id)) == "session_not_found"
    assert two.refused(two.other.heartbeat("ann", session_id)) == "session_not_found"
    assert not two.do(two.other.create("ann", NewSession("tab"))).resumed


def test_a_list_ends_what_it_finds_over(two: Two) -> None:
    session_id = two.new()
    two.clocks[0].forward(minutes=180)
    assert two.do(two.one.living("ann")) == []
    assert two.refused(two.other.read("ann", session_id)) == "session_not_found"


def test_a_renewal_that_comes_after_the_end_revives_nothing(two: Two) -> None:
    session_id = two.new("tab")

    async def late() -> None:
        async with two.one.exclusive("ann", "heartbeat"):
            session = await two.one.usable("ann", session_id, "heartbeat")
            two.redis.delete(two.name("session", session_id))
            await two.one.keep(two.one.renewed(session, two.clocks[0].now()), "heartbeat")

    assert two.refused(late()) == "session_not_found"
    assert f"session:{session_id}" not in two.left()


def test_who_slept_longer_than_the_lease_writes_nothing(two: Two) -> None:
    session_id = two.new()

    async def asleep() -> None:
        async with two.one.exclusive("ann", "update"):
            session = await two.one.usable("ann", session_id, "update")
            two.redis.delete(two.name("lock", "ann"))  # as at the end of the lease
            await two.other.add_message("ann", session_id, NewMessage("user", "kept"))
            await two.one.keep(replace(session, title="late"), "update")

    assert two.refused(asleep()) == "store_unavailable"
    session = two.do(two.other.read("ann", session_id))
    assert [message.content for message in session.messages] == ["kept"]
    assert session.title == "kept"


def test_who_slept_does_not_take_the_lock_from_the_next(two: Two) -> None:
    async def asleep() -> None:
        async with two.one.exclusive("ann", "read"):
            two.redis.set(two.name("lock", "ann"), "another's", px=500)

    two.do(asleep())
    assert two.redis.get(two.name("lock", "ann")) == b"another's"


def test_nobody_sees_half_of_what_is_written(two: Two) -> None:
    async def half_way() -> None:
        async with two.one.exclusive("ann", "create"):
            await two.one.enter(two.one.born("ann", NewSession("tab"), 5))
            seen.update(two.left())

    seen: dict[str, int] = {}
    two.do(half_way())
    assert set(seen) == {"lock:ann"}
    assert 0 < seen["lock:ann"] <= LEASE * 1000
    assert len(two.left()) == 3


def test_in_a_section_one_reads_what_one_has_written(two: Two) -> None:
    async def write_and_read() -> None:
        async with two.one.exclusive("ann", "create"):
            session = two.one.born("ann", NewSession("tab"), 5)
            await two.one.enter(session)
            assert await two.one.living("ann") == [session]
            assert await two.one.find(session.session_id) == session
            await two.one.end(session)
            assert await two.one.find(session.session_id) is None
            await two.one.keep(session, "create")

    two.do(write_and_read())
    assert len(two.left()) == 1


def test_creates_at_the_same_moment_on_both_end_with_one_session(two: Two) -> None:
    for client_id in ("tab", "another"):
        cores = [two.one, two.other] * 25
        answers = two.together(*(core.create("ann", NewSession(client_id)) for core in cores))
        assert len({answer.session.session_id for answer in answers}) == 1
        assert sum(not answer.resumed for answer in answers) == 1


def test_nothing_is_lost_when_both_write_the_same_session(two: Two) -> None:
    session_id = two.new()
    cores = [two.one, two.other] * 15
    says = [core.add_message("ann", session_id, NewMessage("user", str(n))) for n, core in enumerate(cores)]
    changes = [core.update("ann", session_id, Change(metadata={str(n): n})) for n, core in enumerate(cores)]
    beats = [core.heartbeat("ann", session_id) for core in cores]
    answers = two.together(*says, *changes, *beats)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    session = two.do(two.one.read("ann", session_id))
    said = {message.message_id for message in answers[: len(says)]}
    assert len(session.messages) == len(says)
    assert {message.message_id for message in session.messages} == said
    assert {str(n) for n in range(len(changes))} <= set(session.metadata)


def test_a_delete_wins_over_writers_on_the_other(two: Two) -> None:
    for _ in range(5):
        session_id = two.new("tab")
        writers = [two.other.add_message("ann", session_id, NewMessage("user", str(n))) for n in range(10)]
        two.together(*writers[:5], two.one.delete("ann", session_id), *writers[5:])
        for core in (two.one, two.other):
            assert two.refused(core.read("ann", session_id)) == "session_not_found"
        assert two.left() == {}


def test_other_prefixes_are_other_servers(two: Two, redis_server: RedisServer) -> None:
    session_id = two.new("tab")
    star = two.prefix[:-2] + "*:"
    for prefix in (two.prefix + "x", star):
        store = RedisStore(Database(redis_server.url, prefix), two.clocks[0])
        assert two.do(store.load(session_id)) is None
        assert store.everyone() == []
        two.do(store.close())
    assert [session.session_id for session in two.stores[1].everyone()] == [session_id]


def test_a_session_is_read_as_it_was_written() -> None:
    now = datetime(2030, 1, 1, 12, 30, 15, 7, UTC)
    odd = {"": [1, 1.0, -0.0, 2**70, True, None, {"x": "\u0000\U0001f600"}], "1e3": 1e300, "a.b": "e\u0301"}
    session = Session(
        session_id="s",
        user_id="\u202eann",
        client_id=None,
        title="",
        status="archived",
        context=odd,
        metadata={"timeout_minutes": 5},
        minutes=5,
        created_at=now,
        updated_at=now + timedelta(microseconds=1),
        last_activity_at=now,
        expires_at=now,
        messages=(Message("m", "user", "\n x ", now, odd), Message("n", "system", "y", now, {})),
        current_case_id="c",
        case_history=(CaseEntry("query_processed", "c", "q", None, now, 0.1, odd),),
        uploads=(Upload("u", "n", 3, "ab", "text", now),),
    )
    again = codec.read(codec.written(session))
    assert again == session
    assert repr(again) == repr(session)
