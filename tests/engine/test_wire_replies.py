"""An answer says what the contract reads in it: ids, flags, lives, times, lists of every form, reasons."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.expect import Expect, Violation
from sessionproof.lists import listed
from sessionproof.wire import Answer, Reply, Request, build_request, instant

from .documents import ALICE, contract_of
from .scripted import answered, caller_of

ANY = "responses: {200: {content: {application/json: {schema: {}}}}}"


def reply_to(contract: Contract, answer: Answer, operation: str = "create") -> Reply:
    return Reply(contract, build_request(contract, contract.first(operation), ALICE, {}), answer)


def created(words: str, body: Any, top: str = "{identity: none}") -> Reply:
    contract = contract_of(f"POST /s: {{x-session: {{does: create, {words}}}, {ANY}}}", top)
    return reply_to(contract, answered(body))


# Single values


@pytest.mark.parametrize(
    ("place", "body", "session"),
    [
        ("$response.body#/id", {"id": "s1"}, "s1"),
        ("$response.body#/a/1/id", {"a": [{}, {"id": "s1"}]}, "s1"),
        ("$response.body#/a~1b", {"a/b": "s1"}, "s1"),
        ("$response.body", "s1", "s1"),
        ("$response.body#/id", {"id": 17}, "17"),
        ("$response.body#/id", {"id": None}, ""),
        ("$response.body#/id", {}, ""),
        ("$response.body#/id", [], ""),
        ("$response.body#/0", ["s1"], "s1"),
        ("$response.body#/1", ["s1"], ""),
        ("$response.body#/id/x", {"id": "s1"}, ""),
    ],
)
def test_the_session(place: str, body: Any, session: str) -> None:
    assert created(f"session: {place}", body).session == session


@pytest.mark.parametrize(
    "location",
    [
        "/v1/s/a%20b",
        "/v1/s/a%20b/",
        "https://api.example/v1/s/a%20b?full=1#top",
        "a%20b",
    ],
)
def test_the_session_at_the_end_of_a_location(location: str) -> None:
    contract = contract_of("POST /s: {x-session: {does: create, session: $response.header.Location}}")
    assert reply_to(contract, answered(status=201, Location=location)).session == "a b"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("resumed", "true", True),
        ("resumed", "False", False),
        ("resumed", "perhaps", "perhaps"),
        ("total", "17", 17),
        ("life", "90", 5400),
        ("created", "1700000000.5", 1700000000.5),
        ("created", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("title", "17", "17"),
        ("title", "a/b", "a/b"),
    ],
)
def test_what_a_header_says_has_the_type_that_its_name_has(name: str, text: str, value: Any) -> None:
    place = "{at: $response.header.X, unit: minutes}" if name == "life" else "$response.header.X"
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.header.S, {name}: {place}}}}}")
    assert reply_to(contract, answered(X=text))[name] == value


def test_the_session_in_a_header_in_any_case() -> None:
    contract = contract_of("POST /s: {x-session: {does: create, session: $response.header.X-Session}}")
    reply = reply_to(contract, answered(x_session="s1"))
    assert reply.session == "s1"
    assert reply.json is ABSENT
    assert reply.shows("session")


@pytest.mark.parametrize(("value", "resumed"), [(True, True), (False, False), ("true", None), (1, None), (None, None)])
def test_the_flag_of_a_resume(value: Any, resumed: bool | None) -> None:
    words = "session: $response.body#/id, resumed: $response.body#/old"
    assert created(words, {"id": "s1", "old": value}).resumed is resumed


def test_what_the_contract_does_not_name_is_absent() -> None:
    reply = created("session: $response.body#/id", {"id": "s1", "title": "t"})
    assert reply["title"] is ABSENT
    assert not reply.shows("title")
    assert reply.items() is None
    assert reply.reason is ABSENT
    assert repr(ABSENT) == "absent"


@pytest.mark.parametrize(
    ("unit", "shown", "seconds"),
    [
        ("seconds", 90, 90.0),
        ("minutes", 1.5, 90.0),
        ("hours", 2, 7200.0),
        ("milliseconds", 250, 0.25),
        ("minutes", "60", "60"),
        ("minutes", True, True),
        ("minutes", None, None),
    ],
)
def test_a_life_is_read_in_its_unit(unit: str, shown: Any, seconds: Any) -> None:
    words = f"session: $response.body#/id, life: {{at: $response.body#/ttl, unit: {unit}}}"
    reply = created(words, {"id": "s1", "ttl": shown})
    assert reply["life"] == seconds
    assert type(reply["life"]) is type(seconds)


@pytest.mark.parametrize(
    ("status", "ok", "refused"),
    [(200, True, False), (299, True, False), (302, False, False), (404, False, True), (500, False, False)],
)
def test_classes_of_statuses(status: int, ok: bool, refused: bool) -> None:
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, {ANY}}}")
    reply = reply_to(contract, Answer(status))
    assert (reply.ok, reply.refused) == (ok, refused)


def test_no_answer_is_neither_success_nor_refusal() -> None:
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, {ANY}}}")
    reply = reply_to(contract, Answer(None, failure="cut off"))
    assert (reply.status, reply.ok, reply.refused, reply.session) == (None, False, False, "")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"<html>", b"[" * 100_000, b"{'a': 1}"])
def test_what_is_no_json_is_absent(content: bytes) -> None:
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, {ANY}}}")
    reply = reply_to(contract, Answer(200, (), content))
    assert reply.json is ABSENT
    assert reply.session == ""
    assert isinstance(reply.text, str)


def test_lines_of_one_header_are_joined() -> None:
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, {ANY}}}")
    reply = reply_to(contract, Answer(200, (("Vary", "a"), ("VARY", "b"))))
    assert reply.header("vary") == "a, b"
    assert reply.header("via") is None


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("$response.body#/error/code", answered({"error": {"code": "gone"}}, 404)),
        ("$response.header.X-Reason", answered(None, 404, x_reason="gone")),
    ],
)
def test_the_reason_of_an_error(place: str, answer: Answer) -> None:
    top = f"{{identity: none, errors: {{reason: {place}}}}}"
    contract = contract_of(f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, {ANY}}}", top)
    assert reply_to(contract, answer).reason == "gone"


# Times


@pytest.mark.parametrize(
    ("value", "form", "seconds"),
    [
        ("1970-01-01T00:01:00Z", "rfc3339", 60.0),
        ("1970-01-01T01:01:00+01:00", "rfc3339", 60.0),
        ("1970-01-01T00:01:00.5+00:00", "rfc3339", 60.5),
        ("1970-01-01T00:01:00", "rfc3339", None),
        ("yesterday", "rfc3339", None),
        ("", "rfc3339", None),
        (60, "rfc3339", None),
        (None, "rfc3339", None),
        (ABSENT, "rfc3339", None),
        (60, "unix-seconds", 60.0),
        (60.25, "unix-seconds", 60.25),
        (60250, "unix-milliseconds", 60.25),
        ("60", "unix-seconds", None),
        (True, "unix-seconds", None),
        (None, "unix-milliseconds", None),
    ],
)
def test_instants(value: Any, form: str, seconds: float | None) -> None:
    assert instant(value, form) == seconds


def test_times_are_read_as_the_contract_spells_them() -> None:
    words = "session: $response.body#/id, created: $response.body#/at"
    assert created(words, {"at": 1500}, "{identity: none, times: unix-milliseconds}").instant("created") == 1.5
    assert created(words, {"at": "1970-01-01T00:00:01Z"}).instant("created") == 1.0
    assert created(words, {"at": 1500}).instant("created") is None


# Lists

LISTS = {
    "an array": ("in: $response.body, session: $item#/id", [{"id": "a"}, {"id": "b"}]),
    "wrapped": ("in: $response.body#/data/all, session: $item#/id", {"data": {"all": [{"id": "a"}, {"id": "b"}]}}),
    "an object by id": ("in: $response.body#/all, session: $key", {"all": {"a": {}, "b": {"id": "x"}}}),
    "bare ids": ("in: $response.body#/ids, session: $item", {"ids": ["a", "b"]}),
    "nested": ("in: $response.body, session: $item#/s/0", [{"s": ["a"]}, {"s": ["b"]}]),
}


def list_contract(each: str, more: str = "", parameters: str = "[]") -> Contract:
    return contract_of(f"""
