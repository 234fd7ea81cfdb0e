"""The sessions that exploration works on: some that live, some that ended, one that nobody but others may try."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract.expressions import ABSENT
from sessionproof.oddities import never_issued
from sessionproof.wire import Reply

__all__ = ["Held", "Sessions"]

_LIVING = 3  # at a time; few, so that each meets many calls
_USED_UP = 60  # calls, after which a session makes room for a new one
_ENDED = 4
_YOUNG = 20.0  # seconds; few deployments let anybody ask for a shorter life


@dataclass
class Held:
    """A session of the run's own, and what it is known to hold: by vocabulary name an id of each kind."""

    session: str
    ids: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0


class Sessions:
    """Makes sessions with words in them when they are asked for, and forgets those that turn out to be gone."""

    def __init__(self, owner: Caller, chance: random.Random) -> None:
        self.owner, self._chance = owner, chance
        self._living: list[Held] = []
        self._ended: list[Held] = []
        self._witness: Held | None = None
        self._born: dict[str, float] = {}
        self.known: dict[str, str] = {}  # session -> "living" or "ended", those that exploration made itself too

    def living(self) -> Held:
        """One of few that live, as far as is known."""
        if len(self._living) < _LIVING:
            self._living.append(self.made())
        held = self._chance.choice(self._living)
        held.calls += 1
        if held.calls > _USED_UP:
            self._living.remove(held)
        return held

    def ended(self) -> Held:
        """One that the owner deleted, which was acknowledged."""
        if len(self._ended) < _ENDED:
            held = self.made()
            self.owner.arranged(self.owner.delete(held.session), "delete")
            self.known[held.session] = "ended"
            self._ended.append(held)
        return self._chance.choice(self._ended)

    def witness(self, *, fresh: bool = False) -> Held:
        """One on which nobody acts but those who may not; its owner only looks at it."""
        if self._witness is None or fresh:
            self._witness = self.made()
            self.owner.read(self._witness.session)  # what has been read may be remembered for others
        return self._witness

    def is_witness(self, session: str) -> bool:
        return self._witness is not None and self._witness.session == session

    def never_issued(self) -> Held:
        """An id of the form of the others that nobody was given, with ids of things in another session."""
        held = self.living()
        return Held(never_issued(held.session, self._chance), held.ids)

    def notice(self, reply: Reply) -> None:
        """Learn from an answer which sessions came and went."""
        operation, named = reply.request.binding.operation, str(reply.request.session or "")
        deleted = reply.contract.status_deleted
        if reply.ok and operation == "delete" and named:
            self._forget(named)
            self.known[named] = "ended"
        elif reply.ok and deleted and reply.request.values.get("status") == deleted:
            self._forget(named)  # whether that is a delete is for others to judge
            self.known.pop(named, None)
        elif reply.status in reply.contract.gone and self.known.get(named) == "living":
            self._forget(named)  # perhaps a change of its status ended it
            self.known.pop(named)
        elif reply.ok and reply.session:
            self.known.setdefault(reply.session, "living")
            if operation == "create":
                self._born.setdefault(reply.session, reply.ended)

    def is_young(self, reply: Reply) -> bool:
        """Whether the session of `reply` was made so shortly before it that it can't have expired."""
        return reply.ended - self._born.get(str(reply.request.session), -_YOUNG) < _YOUNG

    def _forget(self, session: str) -> None:
        self._living = [held for held in self._living if held.session != session]
        if self.is_witness(session):
            self._witness = None

    def made(self) -> Held:
        """A new session with words, a file and a case in it, where the contract has such things."""
        owner, has = self.owner, self.owner.run.contract.has
        session = owner.has_session(title=owner.text("title"))
        self.known[session] = "living"
        ids: dict[str, Any] = {}
        for operation, names in _FILLED_BY.items():
            if has(operation):
                reply = owner.try_on(owner.run.contract.first(operation), session)
                if not reply.ok:
                    raise SetUpFailed(operation, reply)
                ids |= {name: reply[name] for name in names if reply.shows(name)}
        return Held(session, {name: str(value) for name, value in ids.items() if value not in (ABSENT, None)})


_FILLED_BY = {"add_message": ("message",), "query": ("case",), "upload": ("upload",)}
