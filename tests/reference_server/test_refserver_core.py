"""The rules, without HTTP."""

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from reference_server.core import Core
from reference_server.errors import RefusalError
from reference_server.lives import Lives
from reference_server.local import BIRTH, StoppedClock
from reference_server.model import Change, NewMessage, NewSession
from reference_server.settings import Settings
from reference_server.stores import MemoryStore, open_store

T = TypeVar("T")


class Bench:
    def __init__(self, runner: asyncio.Runner, **settings: Any) -> None:
        self.runner = runner
        self.clock = StoppedClock()
        self.store = open_store(Settings(**settings), self.clock)
        self.core = Core(self.store, self.clock, Lives())

    def do(self, operation: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(operation)

    def refuses(self, operation: Coroutine[Any, Any, Any]) -> str:
        with pytest.raises(RefusalError) as refusal:
            self.do(operation)
        return refusal.value.reason

    @property
    def memory(self) -> MemoryStore:
        assert isinstance(self.store, MemoryStore)
        return self.store

    def empty(self) -> bool:
        return not (self.memory.records or self.memory.lists or self.memory.clients)


@pytest.fixture
def bench(kept: dict[str, Any]) -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        bench = Bench(runner, **kept)
        yield bench
        bench.do(bench.store.close())


in_memory = pytest.mark.parametrize("kept", [{}], ids=["memory"])


def test_a_session_lives_until_its_expiry_and_not_a_moment_longer(bench: Bench) -> None:
    session = bench.do(bench.core.create("ann", NewSession())).session
    assert session.expires_at == BIRTH + timedelta(minutes=180)
    bench.clock.forward(minutes=180, microseconds=-1)
    assert bench.do(bench.core.read("ann", session.session_id)) == session
    bench.clock.forward(microseconds=1)
    assert bench.refuses(bench.core.read("ann", session.session_id)) == "session_not_found"


def test_only_a_heartbeat_renews_the_life(bench: Bench) -> None:
    core = bench.core
    session = bench.do(core.create("ann", NewSession("tab"))).session
    bench.clock.forward(minutes=100)
    bench.do(core.read("ann", session.session_id))
    bench.do(core.update("ann", session.session_id, Change(title="x")))
    bench.do(core.add_message("ann", session.session_id, NewMessage("user", "hello")))
    assert bench.do(core.create("ann", NewSession("tab"))).session.expires_at == session.expires_at
    renewed = bench.do(core.heartbeat("ann", session.session_id))
    assert renewed.expires_at == BIRTH + timedelta(minutes=280)
    assert renewed.updated_at == BIRTH + timedelta(minutes=100)


@in_memory
def test_an_expired_session_is_not_resumed_and_its_end_does_not_touch_the_next_one(bench: Bench) -> None:
    old = bench.do(bench.core.create("ann", NewSession("tab"))).session
    bench.clock.forward(minutes=180)
    created = bench.do(bench.core.create("ann", NewSession("tab")))
    assert not created.resumed
    assert created.session.session_id != old.session_id
    assert bench.do(bench.store.sweep(bench.core.overdue)) == 1
    assert bench.do(bench.core.create("ann", NewSession("tab"))).session == created.session


@in_memory
def test_sessions_that_are_over_do_not_fill_the_memory(bench: Bench) -> None:
    async def generation() -> None:
        for number in range(1500):
            await bench.core.create(f"user {number}", NewSession(f"client {number}"))

    for _ in range(4):
        bench.do(generation())
        bench.clock.forward(hours=9)
    assert len(bench.memory.records) <= 2500
    assert len(bench.memory.clients) == len(bench.memory.lists) == len(bench.memory.records)


@in_memory
def test_after_the_end_nothing_is_left_in_any_table(bench: Bench) -> None:
    for ending in ("delete", "update", "sweep"):
        session = bench.do(bench.core.create("ann", NewSession("tab"))).session
        assert not bench.empty()
        if ending == "delete":
            bench.do(bench.core.delete("ann", session.session_id))
        elif ending == "update":
            bench.do(bench.core.update("ann", session.session_id, Change(status="deleted")))
        else:
            bench.clock.forward(hours=9)
            bench.do(bench.store.sweep(bench.core.overdue))
        assert bench.empty()


def test_creates_at_the_same_moment_end_with_one_session(bench: Bench) -> None:
    async def storm() -> list[Any]:
        return await asyncio.gather(*(bench.core.create("ann", NewSession("tab")) for _ in range(50)))

    answers = bench.do(storm())
    assert len({answer.session.session_id for answer in answers}) == 1
    assert sum(not answer.resumed for answer in answers) == 1


class WaitingStore(MemoryStore):
    """As slow as a store across a network: every load and save lets others in."""

    async def load(self, session_id: str) -> Any:
        await asyncio.sleep(0)
        return await super().load(session_id)

    async def save(self, session: Any) -> None:
        await asyncio.sleep(0)
        await super().save(session)

    async def bound(self, key: Any) -> Any:
        await asyncio.sleep(0)
        return await super().bound(key)


@in_memory
def test_operations_are_whole_even_if_the_store_makes_them_wait(bench: Bench) -> None:
    core = Core(WaitingStore(), bench.clock, Lives())

    async def storm() -> None:
        answers = await asyncio.gather(*(core.create("ann", NewSession("tab")) for _ in range(20)))
        (session_id,) = {answer.session.session_id for answer in answers}
        says = [core.add_message("ann", session_id, NewMessage("user", str(n))) for n in range(20)]
        changes = [core.update("ann", session_id, Change(metadata={str(n): n})) for n in range(20)]
        beats = [core.heartbeat("ann", session_id) for _ in range(20)]
        said, *_ = await asyncio.gather(asyncio.gather(*says), asyncio.gather(*changes), asyncio.gather(*beats))
        session = await core.read("ann", session_id)
        assert sorted(said, key=str) == sorted(session.messages, key=str)
        assert {str(n) for n in range(20)} <= set(session.metadata)

    bench.do(storm())


@in_memory
def test_a_delete_wins_over_what_is_under_way(bench: Bench) -> None:
    core = Core(WaitingStore(), bench.clock, Lives())

    async def race() -> None:
        session_id = (await core.create("ann", NewSession())).session.session_id
        writers = [core.add_message("ann", session_id, NewMessage("user", "late")) for _ in range(5)]
        await asyncio.gather(*writers, core.delete("ann", session_id), return_exceptions=True)
        with pytest.raises(RefusalError):
            await core.read("ann", session_id)

    bench.do(race())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ann", "tab"), ("bob", "tab")),
        (("ann", "tab"), ("ann", "TAB")),
        (("ann", "tab"), ("ann", "tab ")),
        (("ann", "caf\u00e9"), ("ann", "cafe\u0301")),
        (("a", "b:c"), ("a:b", "c")),
        (("a", "tab"), ("a", "tab\u200b")),
    ],
)
def test_two_different_keys_are_two_sessions(bench: Bench, one: tuple[str, str], other: tuple[str, str]) -> None:
    first, second = (bench.do(bench.core.create(user, NewSession(client))) for user, client in (one, other))
    assert first.session.session_id != second.session.session_id
    for (user, client), created in ((one, first), (other, second)):
        assert bench.do(bench.core.create(user, NewSession(client))).session == created.session


