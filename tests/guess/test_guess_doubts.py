"""Where a document can be read in two ways, nothing is declared; the doubt is a question instead."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sessionproof.guess import Draft, Operation, guess
from sessionproof.guess.draft import NotGuessable

SESSION: dict[str, Any] = {"id": {"type": "string"}}
ONE = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def body(**properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


def drafted(session: dict[str, Any] | None = None, more: str = "{}", **create: Any) -> Draft:
    """The guess for an API with a create, a read, and `more` paths (YAML)."""
    shown = answer({"type": "object", "properties": {**SESSION, **(session or {})}})
    paths = {
        "/sessions": {"post": {**shown, **create}},
        "/sessions/{id}": {"parameters": ONE, "get": shown},
        **yaml.safe_load(more),
    }
    return guess({"openapi": "3.1.0", "paths": paths})


def one(draft: Draft, name: str) -> Operation:
    return next(operation for operation in draft.operations if operation.name == name)


def test_create_and_read_suffice() -> None:
    draft = drafted()
    assert [operation.does for operation in draft.trusted] == ["create", "read"]
    assert draft.top["identity"].value == "none"


def test_ids_may_be_numbers() -> None:
    number = {"id": {"type": "integer"}}
    paths = {
        "/sessions": {"post": answer({"type": "object", "properties": number})},
        "/sessions/{id}": {"parameters": ONE, "get": answer({"type": "object", "properties": number})},
    }
    create = one(guess({"openapi": "3.1.0", "paths": paths}), "POST /sessions")
    assert [guess.value for guess in create.words["session"]] == ["$response.body#/id"]


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_numbers_may_be_seconds_or_milliseconds(kind: str) -> None:
    draft = drafted({"createdAt": {"type": kind}, "expiresAt": {"type": kind}})
    assert not draft.top["times"].holds
    assert not one(draft, "GET /sessions/{id}").has("created")


def test_an_example_tells_seconds_from_milliseconds() -> None:
    for example, format in ((1_900_000_000, "unix-seconds"), (1_900_000_000_000, "unix-milliseconds")):
        draft = drafted({"created_at": {"type": "integer", "example": example}})
        assert (draft.top["times"].value, draft.top["times"].holds) == (format, True)


def test_a_length_without_unit_is_no_life() -> None:
    draft = drafted(**body(timeout={"type": "integer"}, ttl={"type": "integer"}, timeout_minutes={"type": "string"}))
    assert "life" not in one(draft, "POST /sessions").words


@pytest.mark.parametrize("values", [False, {"type": "string"}, None])
def test_what_a_client_cannot_choose_is_not_sent(values: Any) -> None:
    fixed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": values}
    draft = drafted(**body(client_id={"type": "string", "format": "uuid"}, metadata=fixed, title={"enum": ["a", "b"]}))
    create = one(draft, "POST /sessions")
    assert [name for name in ("client", "metadata", "title") if create.has(name)] == []


MESSAGES = """
/sessions/{{id}}/messages:
  post:
    summary: {summary}
    requestBody:
      content: {{application/json: {{schema: {{type: object, properties: {{content: {{type: string}}}}}}}}}}
    responses:
      "200":
        content: {{application/json: {{schema: {{type: object, properties: {shown}}}}}}}
