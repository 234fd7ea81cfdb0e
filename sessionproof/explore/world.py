"""What there has to be, by what was acknowledged so far: sessions, what is in them, and how long they live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.wire import Reply

__all__ = ["UNKNOWN", "Entry", "File", "Session", "Span", "State", "World", "alike"]

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "unknown"})()  # seen once, it has to stay what it was


class State(StrEnum):
    ALIVE = "alive"
    DELETED = "deleted"
    EXPIRED = "expired"
    UNSURE = "unsure"  # nothing is predicted of it any more


@dataclass(frozen=True)
class Span:
    """A life of `length` seconds, counted from a moment between `since` and `until`; None where nothing is known."""

    length: float | None
    since: float
    until: float

    def renewed(self, reply: Reply) -> Span:
        return replace(self, since=reply.began, until=reply.ended)

    def perhaps_renewed(self, reply: Reply) -> Span:
        return replace(self, until=reply.ended)

    def state(self, began: float, ended: float, tolerance: float) -> State:
        """What a call of that time meets."""
        if self.length is None:
            return State.ALIVE if ended - self.since < _SHORT else State.UNSURE
        if ended <= self.since + self.length - tolerance:
            return State.ALIVE
        return State.EXPIRED if began >= self.until + self.length + tolerance else State.UNSURE


@dataclass(frozen=True)
class Entry:
    """A message, or a question with its answer."""

    text: str
    role: str = ""
    answer: Any = ABSENT  # of a question
    asked: bool = False
    case: str = ""
    metadata: Any = ABSENT
    message: Any = ABSENT  # its id


@dataclass(frozen=True)
class File:
    name: str
    content: bytes
    upload: Any = ABSENT  # its id


@dataclass
class Session:
    """All that is known of one session."""

    number: int
    id: str
    user: int
    client: str | None
    life: Span
    state: State = State.ALIVE
    values: dict[str, Any] = field(default_factory=dict)  # by vocabulary name; UNKNOWN until it is seen
    talk: list[Entry] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)  # the cases that were started, not opened by a question
    current: str = ""
    files: list[File] = field(default_factory=list)
    epoch: int = 0  # how often it was cleared
    known: set[str] = field(default_factory=lambda: {"talk", "cases", "files"})  # what is predicted of it
    apart: bool = False  # made to be told from others, and left alone afterwards
    titled: bool = False  # whether what is said can't change the title any more
    since: list[str] = field(default_factory=list)  # what was done to it since it was last seen whole

    @property
    def alive(self) -> bool:
        return self.state is State.ALIVE

    @property
    def dead(self) -> bool:
        return self.state in (State.DELETED, State.EXPIRED)


class World:
    """The sessions of one walk. Pure: it hears replies, and sends nothing."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.sessions: list[Session] = []

    def alive(self, user: int | None = None) -> list[Session]:
        return [one for one in self.sessions if one.alive and user in (None, one.user)]

    def dead(self) -> list[Session]:
        return [one for one in self.sessions if one.dead]

    def unsure(self) -> list[Session]:
        return [one for one in self.sessions if one.state is State.UNSURE]

    def by_id(self, id: str) -> Session | None:
        return next((one for one in self.sessions if one.id == id), None)

    def of_client(self, user: int, client: str | None) -> Session | None:
        """The session that a create by this user with this client leads to: the last one of theirs."""
        return next(iter(self._of_client(user, client)), None)

    def _of_client(self, user: int, client: str | None) -> Iterator[Session]:
        by_user = self.contract.resumes_by_user
        for one in reversed(self.sessions):
            if client is not None and one.client == client and (one.user == user or not by_user):
                yield one

    def add(self, reply: Reply, user: int, client: str | None, life: float | None, sent: Mapping[str, Any]) -> Session:
        """The session that `reply` tells of, made with the values `sent`."""
        session = Session(len(self.sessions), reply.session, user, client, Span(life, reply.began, reply.ended))
        read = self.contract.first("read").returns if self.contract.has("read") else {}
        session.values = {name: UNKNOWN for name in read if name not in _PASSING}
        if self.contract.status_initial and "status" in read:
            session.values["status"] = self.contract.status_initial
        session.values |= {name: sent[name] for name in ("title", "kind") if name in sent and name in session.values}
        session.titled = not self.contract.titled_by or sent.get("title") is not None
        self.sessions.append(session)
        return session

    def touched(self, session: Session, operation: str, reply: Reply) -> None:
        """An acknowledged call of `operation`: its life begins anew, goes on, or either."""
        if operation in self.contract.life.refreshed_by:
            session.life = session.life.renewed(reply)
        elif operation not in self.contract.life.not_refreshed_by:
            session.life = session.life.perhaps_renewed(reply)
        if self.contract.life.kind in ("absolute", "both"):
            session.life = replace(session.life, length=None)  # which of two lives ends it isn't told apart here

    def is_at(self, began: float, ended: float, tolerance: float) -> None:
        """Time has passed: those whose life is over are dead, and of those near their end nothing is known."""
        for one in self.sessions:
            if one.alive:
                one.state = one.life.state(began, ended, tolerance)

    def said(self, session: Session, entry: Entry) -> None:
        session.talk.append(entry)
        by_user = not entry.role or entry.role == (self.contract.roles or ("user",))[0]
        if not session.titled and "title" in session.values:
            session.values["title"] = UNKNOWN
            session.titled = by_user

    def cleared(self, session: Session) -> None:
        """What the contract says that a clear keeps stays; where it says nothing, nothing is known."""
        keeps = self.contract.clear_keeps
        session.talk, session.epoch = [], session.epoch + 1
        for name in ("title", "metadata", "context", "kind", "life"):
            about = "metadata" if name in ("kind", "life") else name
            if name in session.values and (keeps is None or about not in keeps):
                session.values[name] = UNKNOWN
        session.titled = session.titled and (keeps is not None and "title" in keeps)
        if keeps is None:
            session.known -= {"cases", "files"}
            return
        if "cases" not in keeps:
            session.cases, session.current, session.opened = [], "", set()
        if "uploads" not in keeps:
            session.files = []

    def ended(self, session: Session) -> None:
        session.state = State.DELETED


_PASSING = ("session", "activity", "expires", "updated", "count", "current_case", "resumed")  # of one answer alone
_SHORT = 60.0  # seconds; a session of which nothing is known is taken to live as long as that, and no longer


def alike(wanted: Any, seen: Any) -> bool:
    """Whether what is seen is what was sent: of an object everything that was sent, others as they are."""
    if isinstance(wanted, Mapping):
        return isinstance(seen, Mapping) and all(alike(value, seen.get(key, ABSENT)) for key, value in wanted.items())
    return bool(wanted == seen) and type(wanted) is type(seen)
