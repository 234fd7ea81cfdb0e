"""Lists: one's own sessions, each of them once, those that live and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sessionproof.load.looking import World, column, is_whole, status_of
from sessionproof.load.memory import Memory
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["Listing"]


class Listing:
    """The list of one's sessions, where the contract says that it is one's own."""

    def __init__(self, world: World, memory: Memory, values: Mapping[str, Any]) -> None:
        self._world, self._memory = world, memory
        self._narrowed = bool(values)
        self._alive = [known for known in memory.sessions.values() if known.state == "alive"]
        self._dead = {known.id: known for known in memory.sessions.values() if known.state == "dead"}
        self._creates = memory.creates if not memory.creates_under_way else -1

    def at(self, reply: Reply, looks: Looks) -> None:
        contract = self._world.contract
        if reply.refused and reply.status != 429:
            looks.that("CON-01", False, "success (2xx) for a list", status_of(reply))
        listed = column(reply, "each", "session") if reply.ok else None
        if listed is None or contract.list_scope != "user" or not self._world.keeps_users_apart:
            return
        self._is_own(list(map(str, listed)), looks)
        self._is_complete(reply, list(map(str, listed)), looks)

    def _is_own(self, listed: list[str], looks: Looks) -> None:
        owners, me = self._world.shared.owners, self._memory.actor.marker
        strange = [session for session in listed if owners.get(session, me) != me]
        looks.that("ISO-03", not strange, "sessions of one's own alone", ", ".join(strange[:3]))
        dead = [session for session in listed if session in self._dead]
        raced = any(self._dead[session].raced for session in dead)
        if self._dead:
            looks.that("CON-02" if raced else "LIF-05", not dead, "no session that was deleted", ", ".join(dead[:3]))
        looks.that("LIF-06", len(set(listed)) == len(listed), "each session once", f"{len(listed)} entries")

    def _is_complete(self, reply: Reply, listed: list[str], looks: Looks) -> None:
        if self._narrowed or not is_whole(reply, len(listed)):
            return
        here = set(listed)
        lacking = [known.id for known in self._alive if known.lives_through(reply.ended) and known.id not in here]
        looks.that("LIF-06", not lacking, "every session that lives in the list", f"lacks {', '.join(lacking[:3])}")
        settled = self._creates == self._memory.creates and not self._memory.unsure
        strangers = sorted(here - set(self._memory.sessions))
        if settled and self._world.contract.identity.invents:
            looks.that("LIF-06", not strangers, "sessions alone that its user was told of", ", ".join(strangers[:3]))
