"""Random conversations: what a right log would have answered, and then one answer changed."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any, cast

from sessionproof.model import Rules, Seen
from sessionproof.model.seen import Got, Item, Sent

from .brute import Call, explainable

__all__ = ["RULES", "changed", "events_of", "explains", "history"]

RULES = Rules(
    appends=frozenset({"add_message", "query"}), shows=frozenset({"messages"}), offsets=frozenset({"messages"})
)
Page = tuple[int, int]  # limit and offset
Answer = tuple[tuple[str, ...], bool]  # the entries, and whether the log ends with them

_LATEST = 16
_TEXTS = "abcdefgh"

# A call is append(text), refused(text), read((limit, offset) or None) or clear. The answer to a read is the entries and
# whether the log ends with them.


def outcomes(state: Hashable, call: Call, moment: int) -> Iterator[tuple[str, ...]]:
    """The logs that `call` can leave behind, if it was answered like that."""
    assert isinstance(state, tuple)
    if call.does == "append":
        yield (*state, str(call.what))
    elif call.does == "clear":
        yield ()
    elif call.does == "refused" or _fits(state, call.what, call.answer):
        yield state


def _fits(log: tuple[str, ...], asked: Hashable, answer: Hashable) -> bool:
    """Whether a read of `log` can answer this: all of it, or a page, which may be shorter than asked for."""
    entries, ends = cast("Answer", answer)
    if asked is None:
        return entries == log
    limit, offset = cast("Page", asked)
    if not entries:
        return len(log) <= offset
    reaches = offset + len(entries)
    return log[offset:reaches] == entries and len(entries) <= limit and (not ends or reaches == len(log))


def explains(calls: list[Call]) -> bool:
    return explainable(calls, (), outcomes, _LATEST)


def history(chance: random.Random, *, most: int = 8) -> list[Call]:
    """A few calls of several clients, answered as one log in the order of their moments."""
    calls: list[tuple[int, Call]] = []
    texts = iter(_TEXTS)
    pages, clears, silent = chance.random() < 0.4, chance.random() < 0.3, chance.random() < 0.4
    for _ in range(chance.randint(2, most)):
        begins = chance.randint(0, 10)
        ends = begins + chance.choice((0, 0, 1, 2, 4))
        moment = chance.randint(begins, ends)
        kind = chance.random()
        if kind < 0.45:
            text = "a" if chance.random() < 0.06 else next(texts)
            answered = not (silent and chance.random() < 0.3)
            moment = moment if answered else chance.choice((moment, moment + 3, 99))
            calls.append((moment, Call(begins, ends, "append", text, None, answered)))
        elif kind < 0.5:
            calls.append((moment, Call(begins, ends, "refused", next(texts))))
        elif kind < 0.57 and clears:
            answered = not (silent and chance.random() < 0.2)
            calls.append((moment, Call(begins, ends, "clear", None, None, answered)))
        else:
            asked = (chance.randint(1, 3), chance.randint(0, 3)) if pages and chance.random() < 0.6 else None
            calls.append((moment, Call(begins, ends, "read", asked)))
    log: tuple[str, ...] = ()
    answered_calls = []
    for moment, call in sorted(calls, key=lambda pair: (pair[0], chance.random())):
        if call.does == "append" and moment < 99:
            log = (*log, str(call.what))
        elif call.does == "clear":
            log = ()
        answered_calls.append(replace(call, answer=_read(log, call.what)) if call.does == "read" else call)
    return sorted(answered_calls, key=lambda call: (call.ends, call.begins))


def _read(log: tuple[str, ...], asked: Any) -> tuple[tuple[str, ...], bool]:
    if asked is None:
        return log, True
    limit, offset = asked
    return log[offset : offset + limit], offset + limit >= len(log) and offset < len(log)


def changed(calls: list[Call], chance: random.Random) -> list[Call]:
    """The calls with one answer that is probably wrong."""
    reads = [number for number, call in enumerate(calls) if call.does == "read"]
    if not reads:
        return calls
    at = chance.choice(reads)
    entries, ends = cast("Answer", calls[at].answer)
    shown = list(entries)
    kind = chance.randrange(7)
    if kind == 0 and shown:
        del shown[chance.randrange(len(shown))]
    elif kind == 1 and shown:
        shown.insert(chance.randrange(len(shown) + 1), chance.choice(shown))
    elif kind == 2 and len(shown) > 1:
        one, other = chance.sample(range(len(shown)), 2)
        shown[one], shown[other] = shown[other], shown[one]
    elif kind == 3:
        shown.insert(chance.randrange(len(shown) + 1), chance.choice(_TEXTS + "z"))
    elif kind == 4 and len(reads) > 1:
        shown = list(cast("Answer", calls[chance.choice(reads)].answer)[0])
    elif kind == 5:
        number = chance.randrange(len(calls))
        earlier = chance.randint(-3, 3)
        moved = calls[number]
        calls[number] = replace(moved, begins=max(0, moved.begins + earlier), ends=max(0, moved.ends + earlier))
        return sorted(calls, key=lambda call: (call.ends, call.begins))
    elif shown:
        shown.pop()
    if calls[at].what is not None:
        shown = shown[: cast("Page", calls[at].what)[0]]
    return [*calls[:at], replace(calls[at], answer=(tuple(shown), ends)), *calls[at + 1 :]]


def events_of(calls: list[Call]) -> list[Seen]:
    """The calls as a history has them, after the create of their session."""
    events = [Seen(1, -2.0, -1.0, "c", "alice", "create", session="s", user="alice", status=201, got=Got(session="s"))]
    for number, call in enumerate(calls, 2):
        event = Seen(number, call.begins, call.ends, "c", f"client {number}", "add_message", session="s", user="alice")
        event.status = 200 if call.answered else None
        if call.does == "read":
            _as_read(event, call)
        elif call.does == "clear":
            event.op = "clear"
        else:
            event.sent = Sent(content=call.what)
            if call.does == "refused":
                event.status = 422
        events.append(event)
    return events


def _as_read(event: Seen, call: Call) -> None:
    entries, ends = cast("Answer", call.answer)
    event.op, event.got = "messages", Got(each=[Item(content=text) for text in entries])
    if call.what is not None:
        limit, offset = cast("Page", call.what)
        event.sent = Sent(limit=limit, offset=offset)
        event.got.total = offset + len(entries) if ends else offset + len(entries) + 1
