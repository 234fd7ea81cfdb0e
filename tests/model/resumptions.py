"""Random creates, deletes and reads of several clients, and what a right server would have answered."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from sessionproof.model import Rules, Seen
from sessionproof.model.seen import Got

from .brute import Call, explainable

__all__ = ["RULES", "changed", "events_of", "explains", "history"]

RULES = Rules(gone=frozenset({404}), life_kind="idle", life=1000, resumes_by="user", flags=True)
_LATEST = 30

Key = tuple[str, str]  # user, client; "" is none, which resumes nothing


@dataclass(frozen=True)
class Server:
    """A server's state: the sessions that live, each with its key, and all ids that were issued."""

    alive: frozenset[tuple[Key, str]] = frozenset()
    issued: frozenset[str] = frozenset()

    def of(self, key: Key) -> str | None:
        return next((session for of, session in self.alive if of == key), None) if key[1] else None

    def has(self, session: str) -> bool:
        return any(session == other for _, other in self.alive)

    def makes(self, key: Key, session: str) -> Server:
        return Server(self.alive | {(key, session)}, self.issued | {session})

    def tells(self, key: Key, unknown: str, session: str) -> Server:
        """What nobody had been told of turns out to be this session."""
        return Server(self.alive - {(key, unknown)} | {(key, session)}, self.issued | {session})

    def ends(self, session: str) -> Server:
        return replace(self, alive=frozenset(pair for pair in self.alive if pair[1] != session))


def outcomes(state: Hashable, call: Call, moment: int) -> Iterator[Server]:
    server = cast("Server", state)
    if call.does == "create":
        yield from _create(server, call)
    elif call.does == "read":
        if server.has(str(call.what)) == (call.answer == "done"):
            yield server
    elif not call.answered or call.answer == "done" or not server.has(str(call.what)):  # a second delete may succeed
        yield server.ends(str(call.what))


def _create(server: Server, call: Call) -> Iterator[Server]:
    key = cast("Key", call.what)
    there = server.of(key)
    if not call.answered:
        yield server if there else server.makes(key, f"?{call.begins}.{call.ends}")
        return
    session, resumed = cast("tuple[str, bool]", call.answer)
    if there is None:
        if not resumed and session not in server.issued:
            yield server.makes(key, session)
    elif resumed and there == session:
        yield server
    elif resumed and there.startswith("?") and session not in server.issued:
        yield server.tells(key, there, session)


def explains(calls: list[Call]) -> bool:
    return explainable(calls, Server(), outcomes, _LATEST)


def history(chance: random.Random) -> list[Call]:
    """Calls are made one by one, at moments that go up; some begin earlier and end later than they take effect."""
    server, known, calls, moment = Server(), list[tuple[str, int]](), [], 0
    keys = [("alice", "tab"), ("alice", "tab"), ("alice", "tab"), ("alice", "")]
    keys += [("bob", "tab")] if chance.random() < 0.4 else []
    spread = chance.choice((0, 1, 3))
    for number in range(chance.randint(2, 7)):
        moment += chance.choice((0, 1, 2))
        begins, ends = max(0, moment - chance.randint(0, spread)), moment + chance.randint(0, spread)
        usable = [session for session, told in known if told < moment]
        answered = chance.random() < 0.88
        if chance.random() < 0.6 or not usable:
            key = chance.choice(keys)
            there = server.of(key)
            session = there or f"s{number}"
            server = server if there else server.makes(key, session)
            calls.append(
                Call(begins, ends, "create", key, (session, there is not None) if answered else None, answered)
            )
            known += [(session, ends)] if answered else []
            continue
        session = chance.choice(usable)
        begins = max(begins, 1 + min(told for other, told in known if other == session))
        does = chance.choice(("read", "delete"))
        answered |= does == "read"
        answer = "done" if server.has(session) else "gone"
        if does == "delete" and (answered or chance.random() < 0.5):
            server = server.ends(session)
        calls.append(Call(begins, max(begins, ends), does, session, answer if answered else None, answered))
    return sorted(calls, key=lambda call: (call.ends, call.begins))


def changed(calls: list[Call], chance: random.Random) -> list[Call]:
    at = chance.randrange(len(calls))
    call = calls[at]
    if chance.random() < 0.3 or not call.answered:
        by = max(chance.randint(-3, 4), -call.begins)
        call = replace(call, begins=call.begins + by, ends=call.ends + by)
    elif call.does == "create":
        session, resumed = cast("tuple[str, bool]", call.answer)
        others = [
            cast("tuple[str, bool]", other.answer)[0] for other in calls if other.does == "create" and other.answered
        ]
        kind = chance.randrange(3)
        session = chance.choice([*others, "s8", "s9"]) if kind else session
        call = replace(call, answer=(session, resumed if kind == 1 else not resumed))
    else:
        call = replace(call, answer="done" if call.answer == "gone" else "gone")
    new = sorted([*calls[:at], call, *calls[at + 1 :]], key=lambda call: (call.ends, call.begins))
    return new if _names_known_ids(new) else calls


def _names_known_ids(calls: list[Call]) -> bool:
    """Whether every session was told before it was named."""
    told: dict[str, int] = {}
    for call in calls:
        if call.does == "create" and call.answered:
            told.setdefault(cast("tuple[str, bool]", call.answer)[0], call.ends)
    return all(told.get(str(call.what), 99) < call.begins for call in calls if call.does != "create")


def events_of(calls: list[Call]) -> list[Seen]:
    events = []
    for number, call in enumerate(calls, 1):
        event = Seen(number, call.begins, call.ends, "c", f"client {number}", call.does)
        event.status = None if not call.answered else 404 if call.answer == "gone" else 200
        if call.does == "create":
            event.user, event.client = cast("Key", call.what)
            if call.answered:
                event.session, resumed = cast("tuple[str, bool]", call.answer)
                event.got = Got(session=event.session, resumed=resumed)
        else:
            event.session, event.user = str(call.what), _owner(calls, str(call.what))
        events.append(event)
    return events


def _owner(calls: list[Call], session: str) -> str:
    creates = (call for call in calls if call.does == "create" and call.answered)
    keys = (cast("Key", call.what) for call in creates if cast("tuple[str, bool]", call.answer)[0] == session)
    return next(keys)[0]
