"""Files with their digests, cases, and calls without a session: guessed where names say so, asked otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sessionproof.guess import Draft

from .test_guess_doubts import ONE, answer, body, drafted, one

FILES = "/sessions/{id}/files"
HEADER = {"name": "X-Session-ID", "in": "header", "schema": {"type": "string"}}
TEXT = {"type": "string"}


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def with_files(**fields: Any) -> Draft:
    """An API whose sessions have files of these fields."""
    listing = answer({"type": "array", "items": object_of(filename=TEXT, **fields)})
    return drafted(more=yaml.safe_dump({FILES: {"parameters": ONE, "get": listing}}))


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("sha256", "sha256"), ("md5sum", "md5"), ("checksum_sha_512", "sha512"), ("sha1Hash", "sha1")],
)
def test_a_digest_is_called_like_what_computes_it(name: str, algorithm: str) -> None:
    draft = with_files(**{name: TEXT})
    assert one(draft, f"GET {FILES}").lists["each"]["digest"].value == f"$item#/{name}"
    assert (draft.top["uploads"].value, draft.top["uploads"].holds) == ({"digest": algorithm}, True)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("sha256", {"type": "string", "format": "byte"}),
        ("sha256", {"type": "string", "description": "In base64."}),
        ("sha256", {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}),
        ("md5", {"type": "boolean"}),
        ("checksum", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    ],
)
def test_what_is_not_in_hexadecimal_or_does_not_say_is_no_digest(name: str, schema: dict[str, Any]) -> None:
    draft = with_files(**{name: schema})
    assert "digest" not in one(draft, f"GET {FILES}").lists["each"]
    assert "uploads" not in draft.top


def test_two_digests_of_files_are_a_question() -> None:
    single = answer(object_of(filename=TEXT, md5=TEXT))
    form = {"multipart/form-data": {"schema": object_of(file={"type": "string", "format": "binary"})}}
    listing = answer({"type": "array", "items": object_of(filename=TEXT, sha256=TEXT)})
    item = {"parameters": ONE, "get": listing, "post": {**single, "requestBody": {"content": form}}}
    assert not drafted(more=yaml.safe_dump({FILES: item})).top["uploads"].holds


@pytest.mark.parametrize(("name", "found"), [("size", True), ("bytes", True), ("size_kb", False)])
def test_a_size_is_in_bytes(name: str, found: bool) -> None:
    entry = one(with_files(**{name: {"type": "integer"}}), f"GET {FILES}").lists["each"]
    assert ("size" in entry) is found


def test_a_list_without_names_is_no_list_of_files() -> None:
    listing = answer({"type": "array", "items": TEXT})
    draft = drafted(
        {"files": {"type": "array", "items": TEXT}}, yaml.safe_dump({FILES: {"parameters": ONE, "get": listing}})
    )
    assert [operation.does for operation in draft.operations] == ["create", "read"]
    assert "uploads" not in one(draft, "GET /sessions/{id}").lists


@pytest.mark.parametrize(("kind", "found"), [("application/octet-stream", True), ("application/json", False)])
def test_a_download_answers_with_bytes(kind: str, found: bool) -> None:
    content = {kind: {"schema": {"type": "string", "format": "binary"}}}
    parameters = [*ONE, {"name": "file", "in": "path", "required": True, "schema": TEXT}]
    item = {"parameters": parameters, "get": {"responses": {"200": {"description": "", "content": content}}}}
    draft = drafted(more=yaml.safe_dump({f"{FILES}/{{file}}": item}))
    assert any(operation.does == "download" for operation in draft.operations) is found


def asking(summary: str = "", required: bool = False, **shown: Any) -> Draft:
    """An API with a POST /ask, whose session may be named in a header and in the body."""
    shape = answer(object_of(session_id=TEXT, answer=TEXT, **shown))
    ask = {"summary": summary, "parameters": [HEADER], **body(session_id=TEXT, question=TEXT), **shape}
    if required:
        ask["requestBody"]["content"]["application/json"]["schema"]["required"] = ["session_id"]
    return drafted(more=yaml.safe_dump({"/ask": {"post": ask}}))


def test_every_place_that_may_name_the_session_does() -> None:
    places = [guess.value for guess in one(asking(), "POST /ask").words["session"]]
    assert places == ["$request.header.X-Session-ID", "$request.body#/session_id", "$response.body#/session_id"]


def test_a_call_that_may_go_without_a_session_is_a_question() -> None:
    assert not asking().top["autocreate"].holds
    assert "autocreate" not in asking(required=True).top


@pytest.mark.parametrize("summary", ["Ask; without a session one is made.", "Creates a session if none is named."])
def test_a_call_that_makes_a_session_says_so(summary: str) -> None:
    for draft in (asking(summary), asking(session_created={"type": "boolean"})):
        assert (draft.top["autocreate"].value, draft.top["autocreate"].holds) == (True, True)


def test_a_list_does_not_become_a_read_by_a_header() -> None:
    listing = answer({"type": "array", "items": object_of(id=TEXT)})
    draft = drafted(more=yaml.safe_dump({"/sessions/": {"get": {"parameters": [HEADER], **listing}}}))
    assert one(draft, "GET /sessions/").does == "list"


def test_cases_without_their_history_are_a_question() -> None:
    listing = answer({"type": "array", "items": object_of(case_id=TEXT)})
    made = answer(object_of(case_id=TEXT))
    draft = drafted(more=yaml.safe_dump({"/sessions/{id}/cases": {"parameters": ONE, "get": listing, "post": made}}))
    found = {operation.does: operation.holds for operation in draft.operations}
    assert (found["cases"], found["new_case"]) == (False, False)
