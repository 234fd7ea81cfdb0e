"""Every form of the vocabulary becomes the value that it stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sessionproof.contract import Contract, Identity, bundled_contracts, contract_problems, load_contract
from sessionproof.contract.expressions import Expression
from sessionproof.contract.model import Uploads

from .documents import BUNDLED, EXAMPLE, contract_of, written

CREATE = """
POST /s:
  x-session: {does: create, session: $response.body#/id}
  responses: {200: {content: {application/json: {schema: {type: object}}}}}
"""
FIELDS = "{content: {application/json: {schema: {type: object}}}}"
LOGIN = f"""
POST /login:
  x-session: {{does: login, user: $request.body#/u, password: $request.body#/p, token: $response.body#/t}}
  requestBody: {FIELDS}
  responses: {{200: {FIELDS}}}
"""


@pytest.mark.parametrize("file", [*bundled_contracts().values(), EXAMPLE], ids=lambda file: file.parent.name)
def test_contracts_of_this_repository_are_without_problems(file: Path) -> None:
    assert contract_problems(file) == []
    assert load_contract(file).has("create")


def test_the_name_is_declared_or_else_the_files(tmp_path: Path) -> None:
    assert load_contract(BUNDLED).name == "fm-session-service"
    text = f"openapi: 3.1.0\nx-session: {{identity: none}}\npaths: {{/s: {{post: {{x-session: {HEADED}}}}}}}\n"
    assert load_contract(written(tmp_path, mine=text)).name == "mine"


HEADED = "{does: create, session: $response.header.X-ID}"


@pytest.mark.parametrize(
    ("declared", "identity", "invents"),
    [
        ("none", Identity("none"), False),
        ("{header: X-User}", Identity("header", "X-User"), True),
        ("{query: user}", Identity("query", "user"), True),
        ("{bearer: {login: anyone}}", Identity("bearer", "Authorization", "anyone"), True),
        ("{bearer: {login: known}}", Identity("bearer", "Authorization", "known"), False),
        ("{cookie: {name: sid, login: anyone}}", Identity("cookie", "Cookie", "anyone", cookie="sid"), True),
        ("{cookie: {name: sid, login: known}}", Identity("cookie", "Cookie", "known", cookie="sid"), False),
        ("{header: X-U, email: X-E, roles: X-R}", Identity("header", "X-U", "", "X-E", "X-R"), True),
        ("{header: X-U, guests: true}", Identity("header", "X-U", guests=True), True),
        ("{query: user, guests: false}", Identity("query", "user"), True),
        (
            "{bearer: {login: known}, guests: true}",
            Identity("bearer", "Authorization", "known", guests=True),
            False,
        ),
    ],
)
def test_identities(declared: str, identity: Identity, invents: bool) -> None:
    contract = contract_of(CREATE + LOGIN, f"{{identity: {declared}}}")
    assert contract.identity == identity
    assert contract.identity.invents is invents
    assert ("identity" in contract.capabilities) is (identity.kind != "none")


@pytest.mark.parametrize(
    ("unit", "seconds"), [("milliseconds", 0.001), ("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0)]
)
def test_units_of_a_life(unit: str, seconds: float) -> None:
    contract = contract_of(f"""
POST /s:
  x-session: {{does: create, session: $response.body#/id, life: {{at: $request.body#/ttl, unit: {unit}}}}}
  requestBody: {FIELDS}
  responses: {{200: {FIELDS}}}
""")
    assert contract.first("create").life_unit == seconds
    assert "timeout" in contract.capabilities


def test_durations_of_a_life_are_seconds() -> None:
    life = contract_of(
        CREATE,
        """
identity: none
life: {kind: both, default: 1.5 hours, minimum: 1 second, maximum: 2 days, absolute: 90 minutes, outside: clamp,
       refreshed_by: [heartbeat], not_refreshed_by: [read, list]}
""",
    ).life
    assert (life.default, life.minimum, life.maximum, life.absolute) == (5400.0, 1.0, 172800.0, 5400.0)
    assert (life.kind, life.outside) == ("both", "clamp")
    assert (life.refreshed_by, life.not_refreshed_by) == (("heartbeat",), ("read", "list"))


def test_what_is_not_declared_has_the_usual_value() -> None:
    contract = contract_of(CREATE)
    assert contract.foreign == {403, 404}
    assert contract.gone == contract.unknown == {404, 410}
    assert contract.no_identity == {401}
    assert contract.no_session == {400, 422}
    assert contract.invalid >= {400, 422}
    assert (contract.slash, contract.id_format, contract.id_bits, contract.reason) == ("", "", None, None)
    assert contract.life.default is None
    assert contract.capabilities == {"create"}
    assert contract.declared == {"identity"}
    assert (contract.assistant, contract.autocreate, contract.list_for, contract.legacy) == ("none", False, "", {})
    assert (contract.case_lifetime, contract.case_started, contract.uploads) == ("", "", Uploads("", "", None))
    assert contract.delete_keeps is contract.clear_keeps is None
    assert contract.identity.guests is False


def test_an_unknown_id_answers_what_is_declared_for_gone() -> None:
    assert contract_of(CREATE, "{identity: none, gone: [410]}").unknown == {404, 410}
    assert contract_of(CREATE, "{identity: none, gone: [410], unknown: [400]}").unknown == {400}


def test_all_that_the_top_can_say() -> None:
    contract = contract_of(
        CREATE,
        """
identity: none
slash: redirect
ids: {format: opaque, minimum_bits: 128}
times: unix-milliseconds
errors: {reason: $response.header.X-Reason}
assistant: echo
resume: {scope: [client, user], changes: apply}
list: {scope: all}
update: {fields: [title, context], semantics: replace}
status: {initial: new, transitions: {new: [old], old: []}, deleted: dead}
title: {generated_from: first user message}
roles: [human]
autocreate: true
cors: {origins: [https://a.example], headers: [x-a], credentials: true}
""",
    )
    assert (contract.slash, contract.id_format, contract.id_bits, contract.times) == (
        "redirect",
        "opaque",
        128,
        "unix-milliseconds",
    )
    assert contract.reason is not None
    assert contract.reason.text == "$response.header.X-Reason"
    assert (contract.assistant, contract.resume_scope, contract.resume_changes) == ("echo", ("user", "client"), "apply")
    assert (contract.list_scope, contract.updatable, contract.update_replaces) == ("all", ("title", "context"), True)
    assert (contract.status_initial, contract.status_deleted) == ("new", "dead")
    assert contract.status_transitions == {"new": ("old",), "old": ()}
    assert (contract.titled_by, contract.roles, contract.autocreate) == ("first user message", ("human",), True)
    assert contract.cors["origins"] == ["https://a.example"]
    assert {"title", "status", "autocreate", "cors"} <= contract.capabilities


def test_places_in_the_request_are_sent_and_places_in_the_answer_returned() -> None:
    binding = contract_of(f"""
POST /s/{{a}}:
  x-session:
    does: create
    session: $response.header.X-Session
    client: [$request.query.c, $request.header.X-C, $request.body#/c, $response.body#/a/c]
  parameters: [{{name: a, in: path, required: true}}, {{name: c, in: query}}, {{name: X-C, in: header}}]
  requestBody: {FIELDS}
  responses: {{201: {FIELDS}}}
""").first("create")
    assert [place.text for place in binding.sends["client"]] == [
        "$request.query.c",
        "$request.header.X-C",
        "$request.body#/c",
    ]
    assert binding.returns["client"].pointer == "/a/c"
    assert (binding.returns["session"].part, binding.returns["session"].name) == ("header", "X-Session")
    assert "session" not in binding.sends
    assert binding.name == "POST /s/{a}"


def test_one_operation_may_have_several_bindings_in_the_documents_order() -> None:
    query = "{does: query, session: $request.path.id, question: $request.body#/q}"
    contract = contract_of(
        CREATE
        + "".join(
            f"POST {path}:\n  x-session: {query}\n  requestBody: {FIELDS}\n"
            for path in ("/s/{id}/ask", "/v1/{id}/query", "/a/{id}")
        )
    )
    assert [binding.path for binding in contract.all("query")] == ["/s/{id}/ask", "/v1/{id}/query", "/a/{id}"]
    assert contract.first("query").path == "/s/{id}/ask"
    assert contract.on_session() == contract.all("query")
    assert contract.on_session(writes=False) == ()
    assert contract.on_session(leave_out=["query"]) == ()


def test_lists_and_their_fields() -> None:
    lists = (
        contract_of(
            CREATE
            + f"""
GET /s:
  x-session:
    does: list
    each: {{in: $response.body#/d/all, session: $key, title: $item#/t, client: $item}}
    next: $response.body#/next
  responses: {{200: {FIELDS}}}
"""
        )
        .first("list")
        .lists
    )
    assert lists["each"].at.pointer == "/d/all"
    assert {name: place.source for name, place in lists["each"].fields.items()} == {
        "session": "key",
        "title": "item",
        "client": "item",
    }
    assert lists["each"].fields["client"].pointer == ""


def test_constants_volatile_places_and_anonymous_operations() -> None:
    contract = contract_of(
        CREATE
        + LOGIN
        + f"""
GET /h: {{x-session: {{does: health}}}}
POST /q/{{id}}:
  x-session:
    does: query
    session: $request.path.id
    question: $request.body#/q
    with: {{$request.query.stream: 'false', $request.body#/n: 3}}
    volatile: [$response.body#/took, $response.header.X-Took]
    anonymous: true
  parameters: [{{name: stream, in: query}}]
  requestBody: {FIELDS}
  responses: {{200: {FIELDS}}}
"""
    )
    query = contract.first("query")
    assert [(place.text, value) for place, value in query.constants] == [
        ("$request.query.stream", "false"),
        ("$request.body#/n", 3),
    ]
    assert [place.text for place in query.volatile] == ["$response.body#/took", "$response.header.X-Took"]
    assert [contract.first(name).anonymous for name in ("query", "health", "login", "create")] == [
        True,
        True,
        True,
        False,
    ]


def test_references_to_parameters_bodies_answers_and_schemas_are_followed() -> None:
    contract = contract_of(
        """
POST /s:
  x-session: {does: create, client: $request.query.c, title: $request.body#/t, session: $response.body#/id}
  parameters: [{$ref: '#/components/parameters/C'}]
  requestBody: {$ref: '#/components/requestBodies/New'}
  responses: {200: {$ref: '#/components/responses/Made'}}
""",
        rest="""
components:
  parameters: {C: {name: c, in: query, required: true, schema: {type: string}}}
  requestBodies: {New: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}}
  responses: {Made: {content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}}}
  schemas:
    New: {allOf: [{$ref: '#/components/schemas/Titled'}]}
    Titled: {type: object, required: [t], properties: {t: {type: string}}}
    Made: {type: object, properties: {id: {type: string}}}
""",
    )
    create = contract.first("create")
    assert [(one.name, one.where, one.required) for one in create.parameters] == [("c", "query", True)]
    assert (create.media_type, create.body_required) == ("application/json", True)
    assert set(create.responses) == {"200"}


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("$request.path.id", ("request", "path", "id", "")),
        ("$request.header.X-Session-ID", ("request", "header", "X-Session-ID", "")),
        ("$request.query.a_b", ("request", "query", "a_b", "")),
        ("$request.body", ("request", "body", "", "")),
        ("$response.body#/a/0/b", ("response", "body", "", "/a/0/b")),
        ("$response.header.Location", ("response", "header", "Location", "")),
        ("$item", ("item", "body", "", "")),
        ("$item#/a", ("item", "body", "", "/a")),
        ("$key", ("key", "body", "", "")),
    ],
)
def test_expressions(expression: str, parts: tuple[str, str, str, str]) -> None:
    place = Expression.parse(expression)
    assert (place.source, place.part, place.name, place.pointer) == parts


@pytest.mark.parametrize(
    "text", ["", "request.body", "$body", "$request.cookie.a", "$url", "$response.body#a", "$item.a"]
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match="names no place"):
        Expression.parse(text)


def capabilities(operations: str, top: str = "{identity: none}") -> frozenset[str]:
    return contract_of(CREATE + operations, top).capabilities


def test_capabilities_need_what_they_are_made_of() -> None:
    client = CREATE.replace("{does: create,", "{does: create, client: $request.body#/c,") + f"  requestBody: {FIELDS}\n"
    resume = "{identity: none, resume: {scope: [client]}}"
    assert "resume" in contract_of(client, resume).capabilities
    assert "resume" not in contract_of(client).capabilities
    assert "resume" not in contract_of(CREATE, resume).capabilities
    add = "POST /m: {x-session: {does: add_message, session: $request.query.s}, parameters: [{name: s, in: query}]}\n"
    shown = f"""
GET /s/{{id}}:
  x-session: {{does: read, session: $request.path.id, messages: {{in: $response.body#/m, content: $item}}}}
  responses: {{200: {FIELDS}}}
"""
    assert "messages" not in capabilities(add)
    assert "messages" in capabilities(add + shown)
    assert "messages" not in capabilities(shown)


def test_an_operation_that_is_not_declared_is_asked_for_in_vain() -> None:
    contract: Contract = contract_of(CREATE)
    assert not contract.has("delete")
    assert contract.all("delete") == ()
    with pytest.raises(KeyError):
        contract.first("delete")