POST /s: {{x-session: {{does: create, session: $response.header.L}}}}
GET /s: {{x-session: {{does: list, each: {{{each}}}{more}}}, parameters: {parameters}, {ANY}}}
""")


@pytest.mark.parametrize(("each", "body"), LISTS.values(), ids=LISTS)
def test_lists(each: str, body: Any) -> None:
    entries = reply_to(list_contract(each), answered(body), "list").items()
    assert entries is not None
    assert [entry["session"] for entry in entries] == ["a", "b"]


@pytest.mark.parametrize("body", [None, {}, {"ids": "ab"}, {"ids": 3}, {"ids": None}, []])
def test_what_is_no_list(body: Any) -> None:
    assert reply_to(list_contract("in: $response.body#/ids, session: $item"), answered(body), "list").items() is None


def test_entries_that_lack_something() -> None:
    reply = reply_to(
        list_contract("in: $response.body, session: $item#/id"), answered([{}, 3, None, {"id": "a"}]), "list"
    )
    assert [entry["session"] for entry in reply.items() or ()] == [ABSENT, ABSENT, ABSENT, "a"]


def test_an_empty_list_is_a_list() -> None:
    bodies: list[dict[str, Any]] = [{"ids": []}, {"ids": {}}]
    for body in bodies:
        assert reply_to(list_contract("in: $response.body#/ids, session: $item"), answered(body), "list").items() == ()


# Lists, page by page

ALL = [f"s{number}" for number in range(7)]
PAGED = "[{name: limit, in: query, schema: {maximum: 3}}, {name: offset, in: query}, {name: after, in: query}]"


def query_of(request: Request) -> dict[str, str]:
    return dict(pair.split("=") for pair in request.target.partition("?")[2].split("&") if pair)


@pytest.mark.parametrize("total", [", total: $response.body#/total", ""])
def test_pages_by_limit_and_offset(total: str) -> None:
    each, places = (
        "in: $response.body#/ids, session: $item",
        ", limit: $request.query.limit, offset: $request.query.offset",
    )
    asked: list[dict[str, str]] = []

    def answer(request: Request) -> Answer:
        asked.append(query_of(request))
        start, size = int(asked[-1].get("offset", 0)), int(asked[-1]["limit"])
        return answered({"ids": ALL[start : start + size], "total": len(ALL)})

    pages = listed(caller_of(list_contract(each, places + total, PAGED), answer), page=5)
    assert pages.values("session") == ALL
    assert {query["limit"] for query in asked} == {"3"}, "the largest that the schema allows"
    assert [query.get("offset") for query in asked][:3] == [None, "3", "6"]
    assert len(asked) == (3 if total else 4), "without a total, an empty page is the end"
    assert pages.totals == ([7, 7, 7] if total else [])


def test_pages_by_cursor() -> None:
    each, places = (
        "in: $response.body#/ids, session: $item",
        ", cursor: $request.query.after, next: $response.body#/next",
    )

    def answer(request: Request) -> Answer:
        start = int(query_of(request).get("after", "0"))
        return answered({"ids": ALL[start : start + 3], "next": str(start + 3) if start + 3 < len(ALL) else None})

    pages = listed(caller_of(list_contract(each, places, PAGED), answer))
    assert pages.values("session") == ALL
    assert len(pages.replies) == 3


def test_a_list_in_one_piece_is_read_once() -> None:
    pages = listed(caller_of(list_contract("in: $response.body, session: $key"), lambda _: answered({"a": 1})))
    assert (len(pages.replies), pages.values("session"), pages.values("title")) == (1, ["a"], [ABSENT])


# Sessions that are numbers

NUMBERED = """
POST /s: {x-session: {does: create, session: $response.body#/id}, responses: {200: {content: {application/json: {}}}}}
GET /s/{id}:
  x-session: {does: read, session: [$request.path.id, $response.body#/id]}
  responses: {200: {content: {application/json: {}}}}
"""


def test_a_session_that_is_a_number_is_another_one_than_its_neighbour() -> None:
    replies = iter([answered({"id": 17}), answered({"id": 18})])
    alice, expect = caller_of(contract_of(NUMBERED), lambda _: next(replies)), Expect()
    session = alice.has_session()
    with pytest.raises(Violation, match="expected session '17'"):
        expect(alice.read(session)).says("session", session)


def test_a_session_that_is_a_number_is_itself() -> None:
    alice, expect = caller_of(contract_of(NUMBERED), lambda _: answered({"id": 17})), Expect()
    session = alice.has_session()
    expect(alice.read(session)).says("session", session)


def test_an_old_session_that_is_a_number_is_not_new() -> None:
    alice, expect = caller_of(contract_of(NUMBERED), lambda _: answered({"id": 17})), Expect()
    old = alice.has_session()
    with pytest.raises(Violation):
        expect(alice.create()).makes_new(old)


LISTED = """GET /s:
  x-session: {does: list, each: {in: $response.body#/inside/all, session: $item#/id}}
  responses:
    200: {content: {application/json: {schema: {type: object, SCHEMA}}}}"""
INSIDE = "properties: {inside: {type: object, properties: {all: {type: array}}%s}}%s"


@pytest.mark.parametrize(
    ("required", "body", "entries"),
    [
        (("", ""), {}, ()),
        (("", ""), {"inside": {}}, ()),
        (("", ""), {"inside": {"all": None}}, ()),
        ((", required: [all]", ""), {}, ()),
        ((", required: [all]", ", required: [inside]"), {"inside": {}}, None),
        ((", required: [all]", ", required: [inside]"), {"inside": {"all": None}}, None),
        (("", ""), {"inside": {"all": "x"}}, None),
    ],
)
def test_an_empty_list_may_be_left_out_where_its_schema_allows_it(
    required: tuple[str, str], body: Any, entries: tuple[()] | None
) -> None:
    operations = (
        LISTED.replace("SCHEMA", INSIDE % required)
        + "\nPOST /s: {x-session: {does: create, session: $response.header.S}}"
    )
    contract = contract_of(operations)
    assert reply_to(contract, answered(body), "list").items() == entries
    assert reply_to(contract, answered(body, 404), "list").items() is None
