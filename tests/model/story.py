"""Histories in a few words: `new s tab | say s hello ~ 3 | read s hello | end s = 404`.

Calls follow one another, a tenth of a second each. `~ 3` lets one go on until the third call after it would have
begun; `= 404` is the answer's status, `= -` none; `+50` lets 50 seconds pass; `by bob` says who speaks from here on;
`! alice` shows words of alice's. `new` and `same` are creates that answer with a new session, or an old one.
"""

from __future__ import annotations

from sessionproof.model import Rules, Seen
from sessionproof.model.seen import Got, Item, Sent

__all__ = ["RULES", "history"]

RULES = Rules(
    gone=frozenset({404}),
    life_kind="idle",
    life=100.0,
    early=2.0,
    late=2.0,
    refreshed_by=frozenset({"heartbeat"}),
    not_refreshed_by=frozenset({"read", "list", "messages", "add_message", "clear"}),
    resumes_by="user",
    lists="user",
    flags=True,
    appends=frozenset({"add_message"}),
    shows=frozenset({"messages"}),
)

_OPS = {
    "new": "create", "same": "create", "get": "read", "beat": "heartbeat", "put": "update", "say": "add_message",
    "read": "messages", "clear": "clear", "end": "delete", "list": "list",
}  # fmt: skip
_STEP, _LASTS = 0.2, 0.1


def history(story: str) -> list[Seen]:
    """The events of a story, in the order in which they ended, numbered by their place in it."""
    events: list[Seen] = []
    now, actor = 10.0, "alice"
    for line in story.split(" | "):
        words = line.split()
        if words[0].startswith("+"):
            now += float(words[0])
        elif words[0] == "by":
            actor = words[1]
        else:
            events.append(_event(len(events) + 1, now, actor, line))
            now += _STEP
    return sorted(events, key=lambda event: event.t1)


def _event(number: int, now: float, actor: str, line: str) -> Seen:
    line, _, leaks = line.partition(" ! ")
    line, _, status = line.partition(" = ")
    line, _, steps = line.partition(" ~ ")
    verb, session, *rest = [*line.split(), ""] if " " not in line else line.split()
    event = Seen(number, now, now + _LASTS + _STEP * int(steps or 0), "c", actor, _OPS[verb], user=actor)
    event.status = None if status == "-" else int(status or 200)
    event.leaks = leaks.split() or None
    served = event.status == 200
    if verb == "list":
        event.got = Got(each=[Item(session=one) for one in (session, *rest) if one])
    elif verb in ("new", "same"):
        event.client = rest[0] if rest else ""
        if served:
            event.session, event.got = session, Got(session=session, resumed=verb == "same")
    else:
        event.session = session
        if verb == "say":
            event.sent = Sent(content=rest[0])
        elif verb == "read" and served:
            event.got = Got(each=[Item(content=text) for text in rest])
    return event
