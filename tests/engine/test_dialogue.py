"""What was asked and answered, and a session's files, come from whichever routes show them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import Turn, case_ids, files, history, said_in, turns
from sessionproof.effort import Effort
from sessionproof.state import snapshot
from sessionproof.wire import Answer, Request

from .documents import contract_of
from .scripted import Scripted, answered, caller_of

JSON = "{200: {content: {application/json: {schema: {type: object}}}}}"
BODY = "{content: {application/json: {schema: {type: object}}}}"


def operation(line: str, words: str, body: bool = False) -> str:
    parameters = "[{name: case, in: query}, {name: limit, in: query}, {name: offset, in: query}]"
    sent = f", requestBody: {BODY}" if body else ""
    return f"{line}: {{x-session: {{{words}}}, parameters: {parameters}{sent}, responses: {JSON}}}\n"


SESSION = "session: $request.path.id"
CREATE = operation("POST /s", "does: create, session: $response.body#/id")
READ = operation(
    "GET /s/{id}", f"does: read, {SESSION}, title: $response.body#/title, updated: $response.body#/updated"
)
HOLDS = operation(
    "GET /s/{id}",
    f"does: read, {SESSION}, uploads: {{in: $response.body#/files, name: $item}}, "
    "messages: {in: $response.body#/said, content: $item#/text}",
)
QUERY = operation("POST /s/{id}/ask", f"does: query, {SESSION}, question: $request.body#/q", body=True)
SAY = operation("POST /s/{id}/messages", f"does: add_message, {SESSION}, content: $request.body#/text", body=True)
MESSAGES = operation(
    "GET /s/{id}/messages",
    f"does: messages, {SESSION}, each: {{in: $response.body#/said, content: $item#/text}}, "
    "limit: $request.query.limit, offset: $request.query.offset, total: $response.body#/total",
)
CASES = operation("GET /s/{id}/cases", f"does: cases, {SESSION}, each: {{in: $response.body#/cases, case: $item#/id}}")
HISTORY = operation(
    "GET /s/{id}/history",
    f"does: case_history, {SESSION}, case: $request.query.case, "
    "each: {in: $response.body#/entries, question: $item#/q, answer: $item#/a, kind: $item#/kind}",
)
UPLOADS = operation(
    "GET /s/{id}/files", f"does: uploads, {SESSION}, each: {{in: $response.body#/files, name: $item#/name}}"
)


def caller(*operations: str, **answers: Any) -> Caller:
    """A caller of a contract with these operations; `answers` are by the path's last part, or by that and the query."""

    def answer(request: Request) -> Answer:
        url = urlsplit(request.target)
        last = unquote(url.path).rpartition("/")[2]
        body = answers.get(f"{last} {url.query}", answers.get(last))
        return answered(body) if body is not None else answered({"detail": "none"}, 404)

    return caller_of(declared(*operations), answer)


def declared(*operations: str) -> Contract:
    return contract_of(CREATE + "".join(operations))


def sent(caller: Caller) -> list[str]:
    assert isinstance(caller.run.sender, Scripted)
    return [f"{request.method} {request.target}" for request in caller.run.sender.sent]


def texts(*contents: str) -> dict[str, Any]:
    return {"said": [{"text": content} for content in contents], "total": len(contents)}


# Turns from messages

PAIRS = [Turn("q1", "a1"), Turn("q2", "a2")]


def test_messages_are_taken_in_pairs() -> None:
    alice = caller(READ, QUERY, MESSAGES, messages=texts("q1", "a1", "q2", "a2"))
    assert turns(alice, "1") == PAIRS
    assert said_in(alice, "1") == ["q1", "q2"]


def test_so_are_those_inside_the_session() -> None:
    alice = caller(HOLDS, QUERY, **{"1": texts("q1", "a1", "q2", "a2")})
    assert turns(alice, "1") == PAIRS
    assert said_in(alice, "1") == ["q1", "q2"]
    assert sent(alice) == ["GET /s/1"] * 2


def test_a_last_question_without_an_answer_is_a_turn() -> None:
    assert turns(caller(READ, QUERY, MESSAGES, messages=texts("q1", "a1", "q2")), "1") == [PAIRS[0], Turn("q2", ABSENT)]
    assert turns(caller(READ, QUERY, MESSAGES, messages=texts()), "1") == []
    assert turns(caller(HOLDS, QUERY, **{"1": {}}), "1") == []


def test_where_callers_say_messages_all_of_them_were_said() -> None:
    assert said_in(caller(READ, SAY, MESSAGES, messages=texts("m1", "m2", "m3")), "1") == ["m1", "m2", "m3"]
    assert said_in(caller(HOLDS, SAY, **{"1": texts("m1", "m2")}), "1") == ["m1", "m2"]
    assert said_in(caller(HOLDS, SAY, **{"1": {"said": [{"other": 1}]}}), "1") == [ABSENT]


def test_what_was_said_is_read_to_its_last_page() -> None:
    pages = {
        "messages limit=2": texts("m1", "m2") | {"total": 3},
        "messages limit=2&offset=2": texts("m3") | {"total": 3},
    }
    assert said_in(caller(READ, SAY, MESSAGES, **pages), "1", page=2) == ["m1", "m2", "m3"]


# Turns from cases


def entries(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"entries": [{"q": question, "a": answer} for question, answer in pairs]}


