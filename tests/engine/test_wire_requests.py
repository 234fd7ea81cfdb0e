"""A request is what the contract says, byte for byte: places, identities, units, encodings, least bodies."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sessionproof.contract import Contract
from sessionproof.wire import Raw, Request, build_request

from .documents import ALICE, contract_of

OBJECT = "{content: {application/json: {schema: {type: object}}}}"
FORM = "{content: {application/x-www-form-urlencoded: {schema: {type: object}}}}"
PARTS = "{content: {multipart/form-data: {schema: {type: object}}}}"
CREATE = "POST /s: {x-session: {does: create, session: $response.header.L}}\n"
ODD = "a/b c?d#e%2F\u00e9&=+"
ODD_ENCODED = "a%2Fb%20c%3Fd%23e%252F%C3%A9%26%3D%2B"


def contract_with(operation: str, identity: str = "none", rest: str = "{}") -> Contract:
    return contract_of(CREATE + operation, f"{{identity: {identity}}}", rest)


def request_of(contract: Contract, operation: str, raw: Raw | None = None, /, **values: Any) -> Request:
    return build_request(contract, contract.first(operation), ALICE, values, raw)


def create_with(words: str = "", body: str = OBJECT) -> Contract:
    """A contract with nothing but a create with these words in its x-session."""
    return contract_of(
        f"POST /c: {{x-session: {{does: create, session: $response.header.L{words}}}, requestBody: {body}}}"
    )


def header(request: Request, name: str) -> list[str]:
    return [value for key, value in request.headers if key.lower() == name.lower()]


# Who speaks

READ = "GET /s/{id}: {x-session: {does: read, session: $request.path.id}}"


@pytest.mark.parametrize(
    ("identity", "target", "headers"),
    [
        ("none", "/s/1", ()),
        ("{header: X-User}", "/s/1", (("X-User", "alice-1"),)),
        ("{query: user}", "/s/1?user=alice-1", ()),
        ("{bearer: {login: known}}", "/s/1", (("Authorization", "Bearer token-of-alice"),)),
        ("{cookie: {name: sid, login: known}}", "/s/1", (("Cookie", "sid=token-of-alice"),)),
    ],
)
def test_identities(identity: str, target: str, headers: tuple[tuple[str, str], ...]) -> None:
    contract = contract_with(READ, identity)
    request = request_of(contract, "read", session="1")
    assert (request.method, request.target, request.headers, request.content) == ("GET", target, headers, b"")
    without = request_of(contract, "read", Raw(identity=False), session="1")
    assert (without.target, without.headers) == ("/s/1", ())
    nobody = build_request(contract, contract.first("read"), replace(ALICE, user=None), {"session": "1"})
    assert (nobody.target, nobody.headers) == ("/s/1", ())


def test_an_odd_user_in_the_query_is_encoded() -> None:
    contract = contract_with(READ, "{query: user}")
    actor = replace(ALICE, user=ODD)
    request = build_request(contract, contract.first("read"), actor, {"session": "1"})
    assert parse_qs(urlsplit(request.target).query) == {"user": [ODD]}


def test_what_is_anonymous_carries_no_identity() -> None:
    contract = contract_with("GET /h: {x-session: {does: health}}", "{header: X-User}")
    assert request_of(contract, "health").headers == ()
    named = replace(contract.first("health"), anonymous=False)
    assert build_request(contract, named, ALICE, {}).headers == (("X-User", "alice-1"),)


# Where the session stands

SESSIONS = {
    "path": ("session: $request.path.id", "/q/{id}", f"/q/{ODD_ENCODED}", (), None),
    "query": ("session: $request.query.s", "/q", "/q?s=a%2Fb+c%3Fd%23e%252F%C3%A9%26%3D%2B", (), None),
    "header": ("session: $request.header.X-S", "/q", "/q", (("X-S", ODD),), None),
    "body": ("session: $request.body#/a/s", "/q", "/q", (), {"a": {"s": ODD}}),
    "path and body": (
        "session: [$request.path.id, $request.body#/s]",
        "/q/{id}",
        f"/q/{ODD_ENCODED}",
        (),
        {"s": ODD},
    ),
    "header and body": (
        "session: [$request.header.X-S, $request.body#/s]",
        "/q",
        "/q",
        (("X-S", ODD),),
        {"s": ODD},
    ),
}


@pytest.mark.parametrize(("session", "path", "target", "headers", "body"), SESSIONS.values(), ids=SESSIONS)
def test_the_session_is_put_in_every_place_that_carries_it(
    session: str, path: str, target: str, headers: tuple[tuple[str, str], ...], body: Any
) -> None:
    parameters = "[{name: s, in: query}, {name: X-S, in: header}]"
    declared = f", requestBody: {OBJECT}" if body else ""
    contract = contract_with(
        f"POST {path}: {{x-session: {{does: query, {session}}}, parameters: {parameters}{declared}}}"
    )
    request = request_of(contract, "query", session=ODD)
    assert request.target == target
    assert request.session == ODD
    assert request.headers == (*headers, *([("Content-Type", "application/json")] if body else []))
    assert (json.loads(request.content) if body else request.content) == (body or b"")
    carriers = contract.first("query").carriers()
    assert len(carriers) == session.count("$")


def test_a_session_in_a_form_field() -> None:
    words = "{does: query, session: $request.body#/sid, question: $request.body#/q}"
    contract = contract_with(f"POST /q: {{x-session: {words}, requestBody: {FORM}}}")
    request = request_of(contract, "query", session=ODD, question="1 + 1?")
    assert header(request, "content-type") == ["application/x-www-form-urlencoded"]
    assert parse_qs(request.content.decode()) == {"sid": [ODD], "q": ["1 + 1?"]}


@pytest.mark.parametrize("session", ["..", ".", "a..b", "\u202e", "%00", "\0", "x" * 4000, "*", "{id}"])
def test_any_id_in_a_path_comes_back_from_it(session: str) -> None:
    request = request_of(contract_with(READ), "read", session=session)
    assert request.target.startswith("/s/")
    assert unquote(request.target.removeprefix("/s/")) == session
    assert request.target.isascii()
    assert "/" not in request.target.removeprefix("/s/")


# Without a session

UNNAMED = {
    "query": ("$request.query.s", "{name: s, in: query, required: true}", OBJECT, "/q", None),
    "header": ("$request.header.X-S", "{name: X-S, in: header, required: true}", OBJECT, "/q", None),
    "header in other letters": ("$request.header.X-S", "{name: x-s, in: header, required: true}", OBJECT, "/q", None),
    "body": ("$request.body#/s", "", "{type: object, required: [s, q]}", "/q", {"q": "x"}),
    "inside the body": (
        "$request.body#/a/s",
        "",
        "{required: [a], properties: {a: {type: object, required: [s, q]}}}",
        "/q",
        {"a": {"q": "x"}},
    ),
    "an example": ("$request.body#/a/s", "", "{example: {a: {s: one, q: two}}}", "/q", {"a": {"q": "two"}}),
    "two places": (
        "[$request.header.X-S, $request.body#/s]",
        "{name: X-S, in: header, required: true}",
        "{type: object, required: [s]}",
        "/q",
        {},
    ),
}


@pytest.mark.parametrize(("session", "parameters", "schema", "target", "body"), UNNAMED.values(), ids=UNNAMED)
def test_without_a_session_its_places_stay_empty_required_or_not(
    session: str, parameters: str, schema: str, target: str, body: Any
) -> None:
    content = f", requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}" if body is not None else ""
    words = f"{{does: query, session: {session}}}"
    contract = contract_with(f"POST /q: {{x-session: {words}, parameters: [{parameters}]{content}}}")
    for _ in range(2):
        request = request_of(contract, "query")
        assert (request.target, request.session) == (target, None)
        assert header(request, "X-S") == []
        assert (json.loads(request.content) if content else None) == body
        assert request_of(contract, "query", session="1").session == "1", "which the next request doesn't remember"


@pytest.mark.parametrize("body", [FORM, PARTS])
def test_without_a_session_a_form_has_no_field_for_it(body: str) -> None:
    required = body.replace("type: object", "type: object, required: [s, q]")
    contract = contract_with(
        f"POST /q: {{x-session: {{does: query, session: $request.body#/s, question: $request.body#/q}}, "
        f"requestBody: {required}}}"
    )
    assert b"s-1" in request_of(contract, "query", session="s-1", question="why").content
    content = request_of(contract, "query", question="why").content
    assert b"why" in content
    assert b"s=" not in content
    assert b'name="s"' not in content


def test_without_a_session_a_path_names_one_that_is_none() -> None:
    assert request_of(contract_with(READ), "read").target == "/s/none"


def test_what_is_sent_as_an_empty_session_is_a_session() -> None:
    words = "{does: query, session: $request.header.X-S}"
    contract = contract_with(f"POST /q: {{x-session: {words}, parameters: [{{name: X-S, in: header}}]}}")
    assert header(request_of(contract, "query", session=""), "X-S") == [""]


# Clients and other values


@pytest.mark.parametrize(
    ("client", "target", "headers", "content"),
    [
        ("$request.body#/client_id", "/c", (("Content-Type", "application/json"),), b'{"client_id": "tab"}'),
        ("$request.query.device", "/c?device=tab", (), b""),
        ("$request.header.X-Client", "/c", (("X-Client", "tab"),), b""),
    ],
)
def test_the_client_in_body_query_and_header(
    client: str, target: str, headers: tuple[tuple[str, str], ...], content: bytes
) -> None:
    body = f", requestBody: {OBJECT}" if "body" in client else ""
    contract = contract_of(f"""