def test_without_a_client_nothing_is_resumed(bench: Bench) -> None:
    answers = [bench.do(bench.core.create("ann", NewSession())) for _ in range(3)]
    assert len({answer.session.session_id for answer in answers}) == 3
    assert not any(answer.resumed for answer in answers)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ([("user", "It hangs\nsince noon")], "It hangs"),
        ([("system", "Welcome"), ("assistant", "Hello"), ("user", "Help")], "Help"),
        ([("user", "first"), ("user", "second")], "first"),
        ([("user", "\n \n  third line  \nrest")], "third line"),
        ([("user", "x" * 200)], "x" * 80),
        ([("assistant", "no user yet")], None),
        ([("user", " \n\t")], None),
    ],
)
def test_the_title_comes_from_what_the_user_says_first(
    bench: Bench, said: list[tuple[Any, str]], title: str | None
) -> None:
    session_id = bench.do(bench.core.create("ann", NewSession())).session.session_id
    for role, content in said:
        bench.do(bench.core.add_message("ann", session_id, NewMessage(role, content)))
    assert bench.do(bench.core.read("ann", session_id)).title == title


def test_a_chosen_title_stays(bench: Bench) -> None:
    session_id = bench.do(bench.core.create("ann", NewSession(title="Mine"))).session.session_id
    bench.do(bench.core.add_message("ann", session_id, NewMessage("user", "Other")))
    assert bench.do(bench.core.read("ann", session_id)).title == "Mine"
