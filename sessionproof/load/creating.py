"""Creates: a new id where there was no session, the same one where there is, one for all that ask at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sessionproof.load.looking import World, is_clear, status_of
from sessionproof.load.memory import Known, Memory, Race
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["Creating"]


class Creating:
    """A create by a client id, or by none: then it never resumes."""

    def __init__(self, world: World, memory: Memory, values: Mapping[str, Any]) -> None:
        self._world, self._memory = world, memory
        self._client: str | None = values.get("client") if world.resumes else None
        self._life: float | None = values.get("life")
        memory.creates += 1
        memory.creates_under_way += 1
        self._dead: frozenset[str] = frozenset()
        self._known: Known | None = None
        self._race: Race | None = None
        self._common = False  # others use the same client id
        if self._client is not None:
            self._common = world.contract.resumes_by_user and world.shared.asked(self._client, memory.actor.marker)
            self._dead = frozenset(memory.ended.get(self._client, ()))
            self._known = memory.alive(self._client)
            if self._known is None:
                self._race = memory.races.setdefault(self._client, Race())
                self._race.under_way += 1
                self._race.most = max(self._race.most, self._race.under_way)
                latest = memory.clients.get(self._client)
                self._race.unsure |= latest is not None and latest.state in ("ending", "open")

    def at(self, reply: Reply, looks: Looks) -> None:
        self._memory.creates_under_way -= 1
        if self._race is not None:
            self._leave(self._race)
        if not is_clear(reply):
            self._memory.unsure = True
            if self._race is not None:
                self._race.unsure = True
        elif reply.ok:
            self._made(reply, looks)
        elif self._race is None or reply.status != 409:  # a declared conflict apart
            requirement = "LIF-01" if self._known is None else "RES-01"
            looks.that(requirement, False, "a session (2xx) for a valid create", status_of(reply))

    def _leave(self, race: Race) -> None:
        race.under_way -= 1
        if not race.under_way and self._client is not None:
            self._memory.races.pop(self._client, None)

    def _made(self, reply: Reply, looks: Looks) -> None:
        session = reply.session
        looks.that("LIF-01", bool(session), "a session id", "none")
        if not session:
            return
        if self._client is not None:
            looks.that("RES-08", session not in self._dead, "another id than that of an ended session", session)
        owner = self._world.shared.owners.get(session)
        others = owner is not None and owner != self._memory.actor.marker
        if others or self._common:
            requirement = "RES-05" if self._client is not None else "LIF-01"
            looks.that(requirement, not others, "a session of one's own", f"{session}, which somebody else was given")
        if others:
            return
        if self._known is not None:
            self._resumed(self._known, reply, looks)
        elif self._race is not None:
            self._raced(self._race, reply, looks)
        else:
            looks.that("RES-09", owner is None, "a new id for a create without a client id", session)
            self._remember(reply)

    def _resumed(self, known: Known, reply: Reply, looks: Looks) -> None:
        if not known.lives_through(reply.ended):
            looks.leave_undecided("RES-01")
            if reply.session != known.id:
                self._remember(reply)
            return
        looks.that("RES-01", reply.session == known.id, f"session {known.id}", f"session {reply.session}")
        if reply.session != known.id:
            self._remember(reply)
        elif reply.shows("resumed"):
            looks.that("RES-02", reply.resumed is True, "resumed true for a session that was there", "not true")
        self._world.lives.used(known, "create", reply.began, reply.ended)

    def _raced(self, race: Race, reply: Reply, looks: Looks) -> None:
        first = not race.id
        if first:
            race.id = reply.session
        if reply.shows("resumed") and reply.resumed is not True:
            race.new += 1
        alone = race.most == 1
        if race.unsure and not alone:
            looks.leave_undecided("RES-06")
        elif race.unsure:
            if reply.shows("resumed"):
                looks.leave_undecided("RES-02")
        elif alone:
            fresh = reply.session not in self._world.shared.owners
            looks.that("LIF-01", fresh, "an id that was never issued before", reply.session)
            if reply.shows("resumed"):
                looks.that("RES-02", reply.resumed is not True, "resumed not true for a new session", "true")
        else:
            seen = f"{reply.session}, another one"
            looks.that("RES-06", reply.session == race.id, f"session {race.id} for creates sent at once", seen)
            if reply.shows("resumed"):
                looks.that("RES-06", race.new <= 1, "at most one answer that calls it new", str(race.new))
        if reply.session not in self._memory.sessions:
            self._remember(reply)

    def _remember(self, reply: Reply) -> None:
        known = self._world.lives.born(reply.session, self._client, self._life, reply.began, reply.ended)
        self._memory.sessions[known.id] = known
        self._world.shared.issued(known.id, self._memory.actor.marker)
        if self._client is not None:
            self._memory.clients[self._client] = known
