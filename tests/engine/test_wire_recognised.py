"""What a client sends is understood as the contract has it: the inverse of building a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sessionproof.contract import Binding, Contract, bundled_contracts, load_contract
from sessionproof.wire import Request, build_request, recognise_request, request_error
from sessionproof.wire.recognise import named

from .documents import ALICE, contract_of

ODD = "a b/c?d#e%2F\u00e9&=+"
VALUES: dict[str, Any] = {
    "session": ODD,
    "client": ODD,
    "question": ODD,
    "content": ODD,
    "title": ODD,
    "role": "user",
    "case": "case-1",
    "life": 7200,
    "kind": "one",
    "file": ("notes.txt", b"in a file\n\xff"),
}
EVERY = [
    pytest.param(contract, binding, id=f"{name} {binding.name}")
    for name, file in bundled_contracts().items()
    for contract in [load_contract(file)]
    for binding in contract.bindings
]


def arrived(contract: Contract, request: Request) -> Request:
    return recognise_request(contract, ALICE, request.method, request.target, request.headers, request.content)


def sent(contract: Contract, method: str, target: str, content: bytes = b"", **headers: str) -> Request:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return recognise_request(contract, ALICE, method, target, pairs, content)


@pytest.mark.parametrize(("contract", "binding"), EVERY)
def test_what_was_built_is_recognised(contract: Contract, binding: Binding) -> None:
    values = {name: "id-1" if name == "session" else value for name, value in VALUES.items()}
    request = build_request(contract, binding, ALICE, values)
    seen = arrived(contract, request)
    assert seen.binding.name == binding.name
    assert seen.binding.operation == binding.operation
    assert {name: seen.values[name] for name in request.values} == request.values
    assert request_error(contract, seen) == ""


FLOWS = """
POST /s/{id}/q: {x-session: {does: query, session: [$request.path.id, $request.header.X-S, $request.body#/s]},
  parameters: [{name: X-S, in: header, schema: {type: string}}],
  requestBody: {content: {application/json: {schema: {type: object, properties: {s: {type: string}}}}}}}
POST /s/special/q: {x-session: {does: query, session: $request.query.s},
  parameters: [{name: s, in: query, schema: {type: string}}]}
POST /s: {x-session: {does: create, session: $response.header.L, client: $request.body#/client,
  life: {at: $request.body#/minutes, unit: minutes}}, requestBody: {required: true, content: {application/json:
  {schema: {type: object, required: [client], properties: {client: {type: string}, minutes: {type: number}}}}}}}
GET /s/{id}: {x-session: {does: read, session: $request.path.id},
  parameters: [{name: X-User, in: header, required: true, schema: {type: string}}]}
"""


@pytest.fixture
def flows() -> Contract:
    return contract_of(FLOWS, "{identity: none}")


def test_what_is_in_a_path_is_decoded(flows: Contract) -> None:
    assert sent(flows, "GET", "/s/a%20b%2Fc").session == "a b/c"


def test_a_path_that_is_written_out_goes_first(flows: Contract) -> None:
    request = sent(flows, "POST", "/s/special/q?s=1")
    assert (request.binding.path, request.session) == ("/s/special/q", "1")


def test_each_place_that_names_a_session_is_seen(flows: Contract) -> None:
    request = sent(flows, "POST", "/s/1/q", b'{"s": "3"}', x_s="2", content_type="application/json")
    assert named(request, "session") == ("1", "2", "3")
    assert request.session == "1"


def test_a_life_is_in_seconds(flows: Contract) -> None:
    request = sent(flows, "POST", "/s", b'{"client": "c", "minutes": 3}', content_type="application/json")
    assert request.values == {"client": "c", "life": 180}


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/other"), ("PUT", "/s"), ("GET", "/s/1/2"), ("GET", "/s/"), ("POST", "/s/")]
)
def test_what_the_contract_does_not_know_is_other(flows: Contract, method: str, target: str) -> None:
    request = sent(flows, method, target)
    assert (request.binding.operation, request.values) == ("other", {})
    assert request_error(flows, request) == f"{method} {target} is no operation of the contract"


def test_a_slash_at_the_end_is_as_the_contract_says(flows: Contract) -> None:
    assert sent(replace(flows, slash="either"), "POST", "/s/").binding.operation == "create"


def test_a_preflight_is_no_call(flows: Contract) -> None:
    request = sent(flows, "OPTIONS", "/s")
    assert request.binding.operation == "preflight"
    assert request_error(flows, request) == ""


JSON = {"content_type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("content", "headers", "error"),
    [
        (b'{"client": "c"}', JSON, ""),
        (b'{"client": 1}', JSON, "/client: 1 is not of type 'string'"),
        (b'{"clientId": "c"}', JSON, "/: 'client' is a required property"),
        (b"client=c", JSON, "the body is not JSON"),
        (b"", JSON, "the body is missing"),
        (b'{"client": "c"}', {"content_type": "text/plain"}, "Content-Type is text/plain, not application/json"),
        (b'{"client": "c"}', {}, "Content-Type is none, not application/json"),
    ],
)
def test_what_does_not_fit_is_said(flows: Contract, content: bytes, headers: dict[str, str], error: str) -> None:
    assert request_error(flows, sent(flows, "POST", "/s", content, **headers)) == error


def test_what_is_missing_is_said(flows: Contract) -> None:
    assert request_error(flows, sent(flows, "GET", "/s/1")) == "header X-User is missing"
    assert request_error(flows, sent(flows, "GET", "/s/1", x_user="u")) == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100000, b"\xff", b"[1]", b"null"])
def test_no_body_breaks_it(flows: Contract, content: bytes) -> None:
    assert sent(flows, "POST", "/s", content, **JSON).values == {}
    assert sent(flows, "POST", "/s", content, content_type="multipart/form-data; boundary=b").values == {}
