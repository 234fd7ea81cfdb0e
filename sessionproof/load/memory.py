"""What one user knows of its sessions while it talks: by this each of its answers is judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from sessionproof.actors import Actor
from sessionproof.contract import Contract

__all__ = ["Known", "Lives", "Memory", "Race", "Said", "Shared"]

_REMEMBERED = 10  # dead sessions of one identity


@dataclass(slots=True)
class Said:
    """One message: `state` is sent until its answer comes, then kept, refused, or open where nobody can tell."""

    text: str
    began: float = -inf
    ended: float = inf
    state: str = "sent"
    beside: bool = False  # others were under way in the same session


@dataclass(slots=True)
class Known:
    """A session of this user's. `state` is alive, ending (a delete is under way), dead, or open where nobody can tell.

    It surely lives before `sure_until`, and surely doesn't after `over_after` (seconds of the run's clock).
    """

    id: str
    client: str | None
    life: float  # seconds of the run's clock
    sure_until: float
    over_after: float
    state: str = "alive"
    raced: bool = False  # calls were under way when it was deleted
    under_way: int = 0  # calls on it
    said: list[Said] = field(default_factory=list)

    def lives_through(self, moment: float) -> bool:
        return self.state == "alive" and moment < self.sure_until


@dataclass(slots=True)
class Race:
    """Creates with one client id that are under way together while no session of it is known."""

    under_way: int = 0
    most: int = 0
    id: str = ""
    new: int = 0  # answers that call it new
    unsure: bool = False  # one of them had no clear answer, or a session was ending meanwhile


@dataclass
class Memory:
    """One identity: its actor's canary is in everything that it says. Users that share the identity share this."""

    actor: Actor
    sessions: dict[str, Known] = field(default_factory=dict)
    clients: dict[str, Known] = field(default_factory=dict)  # client id -> its latest session
    ended: dict[str, set[str]] = field(default_factory=dict)  # client id -> its dead sessions
    races: dict[str, Race] = field(default_factory=dict)
    creates: int = 0  # begun so far
    creates_under_way: int = 0
    unsure: bool = False  # a create had no clear answer: there may be a session that nobody knows
    _buried: deque[str] = field(default_factory=deque)

    def alive(self, client: str) -> Known | None:
        known = self.clients.get(client)
        return known if known is not None and known.state == "alive" else None

    def bury(self, known: Known) -> None:
        """It is dead; after a while it is forgotten, so that what is remembered stays small."""
        known.state = "dead"
        if known.client is not None:
            self.ended.setdefault(known.client, set()).add(known.id)
        self._buried.append(known.id)
        if len(self._buried) > _REMEMBERED:
            self.sessions.pop(self._buried.popleft(), None)


@dataclass(frozen=True)
class Lives:
    """How long sessions live, in seconds of the run's clock; `tolerance` on either side nothing can be told."""

    default: float = inf
    scale: float = 1.0
    tolerance: float = 1.0
    refreshed_by: frozenset[str] = frozenset()

    @classmethod
    def of(cls, contract: Contract, default: float | None, scale: float, tolerance: float) -> Lives:
        """`default` is in the run's seconds, and stands before the contract's."""
        declared = contract.life.default * scale if contract.life.default is not None else inf
        refreshed = contract.life.refreshed_by if contract.life.kind == "idle" else ()
        return cls(default if default is not None else declared, scale, tolerance, frozenset(refreshed))

    def born(self, session: str, client: str | None, asked: float | None, began: float, ended: float) -> Known:
        """A session made by a call from `began` to `ended`, which asked for so many seconds of the contract's."""
        life = self.default if asked is None else asked * self.scale
        return Known(session, client, life, began + life - self.tolerance, ended + life + self.tolerance)

    def used(self, known: Known, operation: str, began: float, ended: float) -> None:
        """`operation` succeeded: it may have begun the life anew, and surely has where that is declared."""
        if operation in self.refreshed_by:
            known.sure_until = max(known.sure_until, began + known.life - self.tolerance)
        known.over_after = max(known.over_after, ended + known.life + self.tolerance)


class Shared:
    """What all users of one process know together: which ids were issued, and whose they are."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}  # session -> its owner's canary
        self.open: dict[str, None] = {}  # sessions that live, as far as anybody knows
        self._clients: dict[str, str] = {}  # client id -> the canary of who asked by it last

    def issued(self, session: str, owner: str) -> None:
        self.owners[session] = owner
        self.open[session] = None

    def asked(self, client: str, owner: str) -> bool:
        """Whether somebody else has used this client id just before."""
        before = self._clients.get(client, owner)
        self._clients[client] = owner
        return before != owner

    def closed(self, session: str) -> None:
        self.open.pop(session, None)

    def others(self, owner: str) -> Iterable[str]:
        """Sessions of somebody else."""
        return (session for session in self.open if self.owners[session] != owner)