POST /c:
  {{x-session: {{does: create, client: {client}, session: $response.header.L}},
   parameters: [{{name: device, in: query}}, {{name: X-Client, in: header}}]{body}}}
""")
    request = request_of(contract, "create", client="tab")
    assert (request.target, request.headers, request.content) == (target, headers, content)
    assert request.values == {"client": "tab"}


def test_values_without_a_place_are_left_out() -> None:
    request = request_of(contract_with(READ), "read", session="1", title="t", client="c")
    assert request.values == {"session": "1"}
    assert request.target == "/s/1"


def test_values_that_are_no_text_are_json_in_queries_and_forms() -> None:
    contract = contract_with(
        "GET /l: {x-session: {does: list, limit: $request.query.limit, status: $request.query.old}, "
        "parameters: [{name: limit, in: query}, {name: old, in: query}]}"
    )
    assert request_of(contract, "list", limit=10, status=True).target == "/l?limit=10&old=true"


def test_constants_are_always_sent_and_values_stand_beside_them() -> None:
    contract = contract_with(f"""
POST /q/{{id}}:
  x-session:
    does: query
    session: $request.path.id
    question: $request.body#/in/q
    with: {{$request.body#/in/stream: false, $request.query.v: 2, $request.header.X-V: a}}
  parameters: [{{name: v, in: query}}, {{name: X-V, in: header}}]
  requestBody: {OBJECT}
""")
    request = request_of(contract, "query", session="1", question="why?")
    assert request.target == "/q/1?v=2"
    assert header(request, "X-V") == ["a"]
    assert json.loads(request.content) == {"in": {"stream": False, "q": "why?"}}


def test_finer_values_stand_over_the_objects_that_hold_them() -> None:
    contract = contract_of(f"""
POST /c:
  x-session:
    does: create
    session: $response.header.L
    life: {{at: $request.body#/metadata/minutes, unit: minutes}}
    metadata: $request.body#/metadata
  requestBody: {OBJECT}
""")
    request = request_of(contract, "create", life=120.0, metadata={"minutes": 7, "kind": "x"})
    assert json.loads(request.content) == {"metadata": {"minutes": 2, "kind": "x"}}


def test_pointers_with_escapes() -> None:
    contract = create_with(", title: '$request.body#/a~1b/c~0d'")
    assert json.loads(request_of(contract, "create", title="t").content) == {"a/b": {"c~d": "t"}}


@pytest.mark.parametrize(
    ("unit", "seconds", "sent"),
    [
        ("seconds", 90.0, 90),
        ("minutes", 90.0, 1.5),
        ("minutes", 5400.0, 90),
        ("hours", 5400.0, 1.5),
        ("milliseconds", 0.25, 250),
        ("minutes", -60.0, -1),
        ("minutes", "60", "60"),
        ("minutes", True, True),
        ("minutes", None, None),
        ("minutes", [], []),
    ],
)
def test_a_life_is_sent_in_its_unit(unit: str, seconds: Any, sent: Any) -> None:
    contract = create_with(f", life: {{at: $request.body#/ttl, unit: {unit}}}")
    request = request_of(contract, "create", life=seconds)
    value = json.loads(request.content)["ttl"]
    assert value == sent
    assert type(value) is type(sent)


# What must be there besides


def least_of(schema: str, rest: str = "{}") -> Any:
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    contract = contract_of(
        f"POST /c: {{x-session: {{does: create, session: $response.header.L}}, requestBody: {body}}}", rest=rest
    )
    return json.loads(request_of(contract, "create").content)


@pytest.mark.parametrize(
    ("schema", "least"),
    [
        ("{type: object}", {}),
        ("{type: object, properties: {a: {type: string}}}", {}),
        ("{required: [a], properties: {a: {type: string, minLength: 3}}}", {"a": "xxx"}),
        ("{required: [a], properties: {a: {type: integer, minimum: 7}}}", {"a": 7}),
        ("{required: [a], properties: {a: {type: number}}}", {"a": 1}),
        ("{required: [a], properties: {a: {type: boolean}}}", {"a": False}),
        ("{required: [a], properties: {a: {enum: [x, y]}}}", {"a": "x"}),
        ("{required: [a], properties: {a: {const: c}}}", {"a": "c"}),
        ("{required: [a], properties: {a: {type: string, default: d}}}", {"a": "d"}),
        ("{required: [a], properties: {a: {type: string, examples: [e]}}}", {"a": "e"}),
        ("{required: [a], properties: {a: {type: [string, 'null']}}}", {"a": "x"}),
        ("{required: [a], properties: {a: {type: array, minItems: 2, items: {type: integer}}}}", {"a": [1, 1]}),
        ("{required: [a], properties: {a: {required: [b], properties: {b: {type: 'null'}}}}}", {"a": {"b": None}}),
        ("{required: [a], properties: {a: {oneOf: [{type: integer}, {type: string}]}}}", {"a": 1}),
        ("{allOf: [{required: [a], properties: {a: {enum: [1]}}}, {type: object, required: [b]}]}", {"a": 1, "b": "x"}),
        ("{type: string}", {}),
    ],
)  # fmt: skip
def test_the_least_body_that_fits(schema: str, least: Any) -> None:
    assert least_of(schema) == least


@pytest.mark.parametrize(
    "schema",
    [
        "{required: [a]}",
        "{allOf: [{properties: {a: {type: string}}}, {required: [a]}]}",
        "{allOf: [{type: object}], required: [a], properties: {a: {type: string}}}",
        "{type: object, properties: {a: {type: string}}, anyOf: [{required: [a]}]}",
    ],
)
def test_the_least_body_of_a_schema_in_pieces(schema: str) -> None:
    assert least_of(schema) == {"a": "x"}


def test_the_least_body_of_a_schema_that_holds_itself_ends() -> None:
    rest = "components: {schemas: {A: {required: [a], properties: {a: {$ref: '#/components/schemas/A'}}}}}"
    body = least_of("{$ref: '#/components/schemas/A'}", rest)
    assert set(body) == {"a"}
    assert json.dumps(body).count("a") < 20


def test_required_parameters_are_filled_and_others_left_out() -> None:
    contract = contract_with(
        """
GET /l:
  x-session: {does: list}
  parameters:
    - {name: v, in: query, required: true, schema: {type: integer, minimum: 3}}
    - {name: w, in: query, schema: {type: integer}}
    - {name: X-V, in: header, required: true, schema: {enum: [one, two]}}
    - {name: X-User, in: header, required: true, schema: {type: string}}
    - {name: sid, in: cookie, required: true, schema: {type: string}}
""",
        "{header: X-User}",
    )
    request = request_of(contract, "list")
    assert request.target == "/l?v=3"
    assert request.headers == (("X-V", "one"), ("X-User", "alice-1"))
    assert header(request_of(contract, "list", Raw(identity=False)), "X-User") == []


def test_parameters_of_the_path_item_count_for_its_operations() -> None:
    contract = contract_of(
        CREATE, rest="paths: {/l: {parameters: [{name: v, in: query, required: true}], get: {x-session: {does: list}}}}"
    )
    assert request_of(contract, "list").target == "/l?v=x"


# Bodies


def test_text_is_sent_as_utf8_whatever_it_is() -> None:
    contract = create_with(", title: $request.body#/t")
    text = '\u00e9\U0001f600\u2028 " \\ \0'
    content = request_of(contract, "create", title=text).content
    assert json.loads(content) == {"t": text}
    assert "\U0001f600".encode() in content
    assert request_of(contract, "create", title="\ud800").content == b'{"t": "\xed\xa0\x80"}'


def test_a_body_of_parts_with_a_file() -> None:
    contract = contract_with(f"""
POST /u:
  x-session: {{does: upload, session: $request.body#/sid, file: $request.body#/file, name: $request.body#/n}}
  requestBody: {PARTS}
""")
    request = request_of(contract, "upload", session="s1", file=("log \u00e9.txt", b"\0\xff\r\nend"), name=3)
    (kind,) = header(request, "content-type")
    assert kind.startswith("multipart/form-data; boundary=")
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.content)
    parts = {
        part.get_param("name", header="content-disposition"): part for part in message.walk() if not part.is_multipart()
    }
    assert parts["sid"].get_payload(decode=True) == b"s1"
    assert parts["n"].get_payload(decode=True) == b"3"
    assert parts["file"].get_payload(decode=True) == b"\0\xff\r\nend"
    assert "log" in str(parts["file"].get_filename())


def test_json_is_spoken_where_several_media_types_are_offered() -> None:
    body = "{content: {text/plain: {}, application/x-www-form-urlencoded: {}, "
    body += "application/vnd.x+json: {schema: {type: object, required: [a]}}}}"
    contract = create_with(body=body)
    request = request_of(contract, "create")
    assert header(request, "content-type") == ["application/vnd.x+json"]
    assert json.loads(request.content) == {"a": "x"}


# What no well-behaved client sends

WHOLE = f"""
POST /c/{{id}}:
  x-session: {{does: query, session: $request.path.id, title: $request.body#/t}}
  requestBody: {OBJECT}
"""


def test_raw_additions() -> None:
    raw = Raw(headers=(("X-A", "1"), ("X-A", "2")), query=(("q", "a b"), ("q", "")), body={"t": "other", "more": [1]})
    request = request_of(contract_with(WHOLE), "query", raw, session="1", title="t")
    assert request.target == "/c/1?q=a+b&q="
    assert header(request, "X-A") == ["1", "2"]
    assert json.loads(request.content) == {"t": "other", "more": [1]}


def test_raw_replacements() -> None:
    raw = Raw(content=b"\xff{", content_type="text/odd", path="/c/%00?x=1", query=(("y", "2"),))
    request = request_of(contract_with(WHOLE), "query", raw, session="1", title="t")
    assert (request.target, request.content) == ("/c/%00?x=1&y=2", b"\xff{")
    assert header(request, "content-type") == ["text/odd"]


def test_a_content_type_of_ones_own_is_the_only_one() -> None:
    raw = Raw(headers=(("content-type", "text/odd"),))
    request = request_of(contract_with(WHOLE), "query", raw, session="1")
    assert header(request, "Content-Type") == ["text/odd"]


def test_a_body_where_none_is_declared() -> None:
    request = request_of(contract_with(READ), "read", Raw(body={"a": 1}), session="1")
    assert (request.method, request.content) == ("GET", b'{"a": 1}')
    assert header(request, "content-type") == ["application/json"]


def test_headers_with_more_than_ascii_are_kept_as_they_are() -> None:
    contract = contract_with(READ, "{header: X-User}")
    request = build_request(
        contract, contract.first("read"), replace(ALICE, user="z\u00f6\U0001f600"), {"session": "1"}
    )
    assert request.headers == (("X-User", "z\u00f6\U0001f600"),)


def test_an_id_with_half_a_character() -> None:
    request = request_of(contract_with(READ), "read", session="a\ud800")
    assert request.target.isascii()
