"""Lists in an answer: where the entries are, and how one pages through them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.names import Rule
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape, snake
from sessionproof.guess.values import Scope, find, scopes

__all__ = ["Found", "find_list", "paging"]

_GENERAL = ("items", "results", "data", "content", "entries", "records", "rows", "list")
_LIMIT = ("limit", "page_size", "per_page", "max_results", "size")
_OFFSET = ("offset", "skip")
_CURSOR = ("cursor", "page_token", "next_token", "continuation_token", "starting_after")
_PAGE = ("page", "page_number", "page_index")
_TOTAL = Rule(("total", "total_count", "total_elements", "total_items"), (), lambda shape: shape.is_a("integer"))
_COUNT = Rule((), ("count",), lambda shape: shape.is_a("integer"))
_NEXT = Rule(
    ("next_cursor", "next_page_token", "next_token", "next_page_cursor", "next_continuation_token"),
    ("next", "cursor"),
    lambda shape: shape.is_a("string") and shape.facts.get("format") not in ("uri", "url", "uri-reference"),
)


@dataclass(frozen=True)
class Found:
    """A list: its place, one of its entries, and whether that stands under its id as a key."""

    at: Guess
    entry: Shape
    keyed: bool = False

    @property
    def scope(self) -> tuple[Scope, ...]:
        return (Scope("$item", self.entry),)


def find_list(answer: Shape, nouns: Iterable[str]) -> Found | None:
    """The one list of an answer: the answer itself, or a property of it by name."""
    if answer.is_a("array"):
        return Found(Guess("$response.body", Confidence.SURE, "the answer is an array"), answer.entries)
    plurals = [plural for noun in nouns for plural in (f"{noun}s", f"{noun}_list", noun)]
    for scope in scopes("$response.body", answer, ()):
        words = {snake(name): name for name in scope.shape.properties}
        for word in (*plurals, *_GENERAL):
            below = scope.shape.below(words[word]) if word in words else None
            if below is None:
                continue
            confidence = Confidence.SURE if word in plurals else Confidence.LIKELY
            if below.is_a("array"):
                return Found(Guess(scope.at(words[word]), confidence, f"an array called {words[word]}"), below.entries)
            if below.is_a("object") and not below.properties and below.values.properties and word in plurals:
                reason = f"an object called {words[word]}, each entry under a key"
                return Found(Guess(scope.at(words[word]), confidence, reason), below.values, keyed=True)
    return None


def paging(route: Route) -> tuple[dict[str, tuple[Guess, ...]], str]:
    """How the next page is asked for, and in words why the list can't be read to its end, "" if it can."""
    where = scopes("$response.body", route.answer, ())
    limit, offset = (route.input("query", *names) for names in (_LIMIT, _OFFSET))
    cursor, page = (route.input("query", *names) for names in (_CURSOR, _PAGE))
    found: dict[str, tuple[Guess, ...]] = {}
    following = find(where, _NEXT)
    in_header = route.header("total_count", "total")
    if total := _total(where) or (Guess(in_header, Confidence.SURE, "a header called so") if in_header else None):
        found["total"] = (total,)
    if offset is not None:
        found["offset"] = (Guess(offset.place, Confidence.SURE, f"a query parameter called {offset.name}"),)
    elif cursor is not None and following is not None and following.holds:
        found["cursor"] = (Guess(cursor.place, Confidence.LIKELY, f"a query parameter called {cursor.name}"),)
        found["next"] = (following,)
    elif cursor is not None:
        return found, f"its cursor {cursor.name} has no counterpart in the answer that could be told"
    elif page is not None:
        found["page"] = (Guess(page.place, Confidence.SURE, f"a query parameter called {page.name}"),)
    elif limit is not None:
        return found, f"it takes a {limit.name}, and nothing that leads to the next page"
    if limit is not None:
        found = {"limit": (Guess(limit.place, Confidence.SURE, f"a query parameter called {limit.name}"),), **found}
    return found, ""


def _total(where: tuple[Scope, ...]) -> Guess | None:
    """`count` is the whole only beside `next` and `previous`; elsewhere it may be the page's."""
    total = find(where, _TOTAL)
    if total is None and any({"next", "previous"} <= set(map(snake, scope.shape.properties)) for scope in where):
        total = find(where, _COUNT)
    return total
