"""A list is read to its end, by whichever paging its contract has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sessionproof.actors import Actor
from sessionproof.caller import SetUpFailed
from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.expect import Unproven
from sessionproof.lists import Pages, already_there, listed
from sessionproof.wire import Answer, Request

from .documents import contract_of
from .scripted import Scripted, answered, caller_of

JSON = "{200: {content: {application/json: {schema: {type: object}}}}}"
CREATE = f"POST /s: {{x-session: {{does: create, session: $response.body#/id}}, responses: {JSON}}}\n"
ALL = ["a", "b", "c", "d", "e"]
OFFSET = "limit: $request.query.limit, offset: $request.query.offset"
CURSOR = "limit: $request.query.limit, cursor: $request.query.after, next: $response.body#/next"


def with_list(
    words: str = "",
    top: str = "{identity: {header: X-User}}",
    largest: int | None = None,
    more: str = "",
    page: dict[str, int] | None = None,
) -> Contract:
    schema = {"type": "integer", **({"maximum": largest} if largest else {})}
    parameters = [
        {"name": "limit", "in": "query", "schema": schema},
        {"name": "page", "in": "query", "schema": {"type": "integer", **(page or {})}},
        *({"name": name, "in": "query"} for name in ("offset", "after", "title")),
    ]
    each = f"each: {{in: $response.body#/all, session: $item#/id, title: $item#/title, {more}}}"
    return contract_of(
        f"{CREATE}GET /s: {{x-session: {{does: list, title: $request.query.title, {each}, {words}}}, "
        f"parameters: {json.dumps(parameters)}, responses: {JSON}}}",
        top,
    )


def rows(ids: list[str]) -> list[dict[str, str]]:
    return [{"id": id, "title": id.upper()} for id in ids]


def asked_for(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.target).query))


def by_offset(total: bool, ids: list[str] = ALL, own_size: int = 2) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        asked = asked_for(request)
        start, size = int(asked.get("offset", 0)), int(asked.get("limit", own_size))
        body: dict[str, Any] = {"all": rows(ids[start : start + size])}
        return answered(body | {"total": len(ids)} if total else body)

    return answer


def by_number(
    total: bool, first: int, beyond: Any, ids: list[str] = ALL, own_size: int = 2
) -> Callable[[Request], Answer]:
    """Pages are counted from `first`; one after the last is `beyond`, or empty where that is None."""

    def answer(request: Request) -> Answer:
        asked = asked_for(request)
        page, size = int(asked.get("page", first)) - first, int(asked.get("limit", 2))
        there = ids[page * size : (page + 1) * size]
        if not there and beyond:
            return answered({}, beyond)
        return answered({"all": rows(there)} | ({"total": len(ids)} if total else {}))

    return answer


def by_cursor(end: Any, ids: list[str] = ALL, own_size: int = 2) -> Callable[[Request], Answer]:
    """The last page's cursor is `end`, or isn't there where that is ABSENT."""

    def answer(request: Request) -> Answer:
        asked = asked_for(request)
        start, size = int(asked.get("after", "at-0").removeprefix("at-")), int(asked.get("limit", own_size))
        following = f"at-{start + size}" if start + size < len(ids) else end
        return answered({"all": rows(ids[start : start + size])} | ({} if following is ABSENT else {"next": following}))

    return answer


def read(contract: Contract, answer: Callable[[Request], Answer], **how: Any) -> tuple[Pages, list[dict[str, str]]]:
    """The list, and what was asked for page by page."""
    caller = caller_of(contract, answer)
    pages = listed(caller, **how)
    assert isinstance(caller.run.sender, Scripted)
    return pages, [asked_for(request) for request in caller.run.sender.sent]


def test_a_list_in_one_piece() -> None:
    pages, asked = read(with_list(), by_offset(False, own_size=100), page=2)
    assert pages.values("session") == ALL
    assert pages.values("title") == [id.upper() for id in ALL]
    assert asked == [{}], "what the contract has no place for isn't sent"


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize(("size", "count"), [(None, 3), (1, 5), (2, 3), (5, 1), (9, 1)])
def test_pages_by_offset(total: bool, size: int | None, count: int) -> None:
    contract = with_list(OFFSET + (", total: $response.body#/total" if total else ""))
    pages, asked = read(contract, by_offset(total), page=size)
    assert pages.values("session") == ALL
    assert len(asked) == count + (not total), "without a total an empty page is the end"
    assert pages.totals == ([len(ALL)] * count if total else [])
    assert {page.get("limit") for page in asked} == {str(size) if size else None}


@pytest.mark.parametrize("beyond", [None, 404])
@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize(
    ("schema", "first"), [({}, 1), ({"minimum": 0}, 0), ({"default": 1, "minimum": 0}, 1), ({"default": 0}, 0)]
)
@pytest.mark.parametrize(("size", "count"), [(None, 3), (1, 5), (5, 1)])
def test_pages_by_number(
    size: int | None, count: int, schema: dict[str, int], first: int, total: bool, beyond: int | None
) -> None:
    words = "limit: $request.query.limit, page: $request.query.page" + (", total: $response.body#/total" * total)
    pages, asked = read(with_list(words, page=schema), by_number(total, first, beyond), page=size)
    assert pages.values("session") == ALL
    assert len(asked) == count + (not total), "without a total an empty page, or none, is the end"
    assert [page.get("page") for page in asked][:2] == [None, str(first + 1)][: len(asked)]


def test_a_part_is_asked_for_as_a_whole_where_nothing_leads_on() -> None:
    words = "limit: $request.query.limit, total: $response.body#/total"
    pages, asked = read(with_list(words), by_offset(True))
    assert pages.values("session") == ALL
    assert asked == [{}, {"limit": "5"}]
    with pytest.raises(Unproven, match=r"GET /s shows 3 of 5 entries.*\(offset, page or cursor\)"):
        read(with_list(words, largest=3), by_offset(True))
    with pytest.raises(Unproven, match="shows 2 of 5"):
        read(with_list(words), by_offset(True), page=2)


def test_a_total_of_a_list_without_pages_is_for_the_checks() -> None:
    pages, _ = read(with_list("total: $response.body#/total"), by_offset(True))
    assert (len(pages.entries), pages.totals) == (2, [5])


@pytest.mark.parametrize("end", [None, "", ABSENT])
@pytest.mark.parametrize(("size", "count"), [(None, 3), (1, 5), (5, 1), (9, 1)])
def test_pages_by_cursor(end: Any, size: int | None, count: int) -> None:
    pages, asked = read(with_list(CURSOR), by_cursor(end), page=size)
    assert pages.values("session") == ALL
    assert len(asked) == count
    assert "after" not in asked[0]


@pytest.mark.parametrize("size", [None, 1, 3, 9])
@pytest.mark.parametrize("cursor", [True, False])
def test_the_newest_first_and_entries_of_the_server_s_own_between(size: int | None, cursor: bool) -> None:
    contract = with_list(
        CURSOR if cursor else OFFSET, more="order: newest first, callers: [A, C, E], role: $item#/title"
    )
    pages, _ = read(contract, by_cursor(None) if cursor else by_offset(False), page=size)
    assert pages.values("session") == ["e", "c", "a"]


@pytest.mark.parametrize("words", ["", OFFSET, CURSOR])
def test_an_empty_list(words: str) -> None:
    pages, asked = read(with_list(words), lambda _: answered({"all": []}))
    assert (pages.entries, len(asked)) == ((), 1)


def test_no_page_is_asked_to_be_larger_than_the_contract_allows() -> None:
    _, asked = read(with_list(OFFSET, largest=3), by_offset(False), page=50)
    assert {page["limit"] for page in asked} == {"3"}
    _, asked = read(with_list(OFFSET), by_offset(False), page=50)
    assert {page["limit"] for page in asked} == {"50"}


def test_filters_go_with_every_page() -> None:
    _, asked = read(with_list(OFFSET), by_offset(False), page=2, title="t")
    assert [page.get("title") for page in asked] == ["t"] * len(asked)
    assert len(asked) == 4


def test_entries_that_lack_a_value_have_it_absent() -> None:
    pages, _ = read(with_list(), lambda _: answered({"all": [{"id": "a"}, {"title": "t"}]}))
    assert pages.values("session") == ["a", ABSENT]
    assert pages.values("client") == [ABSENT, ABSENT]


@pytest.mark.parametrize("circle", [["again"], ["b", "c", "b"]])
def test_cursors_that_lead_round_in_a_circle_are_followed_once(circle: list[str]) -> None:
    """What was listed twice is there twice, for the check to see."""
    cursors = {"": circle[0], **dict(zip(circle, circle[1:] or circle, strict=False))}

    def answer(request: Request) -> Answer:
        cursor = asked_for(request).get("after", "")
        return answered({"all": rows([cursor or "first"]), "next": cursors[cursor]})

    pages, asked = read(with_list(CURSOR), answer)
    assert pages.values("session") == ["first", *dict.fromkeys(circle)]
    assert len(asked) == 1 + len(set(circle))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answered({"detail": "no"}, 403), "list answered 403"),
        (answered({"other": []}), "list .which shows no list. answered 200"),
        (answered({"all": "abc"}), "list .which shows no list. answered 200"),
        (Answer(200, (), b"<html>"), "list .which shows no list. answered 200"),
        (Answer(None, failure="no answer in time"), "list answered no answer in time"),
    ],
)
def test_a_list_that_can_not_be_read_is_no_empty_list(answer: Answer, words: str) -> None:
    with pytest.raises(SetUpFailed, match=words):
        read(with_list(OFFSET), lambda _: answer)


def test_nor_is_one_that_breaks_off() -> None:
    whole = by_offset(False)
    with pytest.raises(SetUpFailed, match="list answered 500"):
        read(with_list(OFFSET), lambda request: whole(request) if "offset" not in request.target else answered({}, 500))


# What was there before a check


def test_an_invented_user_has_no_sessions_yet_and_is_not_asked() -> None:
    caller = caller_of(with_list(), by_offset(False, own_size=100))
    assert already_there(caller) == []
    assert isinstance(caller.run.sender, Scripted)
    assert caller.run.sender.sent == []


def test_a_given_user_may_have_some() -> None:
    caller = caller_of(with_list(), by_offset(False, own_size=100))
    caller.run.users = (replace(caller.actor), Actor("bob", "b"))
    assert already_there(caller) == ALL


def test_without_a_list_nobody_can_say() -> None:
    caller = caller_of(contract_of(CREATE, "{identity: {header: X-User}}"), by_offset(False))
    caller.run.users = (caller.actor,)
    assert already_there(caller) == []
