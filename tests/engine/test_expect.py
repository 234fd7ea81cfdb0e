"""Each expectation holds exactly where its sentence does, and says what was expected and seen otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sessionproof.contract import Contract
from sessionproof.expect import Expect, ReplyExpectation, Unproven, Violation
from sessionproof.wire import Answer, Reply, build_request

from .documents import ALICE, contract_of

TOP = """
identity: {header: X-User}
foreign: [403]
gone: [410]
unknown: [404]
no_session: [428]
no_identity: [401]
invalid: [422]
"""
CREATE = """
POST /s:
  x-session: {does: create, session: $response.body#/id, resumed: $response.body#/resumed, answer: $response.body#/a}
  responses: {200: {content: {application/json: {schema: {type: object}}}}}
"""
CONTRACT = contract_of(CREATE, TOP)


def reply_of(
    status: int | None = 200, body: Any = None, leaks: tuple[str, ...] = (), contract: Contract = CONTRACT
) -> Reply:
    answer = Answer(status, (), json.dumps(body).encode(), failure="" if status else "no answer in time")
    return Reply(contract, build_request(contract, contract.first("create"), ALICE, {}), answer, leaks)


def holds(reply: Reply, sentence: Callable[[ReplyExpectation], object]) -> bool:
    """Whether the expectation holds; either way it was looked at."""
    expect = Expect()
    found = violation_of(lambda: sentence(expect(reply)))
    assert expect.exercised
    assert found is None or (found.reply is reply and found.expected and found.seen)
    return found is None


def violation_of(call: Callable[[], object]) -> Violation | None:
    try:
        call()
    except Violation as violation:
        return violation
    return None


STATUSES: dict[str, tuple[Callable[[ReplyExpectation], object], set[int | None]]] = {
    "succeeds": (ReplyExpectation.succeeds, {200, 201, 204}),
    "is_gone": (ReplyExpectation.is_gone, {410}),
    "is_unknown": (ReplyExpectation.is_unknown, {404, 410, 422}),
    "is_foreign": (ReplyExpectation.is_foreign, {403}),
    "is_unreachable": (ReplyExpectation.is_unreachable, {403, 404, 410, 422}),
    "is_without_session": (ReplyExpectation.is_without_session, {428, 422}),
    "is_without_identity": (ReplyExpectation.is_without_identity, {401}),
    "is_invalid": (ReplyExpectation.is_invalid, {422}),
    "is_refused": (ReplyExpectation.is_refused, {400, 401, 403, 404, 410, 422, 428, 499}),
    "is_no_server_error": (
        ReplyExpectation.is_no_server_error,
        {200, 201, 204, 302, 400, 401, 403, 404, 410, 422, 428, 499},
    ),
}
SEEN = (200, 201, 204, 302, 400, 401, 403, 404, 410, 422, 428, 499, 500, 503, None)


@pytest.mark.parametrize(("sentence", "allowed"), STATUSES.values(), ids=STATUSES)
def test_statuses(sentence: Callable[[ReplyExpectation], object], allowed: set[int | None]) -> None:
    assert {status for status in SEEN if holds(reply_of(status), sentence)} == allowed


@pytest.mark.parametrize("sentence", [ReplyExpectation.is_foreign, ReplyExpectation.is_unreachable])
def test_a_refusal_that_shows_something_of_another_is_none(sentence: Callable[[ReplyExpectation], object]) -> None:
    with pytest.raises(
        Violation, match="expected nothing of another user's in an answer to alice; seen a canary of bob"
    ):
        sentence(Expect()(reply_of(403, leaks=("bob",))))


def test_what_a_status_should_have_been_is_told_with_the_call() -> None:
    with pytest.raises(Violation) as raised:
        Expect()(reply_of(200)).is_without_session()
    assert raised.value.expected == (
        "422 or 428, the contract's answer to a call that names no session, as it doesn't say `autocreate: true`, "
        "for POST /s by alice"
    )
    assert raised.value.seen == "200"
    with pytest.raises(Violation, match=r"403 or 404 or 410 or 422, .*; seen no answer in time"):
        Expect()(reply_of(None)).is_unreachable()


def test_an_answer_contains_a_text() -> None:
    said = reply_of(body={"a": "You asked: why? Because.", "other": "elsewhere"})
    assert holds(said, lambda answer: answer.contains("why?", "the question"))
    assert not holds(said, lambda answer: answer.contains("Why?", "the question"))
    assert not holds(said, lambda answer: answer.contains("elsewhere", "the question")), "in the answer, nowhere else"
    assert not holds(reply_of(body={}), lambda answer: answer.contains("why?", "the question"))
    with pytest.raises(Violation, match=r"expected the question \('x'\) in the answer for .*; seen 'You asked"):
        Expect()(said).contains("x", "the question")


def test_a_reply_lacks_a_text_in_all_of_it() -> None:
    said = reply_of(body={"a": "one", "deep": [{"er": "secret \u00e9"}]})
    assert holds(said, lambda reply: reply.lacks("two", "another's"))
    assert not holds(said, lambda reply: reply.lacks("one", "another's"))
    assert not holds(said, lambda reply: reply.lacks("secret", "another's"))
    with pytest.raises(Violation, match="expected nothing of bob's text for POST /s by alice; seen 'secret'"):
        Expect()(said).lacks("secret", "bob's text")


def test_values_are_compared_with_their_type() -> None:
    one = reply_of(body={"id": "a", "a": 1})
    assert holds(one, lambda reply: reply.says("answer", 1))
    for other in (True, 1.0, "1", None):
        assert not holds(one, lambda reply, other=other: reply.says("answer", other))  # type: ignore[misc]
    assert holds(one, lambda reply: reply.says_other_than("answer", 2, None))
    assert not holds(one, lambda reply: reply.says_other_than("answer", 2, 1))
    assert not holds(reply_of(body={}), lambda reply: reply.says_other_than("answer", 2)), "it must be there"


@pytest.mark.parametrize(
    ("body", "resumes", "makes_new"),
    [
        ({"id": "a", "resumed": True}, True, False),
        ({"id": "a", "resumed": False}, False, False),
        ({"id": "b", "resumed": False}, False, True),
        ({"id": "b"}, False, True),
        ({"id": "b", "resumed": True}, False, False),
        ({"id": "", "resumed": False}, False, False),
        ({"resumed": False}, False, False),
        ({}, False, False),
    ],
)
def test_a_session_is_resumed_or_new(body: dict[str, Any], resumes: bool, makes_new: bool) -> None:
    assert holds(reply_of(body=body), lambda reply: reply.resumes("a")) is resumes
    assert holds(reply_of(body=body), lambda reply: reply.makes_new("a")) is makes_new
    assert not holds(reply_of(500, body), lambda reply: reply.resumes("a"))
    assert not holds(reply_of(404, body), lambda reply: reply.makes_new("a"))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (["b", "a"], ""),
        (["a"], "1: lacks ['b']"),
        (["a", "b", "b"], "3: has in addition ['b']"),
        (["a", "c"], "2: lacks ['b'] and has in addition ['c']"),
        ([], "0: lacks ['a', 'b']"),
    ],
)
def test_a_list_holds_each_item_once_in_any_order(seen: list[str], words: str) -> None:
    if not words:
        assert holds(reply_of(), lambda reply: reply.holds_exactly(["a", "b"], seen, "sessions"))
        return
    with pytest.raises(Violation) as raised:
        Expect()(reply_of()).holds_exactly(["a", "b"], seen, "sessions")
    assert raised.value.expected.startswith("exactly 2 sessions")
    assert raised.value.seen == words


def test_changes_around_a_reply_are_shown_by_what_comes_after_it() -> None:
    assert holds(reply_of(), lambda reply: reply.is_as_before([], "the session"))
    with pytest.raises(Violation) as raised:
        Expect()(reply_of()).is_as_before(["/title: 'a' became 'b'", "2", "3", "4"], "the session")
    assert raised.value.expected == "the session as before POST /s by alice"
    assert raised.value.seen == "/title: 'a' became 'b'; 2; 3"
    assert raised.value.shows_later


def test_a_request_that_was_never_sent_proves_nothing() -> None:
    expect = Expect()
    unsent = Answer(None, failure="HTTP can't carry this request (odd)", unsent=True)
    reply = Reply(CONTRACT, reply_of().request, unsent)
    for sentence, _ in STATUSES.values():
        with pytest.raises(Unproven, match="can't carry"):
            sentence(expect(reply))
    assert expect.exercised == 0


def test_observations_fail_nothing_and_count_as_nothing() -> None:
    expect = Expect()
    expect.observe("seen")
    assert (expect.observations, expect.exercised, expect.undecided) == (["seen"], 0, 0)
