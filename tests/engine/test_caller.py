"""A caller does what its methods say, by every path that the contract has for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Contract
from sessionproof.wire import Answer, Request

from .documents import contract_of
from .scripted import Scripted, answered, caller_of

JSON = "{200: {content: {application/json: {schema: {type: object}}}}}"
BODY = "{content: {application/json: {schema: {type: object}}}}"
PARTS = "{content: {multipart/form-data: {schema: {type: object}}}}"
SESSION = "session: $request.path.id"


def operation(line: str, words: str, body: str = "") -> str:
    sent = f", requestBody: {body}" if body else ""
    return f"{line}: {{x-session: {{{words}}}{sent}, responses: {JSON}}}\n"


CREATE = operation("POST /s", "does: create, session: $response.body#/id, title: $request.body#/t", BODY)
READ = operation("GET /s/{id}", f"does: read, {SESSION}")
ASK = operation("POST /s/{id}/ask", f"does: query, {SESSION}, question: $request.body#/q", BODY)
ASK_V1 = operation("POST /v1/{id}/query", f"does: query, {SESSION}, question: $request.body#/query", BODY)
ASK_OLD = operation("POST /old/{id}", f"does: query, {SESSION}, question: $request.body#/text", BODY)
SAY = operation(
    "POST /s/{id}/m", f"does: add_message, {SESSION}, role: $request.body#/r, content: $request.body#/c", BODY
)
MESSAGES = operation("GET /s/{id}/m", f"does: messages, {SESSION}, each: {{in: $response.body#/m, content: $item}}")
UPLOAD = operation("POST /s/{id}/f", f"does: upload, {SESSION}, file: $request.body#/file", PARTS)


def contract_with(*operations: str, top: str = "{identity: {header: X-User}}") -> Contract:
    return contract_of(CREATE + READ + "".join(operations), top)


def caller_with(*operations: str, top: str = "{identity: {header: X-User}}") -> Caller:
    return caller_of(contract_with(*operations, top=top), lambda _: answered({"id": "1"}))


def sent(caller: Caller) -> list[str]:
    return [f"{request.method} {request.target}" for request in requests(caller)]


def requests(caller: Caller) -> list[Request]:
    assert isinstance(caller.run.sender, Scripted)
    return caller.run.sender.sent


def bodies(caller: Caller) -> list[Any]:
    return [json.loads(request.content) for request in requests(caller) if request.content]


# Several paths of one operation


def test_each_call_by_name_takes_the_next_path() -> None:
    alice = caller_with(ASK, ASK_V1, ASK_OLD)
    for number in range(4):
        alice.ask("1", f"{number}")
    assert sent(alice) == ["POST /s/1/ask", "POST /v1/1/query", "POST /old/1", "POST /s/1/ask"]
    assert bodies(alice) == [{"q": "0"}, {"query": "1"}, {"text": "2"}, {"q": "3"}]


def test_operations_and_callers_take_their_turns_by_themselves() -> None:
    alice = caller_with(ASK, ASK_V1, SAY)
    bob = Caller(alice.run, alice.run.actor("bob"))
    alice.ask("1", "a")
    alice.say("1", "b")
    bob.ask("2", "c")
    alice.ask("1", "d")
    assert sent(alice) == ["POST /s/1/ask", "POST /s/1/m", "POST /s/2/ask", "POST /v1/1/query"]


def test_a_call_by_binding_takes_that_one_and_no_turn() -> None:
    alice = caller_with(ASK, ASK_V1)
    second = alice.run.contract.all("query")[1]
    alice.call(second, "1", question="a")
    alice.ask("1", "b")
    alice.call(second, "1", question="c")
    alice.ask("1", "d")
    assert sent(alice) == ["POST /v1/1/query", "POST /s/1/ask", "POST /v1/1/query", "POST /v1/1/query"]


def test_a_contract_without_the_operation_is_told() -> None:
    alice = caller_with()
    with pytest.raises(KeyError, match="query"):
        alice.ask("1", "a")
    assert sent(alice) == []


# What is sent


def test_a_session_is_named_only_where_one_is_given() -> None:
    alice = caller_with(
        operation("POST /q", "does: query, session: $request.body#/sid, question: $request.body#/q", BODY)
    )
    alice.ask("s-1", "a")
    alice.ask(None, "b")
    assert bodies(alice) == [{"sid": "s-1", "q": "a"}, {"q": "b"}]
    assert [request.session for request in requests(alice)] == ["s-1", None]


def test_messages_are_said_in_the_users_role() -> None:
    alice = caller_with(SAY)
    alice.say("1", "a")
    alice.say("1", "b", role="system")
    human = caller_with(SAY, top="{identity: {header: X-User}, roles: [human, robot]}")
    human.say("1", "c")
    assert bodies(alice) == [{"r": "user", "c": "a"}, {"r": "system", "c": "b"}]
    assert bodies(human) == [{"r": "human", "c": "c"}]


def test_a_file_is_sent_with_its_name() -> None:
    alice = caller_with(UPLOAD)
    alice.upload("1", "notes.txt", b"\0\xff")
    assert b'filename="notes.txt"' in requests(alice)[0].content
    assert b"\0\xff" in requests(alice)[0].content


def test_the_conversation_comes_from_its_list_or_from_the_session() -> None:
    alice, without = caller_with(MESSAGES), caller_with()
    alice.conversation("1")
    without.conversation("1")
    assert (sent(alice), sent(without)) == (["GET /s/1/m"], ["GET /s/1"])


def test_plain_values_are_sent_where_they_have_a_place_and_others_over_them() -> None:
    alice = caller_with(ASK, SAY, UPLOAD)
    query, say, upload = (alice.run.contract.first(name) for name in ("query", "add_message", "upload"))
    alice.try_on(query, "1")
    alice.try_on(query, "1", question="mine")
    alice.try_on(say, "1")
    alice.try_on(upload, "1")
    first, second, said = (json.loads(request.content) for request in requests(alice)[:3])
    assert alice.actor.marker in first["q"]
    assert second == {"q": "mine"}
    assert said["r"] == "user"
    assert alice.actor.marker in said["c"]
    assert alice.actor.marker.encode() in requests(alice)[3].content


# Arrangements


def refusing(*operations: str, status: int = 500) -> Caller:
    return caller_of(contract_with(*operations), lambda _: answered({}, status))


def test_what_was_said_is_a_message_or_else_a_question() -> None:
    alice, asks = caller_with(ASK, SAY), caller_with(ASK, ASK_V1)
    alice.has_said("1", "a", "b")
    asks.has_said("1", "a", "b")
    assert sent(alice) == ["POST /s/1/m"] * 2
    assert sent(asks) == ["POST /s/1/ask", "POST /v1/1/query"]


@pytest.mark.parametrize(
    ("operations", "arrange", "words"),
    [
        ((), lambda caller: caller.has_session(), "create answered 500"),
        ((SAY, ASK), lambda caller: caller.has_said("1", "a"), "add_message answered 500"),
        ((ASK,), lambda caller: caller.has_said("1", "a"), "query answered 500"),
        ((UPLOAD,), lambda caller: caller.has_uploaded("1", "n", b"x"), "upload answered 500"),
    ],
)
def test_an_arrangement_that_is_refused_says_which(operations: tuple[str, ...], arrange: Any, words: str) -> None:
    with pytest.raises(SetUpFailed, match=words):
        arrange(refusing(*operations))


def test_a_session_without_an_id_is_none() -> None:
    with pytest.raises(SetUpFailed, match="create answered 200"):
        caller_of(contract_with(), lambda _: answered({})).has_session()


def test_silence_is_told_as_it_was() -> None:
    with pytest.raises(SetUpFailed, match="create answered no answer in time") as raised:
        caller_of(contract_with(), lambda _: Answer(None, failure="no answer in time")).has_session()
    assert raised.value.reply.status is None
