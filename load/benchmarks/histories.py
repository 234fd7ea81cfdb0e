"""Histories as a right implementation under load would leave them: many short sessions, long ones, one very long."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from sessionproof.history import Event, Header

__all__ = ["KINDS", "write"]

CLIENTS = 8
OPEN = 200  # short sessions at a time
LONG = 2_500  # events of a long session
PAGE = 20  # entries
_PATHS = {
    "create": "POST /api/v1/sessions",
    "add_message": "POST /api/v1/sessions/{session_id}/messages",
    "messages": "GET /api/v1/sessions/{session_id}/messages",
    "heartbeat": "POST /api/v1/sessions/{session_id}/heartbeat",
    "read": "GET /api/v1/sessions/{session_id}",
    "delete": "DELETE /api/v1/sessions/{session_id}",
}
Values = dict[str, object]


class Session:
    """One session of the made-up implementation: answers what a right one would, whoever asks."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.id = f"{chance.getrandbits(128):032x}"
        self.user, self.client = f"user{number}-zq{chance.getrandbits(48):012x}", f"client-{chance.getrandbits(32):08x}"
        self.chance, self.texts, self.lives = chance, list[Values](), True

    def create(self) -> tuple[Values, int, Values]:
        got: Values = {"session": self.id, "resumed": bool(self.texts), "client": self.client, "user": self.user}
        return {"client": self.client}, 200 if self.texts else 201, {**got, "life": 10800.0, "status": "active"}

    def add_message(self) -> tuple[Values, int, Values]:
        text = f"said {self.user[-14:]} {self.chance.getrandbits(32):08x}"
        entry: Values = {"message": f"msg_{self.chance.getrandbits(64):016x}", "role": "user", "content": text}
        self.texts.append(entry)
        return {"role": "user", "content": text, "session": self.id}, 201, entry

    def messages(self, page: int = PAGE) -> tuple[Values, int, Values]:
        if not self.lives:
            return {"session": self.id}, 404, {"reason": "session_not_found"}
        offset = max(0, len(self.texts) - page)
        sent: Values = {"session": self.id, "limit": page, "offset": offset}
        return sent, 200, {"session": self.id, "total": len(self.texts), "each": self.texts[offset:]}

    def all_messages(self) -> tuple[Values, int, Values]:
        _, status, got = self.messages(len(self.texts))
        return {"session": self.id}, status, got

    def heartbeat(self) -> tuple[Values, int, Values]:
        return {"session": self.id}, 200, {"session": self.id, "life": 10800.0}

    def delete(self) -> tuple[Values, int, Values]:
        self.lives = False
        return {"session": self.id}, 204, {}


class Recording:
    """Numbers events and lets time pass; calls of several clients overlap."""

    def __init__(self, file: Path, overlap: float) -> None:
        self.out, self.now, self.n, self.overlap = file.open("wb"), 1000.0, 0, overlap
        self.encode = msgspec.json.Encoder().encode
        self.line(
            Header(
                clock="bench", started="2026-01-01T00:00:00+00:00", target="http://127.0.0.1:8002",
                contract="fm-session-service", lens="load", seed=1, tool="sessionproof",
            )
        )  # fmt: skip

    def line(self, value: object) -> None:
        self.out.write(self.encode(value) + b"\n")

    def call(self, session: Session, op: str, answer: tuple[Values, int, Values], actor: str = "") -> None:
        self.n += 1
        self.now += 0.0004
        sent, status, got = answer
        self.line(
            Event(
                n=self.n, t0=round(self.now - self.overlap, 6), t1=round(self.now + 0.0003, 6), clock="bench",
                actor=actor or session.user[:-15], op=op, call=_PATHS[op], session=session.id,
                client=str(sent.get("client", "")), sent=sent, status=status, got=got, check="bench",
                user=session.user,
            )
        )  # fmt: skip


def _short(session: Session, last_look: bool) -> Iterator[tuple[str, tuple[Values, int, Values]]]:
    """Nine or ten calls: the life of a session of which a user wants little; some look once more after its delete."""
    yield "create", session.create()
    for _ in range(3):
        yield "add_message", session.add_message()
    yield "messages", session.all_messages()
    yield "create", session.create()
    yield "add_message", session.add_message()
    yield "messages", session.all_messages()
    yield "heartbeat", session.heartbeat()
    yield "delete", session.delete()
    if last_look:
        yield "messages", session.messages()


def short_sessions(record: Recording, events: int, chance: random.Random) -> None:
    """Many sessions of about ten events, two hundred of them open at a time."""
    under_way: list[tuple[Session, Iterator[tuple[str, tuple[Values, int, Values]]]]] = []
    made = 0
    while record.n < events:
        while len(under_way) < min(OPEN, max(1, events // 100)):
            made += 1
            session = Session(made, chance)
            under_way.append((session, _short(session, made % 10 == 0)))
        place = chance.randrange(len(under_way))
        session, steps = under_way[place]
        step = next(steps, None)
        if step is None:
            under_way[place] = under_way[-1]
            under_way.pop()
        else:
            record.call(session, *step)


def long_sessions(record: Recording, events: int, chance: random.Random, length: int = LONG) -> None:
    """Sessions of many events, one after the other, eight clients in each at once."""
    made = 0
    while record.n < events:
        made += 1
        session = Session(made, chance)
        record.call(session, "create", session.create())
        for number in range(1, min(length, events - record.n)):
            actor = f"user{made}"
            if number % 1000 == 0:
                record.call(session, "messages", session.all_messages(), actor)
            elif number % 3 == 0:
                record.call(session, "messages", session.messages(), actor)
            elif number % 100 == 1:
                record.call(session, "heartbeat", session.heartbeat(), actor)
            else:
                record.call(session, "add_message", session.add_message(), actor)


def one_session(record: Recording, events: int, chance: random.Random) -> None:
    """One session, eight clients at once."""
    long_sessions(record, events, chance, events + 1)


KINDS: dict[str, tuple[Callable[[Recording, int, random.Random], None], float]] = {
    "short": (short_sessions, 0.0002),
    "long": (long_sessions, 0.0004 * CLIENTS),
    "one": (one_session, 0.0004 * CLIENTS),
}


def write(kind: str, events: int, file: Path) -> None:
    """A right history of this kind; the same one each time."""
    make, overlap = KINDS[kind]
    record = Recording(file, overlap)
    make(record, events, random.Random(kind))  # noqa: S311
    record.out.close()