"""


@pytest.mark.parametrize(
    ("summary", "shown", "holds"),
    [
        ("Store a message", "{id: {type: string}, content: {type: string}, created_at: {type: string}}", True),
        ("Send a message and get the reply", "{id: {type: string}, content: {type: string}}", False),
        ("Send a message", "{message: {type: string}}", False),
        ("Send a message", "{content: {type: string}, response: {type: string}, id: {type: string}}", False),
        ("Send a message", "{message_id: {type: string}, ok: {type: boolean}}", True),
    ],
)
def test_an_answer_may_be_the_assistants(summary: str, shown: str, holds: bool) -> None:
    draft = drafted(more=MESSAGES.format(summary=summary, shown=shown))
    assert one(draft, "POST /sessions/{id}/messages").holds is holds


@pytest.mark.parametrize(
    ("names", "holds"), [((), True), (("limit", "offset"), True), (("limit",), False), (("page", "page_size"), True)]
)
def test_a_list_that_cannot_be_read_to_its_end_is_none(names: tuple[str, ...], holds: bool) -> None:
    parameters = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in names]
    listing = answer({"type": "array", "items": {"type": "object", "properties": SESSION}})
    paths = drafted(more=yaml.safe_dump({"/sessions/": {"get": {**listing, "parameters": parameters}}}))
    assert one(paths, "GET /sessions/").holds is holds


def test_without_an_identity_a_list_is_everyones_and_for_operators() -> None:
    listing = answer({"type": "array", "items": {"type": "object", "properties": SESSION}})
    draft = drafted(more=yaml.safe_dump({"/sessions/": {"get": listing}}), **body(user_id={"type": "string"}))
    assert (draft.top["list"].value, draft.top["list"].holds) == ({"scope": "all", "for": "operators"}, True)
    assert "user_id in its body" in draft.questions[0]


@pytest.mark.parametrize("word", ["ping", "refresh", "extend"])
def test_a_word_that_may_mean_something_else_is_no_heartbeat(word: str) -> None:
    draft = drafted(more=f"/sessions/{{id}}/{word}: {{post: {{responses: {{}}}}}}")
    assert not one(draft, f"POST /sessions/{{id}}/{word}").holds


def test_sessions_of_a_log_in_are_not_ours() -> None:
    with pytest.raises(NotGuessable, match="none of its 2 operations"):
        drafted(**body(username={"type": "string"}, password={"type": "string"}))


def test_a_create_whose_answer_is_not_described_is_named() -> None:
    with pytest.raises(NotGuessable, match="POST /sessions could be the create"):
        drafted(responses={"200": {"description": "An object."}})


def test_a_second_resource_is_left_out_and_named() -> None:
    shown = answer({"type": "object", "properties": SESSION})
    other = yaml.safe_dump({"/chats": {"post": shown}, "/chats/{id}": {"parameters": ONE, "get": shown}})
    draft = drafted(more=other)
    assert {operation.path for operation in draft.operations} == {"/sessions", "/sessions/{id}"}
    assert "/chat looks like sessions too" in draft.questions[0]


def test_what_stands_in_headers() -> None:
    headers = {"Location": {"schema": {"type": "string"}}, "X-Session-Resumed": {"schema": {"type": "boolean"}}}
    made = {"responses": {"201": {"description": "", "headers": headers}}}
    paths = {
        "/sessions": {
            "post": made,
            "get": {
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-Total-Count": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": {"type": "array", "items": {"properties": SESSION}}}
                        },
                    }
                },
            },
        },
        "/sessions/{id}": {"parameters": ONE, "get": answer({"type": "object", "properties": SESSION})},
    }
    draft = guess({"openapi": "3.1.0", "paths": paths})
    create, listing = one(draft, "POST /sessions"), one(draft, "GET /sessions")
    assert [guess.value for guess in create.words["session"]] == ["$response.header.Location"]
    assert [guess.value for guess in create.words["resumed"]] == ["$response.header.X-Session-Resumed"]
    assert [guess.value for guess in listing.words["total"]] == ["$response.header.X-Total-Count"]


@pytest.mark.parametrize(
    ("words", "newest_first"),
    [
        ("Messages, newest first.", True),
        ("The most recent ones come first", True),
        ("in reverse-chronological order", True),
        ("Messages, oldest first", False),
        ("The newest version. First, a token is needed", False),
    ],
)
def test_a_conversation_that_is_described_as_newest_first(words: str, newest_first: bool) -> None:
    said = {
        "type": "array",
        "items": {"type": "object", "properties": {"role": {"type": "string"}, "content": {"type": "string"}}},
    }
    more = {"/sessions/{id}/messages": {"parameters": ONE, "get": {**answer(said), "description": words}}}
    draft = drafted(more=yaml.safe_dump(more))
    assert ("order" in one(draft, "GET /sessions/{id}/messages").lists["each"]) is newest_first
