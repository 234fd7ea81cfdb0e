"""What can be seen of a session, put side by side before and after; and lists, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.effort import Effort
from sessionproof.wire import Reply

__all__ = ["Pages", "already_there", "changes", "differences", "listed", "said_in", "snapshot"]

_MOST_PAGES = 2000
_MOVING = ("activity", "expires", "updated")  # move with activity, if anything does


@dataclass(frozen=True)
class Pages:
    """A list, read to its end."""

    replies: tuple[Reply, ...]

    @property
    def entries(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(entry for reply in self.replies for entry in reply.items() or ())

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
    seen = 0
    while len(replies) < _MOST_PAGES:
        reply = caller.arranged(caller.call(binding, session, **asked), operation)
        entries = reply.items()
        if entries is None:
            raise SetUpFailed(f"{operation} (which shows no list)", reply)
        replies.append(reply)
        seen += len(entries)
        following = _following(reply, binding.sends, seen, len(entries))
        if following is None:
            break
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


def said_in(caller: Caller, session: str, *, page: int | None = None) -> list[Any]:
    """The contents of the conversation, in its order, from whichever route shows it."""
    if caller.run.contract.has("messages"):
        return listed(caller, "messages", session, page=page).values("content")
    reply = caller.arranged(caller.read(session), "read")
    return [entry.get("content", ABSENT) for entry in reply.items("messages") or ()]


def snapshot(caller: Caller, session: str, *, moving: bool = False) -> dict[str, Any]:
    """Everything that the owner sees of a session, by vocabulary name.

    With `moving`, also its times of activity and expiry - unless the owner's own reading may move them, for then they
    show nothing. Raises SetUpFailed when the owner can't read it.
    """
    reply = caller.arranged(caller.read(session), "read")
    left_out = () if moving and _reading_is_still(caller, session, reply) else _MOVING
    seen = {name: reply[name] for name in reply.request.binding.returns if name not in left_out}
    embedded = {name: reply.items(name) for name in reply.request.binding.lists}
    seen |= {name: [dict(entry) for entry in entries] for name, entries in embedded.items() if entries is not None}
    twice = "messages" in embedded and caller.run.effort is Effort.QUICK
    if caller.run.contract.has("messages") and not twice:
        seen["conversation"] = [dict(entry) for entry in listed(caller, "messages", session).entries]
    return seen


def _reading_is_still(caller: Caller, session: str, first: Reply) -> bool:
    """Declared, or seen: two reads show the same times, and the times are fine enough to have shown a move."""
    life = caller.run.contract.life
    if "read" in life.refreshed_by or "read" in life.not_refreshed_by:
        return "read" in life.not_refreshed_by
    if caller.run.reading_is_still is None:
        again = caller.arranged(caller.read(session), "read")
        times = [(first[name], again[name]) for name in _MOVING if first.shows(name)]
        caller.run.reading_is_still = all(before == after and _is_fine(before) for before, after in times)
    return caller.run.reading_is_still


def _is_fine(time: Any) -> bool:
    """Whether a time is given to parts of a second."""
    return "." in time if isinstance(time, str) else isinstance(time, float)


def changes(caller: Caller, session: str, before: dict[str, Any], *, moving: bool = False) -> list[str]:
    """What the owner sees otherwise than in the snapshot `before`; a session that can't be read is a change."""
    try:
        return differences(before, snapshot(caller, session, moving=moving))
    except SetUpFailed as failure:
        return [f"its owner can't read it any more: {failure}"]


def differences(before: Any, after: Any, at: str = "") -> list[str]:
    """Where two JSON-like values differ, a line each: `/title: 'a' became 'b'`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [*before, *(name for name in after if name not in before)]
        return [
            line
            for name in names
            for line in differences(before.get(name, ABSENT), after.get(name, ABSENT), f"{at}/{name}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            line
            for index, pair in enumerate(zip(before, after, strict=True))
            for line in differences(*pair, f"{at}/{index}")
        ]
    return (
        []
        if before == after and type(before) is type(after)
        else [f"{at or '/'}: {_brief(before)} became {_brief(after)}"]
    )


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
