"""The model alone: what it expects after what was acknowledged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessionproof.actors import Actor
from sessionproof.contract import Contract, find_contract, load_contract
from sessionproof.explore.world import UNKNOWN, Entry, File, Session, Span, State, World, alike
from sessionproof.wire import Answer, Reply, Request

FM = load_contract(find_contract("fm-session-service"))
OTHER = load_contract(find_contract("examples/other_server/contract.yaml"))


def heard(contract: Contract, session: str, at: float = 0.0) -> Reply:
    binding = contract.first("create")
    place = binding.returns["session"].pointer.strip("/").split("/")
    body = session if len(place) == 0 else f'"{session}"'
    for name in reversed(place):
        body = f'{{"{name}": {body}}}'
    request = Request(binding, Actor("alice", "alice"), "POST", "/", (), b"", {})
    return Reply(contract, request, Answer(201, (), body.encode()), began=at, ended=at + 1)


def one(contract: Contract = FM, client: str | None = None, user: int = 0) -> tuple[World, Session]:
    world = World(contract)
    return world, world.add(heard(contract, "s-1"), user, client, 100.0, {"title": "t"})


@pytest.mark.parametrize(
    ("began", "ended", "state"),
    [
        (50, 60, State.ALIVE),
        (98, 99, State.ALIVE),
        (98, 99.5, State.UNSURE),
        (101, 102, State.UNSURE),
        (102, 103, State.EXPIRED),
    ],
)
def test_the_edge_of_a_life_is_left_undecided(began: float, ended: float, state: State) -> None:
    assert Span(100.0, 0.0, 1.0).state(began, ended, 1.0) is state


def test_of_an_unknown_life_nothing_is_known_after_a_while() -> None:
    life = Span(None, 100.0, 101.0)
    assert life.state(102.0, 103.0, 1.0) is State.ALIVE
    assert life.state(4500.0, 4500.0, 1.0) is State.UNSURE


def test_what_refreshes_a_life_begins_it_anew_and_what_is_open_may_have() -> None:
    world, session = one()
    world.touched(session, "heartbeat", heard(FM, "s-1", at=50))
    assert session.life == Span(100.0, 50, 51)
    world.touched(session, "read", heard(FM, "s-1", at=60))
    assert session.life == Span(100.0, 50, 51)
    world.touched(session, "update", heard(FM, "s-1", at=70))
    assert session.life == Span(100.0, 50, 71)


def test_a_client_leads_to_its_users_last_session_only() -> None:
    world, first = one(client="c")
    assert world.of_client(0, "c") is first
    assert world.of_client(1, "c") is None
    assert world.of_client(0, "C") is None
    assert world.of_client(0, None) is None


def test_where_clients_alone_resume_the_user_makes_no_difference() -> None:
    world, first = one(replace(FM, resume_scope=("client",)), client="c")
    assert world.of_client(1, "c") is first


def test_a_clear_leaves_what_is_declared_and_nothing_is_known_where_it_is_not() -> None:
    world, session = one(OTHER)
    session.talk, session.files, session.cases = [Entry("hello")], [File("a", b"x")], ["case"]
    session.values["title"] = "t"
    world.cleared(session)
    assert (session.talk, session.files, session.cases, session.values["title"]) == ([], [], [], "t")
    world, session = one(replace(FM, clear_keeps=None))
    session.talk = [Entry("hello")]
    world.cleared(session)
    assert session.talk == []
    assert session.values["title"] is UNKNOWN
    assert not session.known & {"files", "cases"}


def test_a_title_follows_the_first_message_of_the_user_unless_one_was_chosen() -> None:
    world, chosen = one()
    world.said(chosen, Entry("hello", "user"))
    assert chosen.values["title"] == "t"
    bare = world.add(heard(FM, "s-2"), 0, None, 100.0, {})
    bare.values["title"] = None
    world.said(bare, Entry("hello", "assistant"))
    assert bare.values["title"] is UNKNOWN
    bare.values["title"] = "hello"
    world.said(bare, Entry("hello", "user"))
    bare.values["title"] = "hello"
    world.said(bare, Entry("more", "user"))
    assert bare.values["title"] == "hello"


@pytest.mark.parametrize(
    ("wanted", "seen", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": 1}, {"b": 1}, False),
        (1, True, False),
        ([1], [1, 2], False),
    ],
)
def test_an_object_is_alike_when_all_that_was_sent_is_in_it(wanted: object, seen: object, same: bool) -> None:
    assert alike(wanted, seen) is same
