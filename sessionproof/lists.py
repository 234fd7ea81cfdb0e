"""Lists, page by page to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import PAGING, Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.expect import Unproven
from sessionproof.wire import Reply

__all__ = ["Pages", "already_there", "declared", "listed", "second_page"]

_MOST_PAGES = 2000
_NO_SUCH_PAGE = 404  # what some answer to a number after the last


@dataclass(frozen=True)
class Pages:
    """A list, read to its end."""

    replies: tuple[Reply, ...]

    @property
    def entries(self) -> tuple[Mapping[str, Any], ...]:
        replies = self.replies if not self.newest_first else reversed(self.replies)
        return tuple(entry for reply in replies for entry in reply.items() or ())

    @property
    def newest_first(self) -> bool:
        """Whether the first page has the newest entries."""
        return self.last.request.binding.lists["each"].newest_first

    def values(self, name: str) -> list[Any]:
        """What every entry says under `name`, in the list's order."""
        return [entry.get(name, ABSENT) for entry in self.entries]

    @property
    def totals(self) -> list[Any]:
        """What each page says the total is; empty when the contract has no total."""
        return [reply["total"] for reply in self.replies if reply.shows("total")]

    @property
    def last(self) -> Reply:
        return self.replies[-1]


def listed(
    caller: Caller,
    operation: str = "list",
    session: str | None = None,
    *,
    page: int | None = None,
    **filters: Any,
) -> Pages:
    """All pages of a list, `page` entries each (the server's own size when None), by offset, number, cursor, or in one
    piece.

    Raises SetUpFailed when a page can't be read, and Unproven where the contract has no way to all of it.
    """
    binding = caller.run.contract.first(operation)
    largest = _largest_page(binding)
    asked = dict(filters) | ({"limit": min(page, largest)} if page is not None and "limit" in binding.sends else {})
    pages = _all_pages(caller, binding, session, asked)
    if _is_cut(pages) and page is None:
        pages = _all_pages(caller, binding, session, {**asked, "limit": min(pages.last["total"], largest)})
    if _is_cut(pages):
        raise Unproven(
            f"{binding.name} shows {len(pages.last.all_items() or ())} of {pages.last['total']} entries, "
            "and the contract doesn't say how to ask for the rest (offset, page or cursor)"
        )
    return pages


def _all_pages(caller: Caller, binding: Binding, session: str | None, asked: dict[str, Any]) -> Pages:
    replies: list[Reply] = []
    steps: list[dict[str, Any]] = []
    seen = 0
    while len(replies) < _MOST_PAGES:
        reply = caller.call(binding, session, **asked)
        if "page" in asked and reply.status == _NO_SUCH_PAGE:
            break
        entries = caller.arranged(reply, binding.operation).all_items()
        if entries is None:
            raise SetUpFailed(f"{binding.operation} (which shows no list)", reply)
        replies.append(reply)
        seen += len(entries)
        following = _following(reply, len(replies), seen, len(entries))
        if following is None or following in steps:  # a cursor that was there before leads round in a circle
            break
        steps.append(following)
        asked = asked | following
    return Pages(tuple(replies))


def second_page(caller: Caller, binding: Binding, session: str | None = None) -> dict[str, Any]:
    """What asks for the second page of one entry each, or for one entry where that is all there is to ask for; nothing
    where a list has no pages."""
    one: dict[str, Any] = {"limit": 1} if "limit" in binding.sends else {}
    if "each" not in binding.lists or not any(name in binding.sends for name in PAGING):
        return {}
    first = caller.arranged(caller.call(binding, session, **one), binding.operation)
    here = len(first.all_items() or ())
    return one | (_following(first, 1, here, here) or {})


def _is_cut(pages: Pages) -> bool:
    """Whether the only page is told to be a part, and nothing leads to the others."""
    sends, total = pages.last.request.binding.sends, pages.last["total"]
    leads_on = any(name in sends for name in PAGING if name != "limit")
    cut = isinstance(total, int) and len(pages.last.all_items() or ()) < total
    return cut and "limit" in sends and not leads_on


def _largest_page(binding: Binding) -> int:
    """The largest limit that the contract's schema allows."""
    largest = declared(binding, "limit", "maximum")
    return 10**6 if largest is None else int(largest)


def declared(binding: Binding, value: str, *keywords: str) -> Any:
    """What the schema of a value's parameter says by the first of `keywords` that it has; None where it has none."""
    names = {place.name for place in binding.sends.get(value, ())}
    schemas = [parameter.schema for parameter in binding.parameters if parameter.name in names]
    found = (schema[keyword] for keyword in keywords for schema in schemas if schema.get(keyword) is not None)
    return next(found, None)


def _following(reply: Reply, pages: int, seen: int, here: int) -> dict[str, Any] | None:
    """What to ask for the next page with, after so many; None after the last."""
    binding, total = reply.request.binding, reply["total"]
    if "cursor" in binding.sends:
        return {"cursor": reply["next"]} if reply["next"] not in (ABSENT, None, "") else None
    if not here or (isinstance(total, int) and seen >= total):
        return None
    if "offset" in binding.sends:
        return {"offset": seen}
    if "page" in binding.sends:
        first = declared(binding, "page", "default", "minimum")
        return {"page": (1 if first is None else int(first)) + pages}
    return None


def already_there(caller: Caller) -> list[str]:
    """Ids of the sessions that the caller has before a check makes any: none for a user that was just invented."""
    if caller.run.invents_users or not caller.run.contract.has("list"):
        return []
    return list(map(str, listed(caller).values("session")))