STARTED = {"kind": "case_started", "q": None}


def test_the_histories_of_all_cases_follow_each_other() -> None:
    """Also where there are messages: cases say which answer is whose."""
    alice = caller(
        READ, QUERY, CASES, HISTORY, MESSAGES,
        **{"cases": {"cases": [{"id": "b"}, {"id": "a"}]}, "history case=b": entries(("q1", "a1")),
           "history case=a": entries(("q2", "a2"))},
    )  # fmt: skip
    assert turns(alice, "1") == PAIRS
    assert said_in(alice, "1") == ["q1", "q2"]
    assert case_ids(alice, "1") == ["b", "a"]


def test_a_case_history_without_a_list_of_cases_is_of_the_current_case() -> None:
    alice = caller(READ, QUERY, HISTORY, history=entries(("q1", "a1"), ("q2", "a2")))
    assert turns(alice, "1") == PAIRS
    assert case_ids(alice, "1") == [None]
    assert sent(alice) == ["GET /s/1/history"], "which names no case"


def test_entries_that_are_no_question_are_no_turns() -> None:
    mixed = {"entries": [STARTED, {"kind": "note"}, {"q": "q1"}, {"q": "", "a": "a2"}]}
    alice = caller(READ, QUERY, HISTORY, history=mixed)
    assert turns(alice, "1") == [Turn("q1", ABSENT), Turn("", "a2")]
    assert [entry["kind"] for entry in history(alice, "1", None)] == ["case_started", "note", ABSENT, ABSENT]


# Files


def test_files_are_listed_by_a_route_of_their_own_or_by_the_session() -> None:
    beside = caller(HOLDS, UPLOADS, files={"files": [{"name": "a"}, {"name": "b"}]})
    assert [entry["name"] for entry in files(beside, "1")] == ["a", "b"]
    inside = caller(HOLDS, **{"1": {"files": ["a", "b"]}})
    assert [entry["name"] for entry in files(inside, "1")] == ["a", "b"]
    assert files(caller(HOLDS, **{"1": {}}), "1") == []


@pytest.mark.parametrize("read", [turns, said_in, files])
@pytest.mark.parametrize(
    "operations", [(HOLDS, QUERY), (READ, QUERY, MESSAGES, UPLOADS), (READ, QUERY, CASES, HISTORY)]
)
def test_what_can_not_be_read_is_no_empty_conversation(read: Any, operations: tuple[str, ...]) -> None:
    with pytest.raises(SetUpFailed, match="answered 404"):
        read(caller(*operations), "1")


# Snapshots

EVERYTHING = (
    HOLDS.replace("does: read,", "does: read, title: $response.body#/title,"),
    CASES,
    HISTORY,
    MESSAGES,
    UPLOADS,
)
ANSWERS = {
    "1": {"title": "t", "files": ["f"], **texts("m")},
    "cases": {"cases": [{"id": "a"}]},
    "history": entries(("q", "a")),
    "messages": texts("m"),
    "files": {"files": [{"name": "f"}]},
}


def test_a_snapshot_holds_what_every_route_shows() -> None:
    seen = snapshot(caller(*EVERYTHING, **ANSWERS), "1")
    question = {"question": "q", "answer": "a", "kind": ABSENT}
    assert seen == {
        "title": "t",
        "messages": [{"content": "m"}],
        "uploads": [{"name": "f"}],
        "conversation": [{"content": "m"}],
        "list of cases": [{"case": "a"}],
        "histories": [[question]],
        "list of files": [{"name": "f"}],
    }


def test_a_quick_one_reads_the_session_and_what_was_said() -> None:
    alice = caller(*EVERYTHING, **ANSWERS)
    alice.run.effort = Effort.QUICK
    assert set(snapshot(alice, "1")) == {"title", "messages", "uploads"}
    assert sent(alice) == ["GET /s/1"]
    alice = caller(READ, MESSAGES, **ANSWERS)
    alice.run.effort = Effort.QUICK
    assert snapshot(alice, "1") == {"title": "t", "conversation": [{"content": "m"}]}


@pytest.mark.parametrize(
    ("time", "fine"), [("2030-01-01T00:00:00.5Z", True), ("2030-01-01T00:00:00Z", False), (1893456000500, True),
                       (1893456000, False), (1893456000.5, True)]
)  # fmt: skip
def test_times_are_compared_where_they_would_show_that_reading_moves_them(time: Any, fine: bool) -> None:
    seen = snapshot(caller(READ, **{"1": {"title": "t", "updated": time}}), "1", moving=True)
    assert seen == {"title": "t"} | ({"updated": time} if fine else {})


@pytest.mark.parametrize("lacks", ["cases", "history", "messages", "files", "1"])
def test_a_snapshot_that_lacks_a_part_is_none(lacks: str) -> None:
    answers = {name: body for name, body in ANSWERS.items() if name != lacks}
    with pytest.raises(SetUpFailed):
        snapshot(caller(*EVERYTHING, **answers), "1")


def test_the_session_is_named_in_every_part() -> None:
    alice = caller(*EVERYTHING, **ANSWERS)
    snapshot(alice, "1")
    assert set(sent(alice)) == {
        "GET /s/1",
        "GET /s/1/cases",
        "GET /s/1/files",
        "GET /s/1/history?case=a",
        "GET /s/1/messages",
    }
