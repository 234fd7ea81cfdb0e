"""A request repeated under its key is done once, for as long as the session lives; and each fault in that is seen."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reference_server.faults import FAULTS, weave
from reference_server.idempotency import MOST_KEYS
from reference_server.local import SESSIONS, Local
from reference_server.stores import codec

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


@pytest.fixture
def local() -> Iterator[Local]:
    with Local() as server:
        yield server


def creation(key: str, **body: Any) -> dict[str, Any]:
    return {"json": body, "headers": {"Idempotency-Key": key}}


def message(content: str, key: str) -> dict[str, Any]:
    return {"json": {"role": "user", "content": content}, "headers": {"Idempotency-Key": key}}


def created(local: Local, key: str, user: str = "ann", /, **body: Any) -> httpx.Response:
    return local.send("POST", SESSIONS, user, **creation(key, **body))


def said(local: Local, session_id: str, content: str, key: str, user: str = "ann") -> httpx.Response:
    return local.send("POST", f"{SESSIONS}/{session_id}/messages", user, **message(content, key))


def contents(local: Local, session_id: str) -> list[str]:
    return [one["content"] for one in local.messages(session_id)["messages"]]


def test_a_repeated_create_is_answered_as_it_was_then(local: Local) -> None:
    first = created(local, "k", title="one")
    local.change(first.json()["session_id"], title="two")
    local.say(first.json()["session_id"], "hello")
    again = created(local, "k", title="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert len(local.ids()) == 1


def test_a_repeated_resume_resumes(local: Local) -> None:
    session_id = local.new(client_id="tab")
    answers = [created(local, "k", client_id="tab") for _ in range(2)]
    assert {(answer.status_code, answer.json()["session_id"]) for answer in answers} == {(200, session_id)}
    assert created(local, "k", client_id="other").status_code == 422


def test_a_repeated_message_is_added_once_and_moves_nothing(local: Local) -> None:
    session_id = local.new()
    first = said(local, session_id, "hello", "k")
    before = local.read(session_id)
    local.forward(minutes=1)
    assert said(local, session_id, "hello", "k").content == first.content
    assert local.read(session_id) == before


def test_creates_and_messages_at_once_under_one_key_are_done_once(local: Local) -> None:
    answers = local.together(*(("POST", SESSIONS, "ann", creation("k")) for _ in range(8)))
    assert len({answer.content for answer in answers}) == 1
    (session_id,) = local.ids()
    path = f"{SESSIONS}/{session_id}/messages"
    answers = local.together(*(("POST", path, "ann", message("x", "k")) for _ in range(8)))
    assert len({answer.content for answer in answers}) == 1
    assert contents(local, session_id) == ["x"]


def test_another_request_under_the_key_is_refused_and_changes_nothing(local: Local) -> None:
    session_id = created(local, "k", title="one").json()["session_id"]
    said(local, session_id, "hello", "k")
    before = local.read(session_id)
    for refused in (created(local, "k", title="two"), said(local, session_id, "goodbye", "k")):
        assert (refused.status_code, refused.json()["reason"]) == (422, "key_reused")
    assert local.read(session_id) == before
    assert local.ids() == [session_id]


def test_equal_keys_of_others_do_not_meet(local: Local) -> None:
    ours, theirs = created(local, "k").json()["session_id"], created(local, "k", "bob").json()["session_id"]
    assert ours != theirs
    other = local.new()
    for session_id in (ours, other):
        assert said(local, session_id, "hello", "k").status_code == 201
        assert contents(local, session_id) == ["hello"]
    assert said(local, ours, "hello", "k", "bob").status_code == 404


def test_a_refused_request_leaves_no_key(local: Local) -> None:
    session_id = local.new()
    assert said(local, session_id, "", "k").status_code == 422
    assert said(local, session_id, "hello", "k").status_code == 201


def test_a_key_ends_with_its_session(local: Local) -> None:
    first = created(local, "k").json()["session_id"]
    said(local, first, "hello", "m")
    local.delete(first)
    assert said(local, first, "hello", "m").status_code == 404
    second = created(local, "k").json()["session_id"]
    local.forward(minutes=180)
    assert len({first, second, created(local, "k").json()["session_id"]}) == 3


def test_a_session_knows_its_newest_keys(local: Local) -> None:
    session_id = local.new()
    for number in range(MOST_KEYS + 1):
        said(local, session_id, str(number), str(number))
    said(local, session_id, "1", "1")
    assert len(contents(local, session_id)) == MOST_KEYS + 1
    said(local, session_id, "0", "0")
    assert len(contents(local, session_id)) == MOST_KEYS + 2


@pytest.mark.parametrize("headers", [[("Idempotency-Key", "")], [("Idempotency-Key", "k")] * 2])
def test_a_key_is_there_once_and_not_empty(local: Local, headers: list[tuple[str, str]]) -> None:
    assert local.send("POST", SESSIONS, json={}, headers=headers).status_code == 422
    assert local.ids() == []


def test_a_session_with_keys_is_read_as_it_was_written(local: Local) -> None:
    session_id = created(local, "k", title="one", client_id="tab").json()["session_id"]
    created(local, "l", client_id="tab")
    said(local, session_id, "hello", "m")
    (session,) = local.store.everyone()
    assert len(session.done) == 3
    assert codec.read(codec.written(session)) == session


@shows("F-MSG-61")
def a_message_is_added_twice(local: Local) -> bool:
    session_id = local.new()
    said(local, session_id, "x", "k")
    said(local, session_id, "x", "k")
    return contents(local, session_id) == ["x", "x"]


@shows("F-MSG-62")
def another_message_is_answered_as_the_first(local: Local) -> bool:
    session_id = local.new()
    first = said(local, session_id, "x", "k")
    return said(local, session_id, "y", "k").content == first.content


@shows("F-MSG-63")
def the_second_repetition_is_done(local: Local) -> bool:
    session_id = local.new()
    said(local, session_id, "x", "k")
    said(local, session_id, "x", "k")
    assert contents(local, session_id) == ["x"]
    said(local, session_id, "x", "k")
    return contents(local, session_id) == ["x", "x"]


@shows("F-MSG-64")
def a_message_is_not_added_to_another_session(local: Local) -> bool:
    one, two = local.new(), local.new()
    said(local, one, "x", "k")
    assert contents(local, one) == ["x"]
    said(local, two, "x", "k")
    return contents(local, two) == []


@shows("F-MSG-65")
def a_create_shows_another_users_session(local: Local) -> bool:
    ours = created(local, "k").json()["session_id"]
    assert created(local, "l", "bob").json()["session_id"] != ours
    return bool(created(local, "k", "bob").json()["session_id"] == ours)


@shows("F-MSG-66")
def a_message_is_added_again_after_a_refusal(local: Local) -> bool:
    session_id = local.new()
    said(local, session_id, "x", "k")
    assert said(local, session_id, "y", "k").status_code == 422
    said(local, session_id, "x", "k")
    return contents(local, session_id) == ["x", "x"]


@shows("F-MSG-67")
def a_message_is_added_again_after_another(local: Local) -> bool:
    session_id = local.new()
    for content in ("x", "y", "x"):
        said(local, session_id, content, content)
    return contents(local, session_id) == ["x", "y", "x"]


def test_every_fault_of_this_group_is_shown() -> None:
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic == "idempotency"}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
