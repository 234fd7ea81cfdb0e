"""Lists, page by page to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.wire import Reply

__all__ = ["Pages", "already_there", "listed"]

_MOST_PAGES = 2000


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
    """All pages of a list, `page` entries each (the server's own size when None), by offset, cursor, or in one piece.

    Raises SetUpFailed when a page can't be read.
    """
    binding = caller.run.contract.first(operation)
    asked = dict(filters)
    if page is not None and "limit" in binding.sends:
        asked["limit"] = min(page, _largest_page(binding))
    replies: list[Reply] = []
    steps: list[dict[str, Any]] = []
    seen = 0
    while len(replies) < _MOST_PAGES:
        reply = caller.arranged(caller.call(binding, session, **asked), operation)
        entries = reply.all_items()
        if entries is None:
            raise SetUpFailed(f"{operation} (which shows no list)", reply)
        replies.append(reply)
        seen += len(entries)
        following = _following(reply, binding.sends, seen, len(entries))
        if following is None or following in steps:  # a cursor that was there before leads round in a circle
            break
        steps.append(following)
        asked |= following
    return Pages(tuple(replies))


def _largest_page(binding: Binding) -> int:
    """The largest limit that the contract's schema allows."""
    names = {place.name for place in binding.sends["limit"]}
    declared = (parameter.schema.get("maximum") for parameter in binding.parameters if parameter.name in names)
    return next((int(maximum) for maximum in declared if maximum is not None), 10**6)


def _following(reply: Reply, sends: Mapping[str, Any], seen: int, here: int) -> dict[str, Any] | None:
    """What to ask for the next page with; None after the last."""
    if "cursor" in sends:
        return {"cursor": reply["next"]} if reply["next"] not in (ABSENT, None, "") else None
    if "offset" not in sends or not here:
        return None
    total = reply["total"]
    return {"offset": seen} if not isinstance(total, int) or seen < total else None


def already_there(caller: Caller) -> list[str]:
    """Ids of the sessions that the caller has before a check makes any: none for a user that was just invented."""
    if caller.run.invents_users or not caller.run.contract.has("list"):
        return []
    return list(map(str, listed(caller).values("session")))
