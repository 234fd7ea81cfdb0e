"""Calls on one session: one's own that lives, one's own that is dead, and somebody else's."""

from __future__ import annotations

from sessionproof.load.looking import World, is_clear, same_session, status_of
from sessionproof.load.memory import Known, Memory
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["Deleting", "Foreign", "OnSession", "Unknown"]


class Unknown:
    """A call that nothing is known about: its canaries alone are looked at."""

    def at(self, reply: Reply, looks: Looks) -> None:
        return None


class OnSession:
    """A session that lives answers, and about itself; a dead one is gone, whatever is asked of it."""

    def __init__(self, world: World, known: Known, operation: str) -> None:
        self.world, self.known, self.operation = world, known, operation
        self._state = known.state
        known.under_way += 1

    def at(self, reply: Reply, looks: Looks) -> None:
        known = self.known
        known.under_way -= 1
        if not is_clear(reply):
            return
        if self._state == "dead":
            self._is_gone(reply, looks)
        elif self._state == "alive" and reply.began > known.over_after:
            self._is_over(reply, looks)
        elif known.lives_through(reply.ended):
            looks.that("CON-01", reply.ok, "success (2xx) on a session that lives", status_of(reply))
            same_session(reply, known, looks)
        else:
            looks.leave_undecided("CON-01")
        if reply.ok and known.state == "alive":
            self.world.lives.used(known, self.operation, reply.began, reply.ended)

    def _is_gone(self, reply: Reply, looks: Looks) -> None:
        requirement = "CON-02" if self.known.raced else "LIF-05"
        gone = reply.status in self.world.contract.gone
        looks.that(requirement, gone, "a session that was deleted to be gone", status_of(reply))

    def _is_over(self, reply: Reply, looks: Looks) -> None:
        """An operation that succeeds on an expired session has found it alive, or revived it."""
        requirement = "EXP-01" if self.operation == "read" else "EXP-08"
        gone = reply.status in self.world.contract.gone
        looks.that(requirement, gone, "a session whose life is over to be gone", status_of(reply))


class Deleting(OnSession):
    """An acknowledged delete ends the session for good."""

    def __init__(self, world: World, memory: Memory, known: Known) -> None:
        super().__init__(world, known, "delete")
        self._memory = memory
        self._was_alive = known.state == "alive"
        if self._was_alive:
            known.state = "ending"
            known.raced = known.under_way > 1
        if known.client is not None and known.client in memory.races:
            memory.races[known.client].unsure = True

    def at(self, reply: Reply, looks: Looks) -> None:
        known = self.known
        if not self._was_alive:
            super().at(reply, looks)
            return
        known.under_way -= 1
        if reply.ok:
            self._memory.bury(known)
            self.world.shared.closed(known.id)
        elif not is_clear(reply):
            known.state = "open"
        elif reply.ended < known.sure_until:
            looks.that("CON-01", False, "success (2xx) for a delete of a session that lives", status_of(reply))
            known.state = "open"
        else:
            known.state = "open"
            looks.leave_undecided("CON-01")


class Foreign:
    """Somebody else's session is refused, and nothing of it is shown (the canaries see to that)."""

    def __init__(self, world: World, writes: bool) -> None:
        contract = world.contract
        self._allowed = contract.foreign | contract.gone | contract.unknown
        self._requirement = "ISO-02" if writes else "ISO-01"

    def at(self, reply: Reply, looks: Looks) -> None:
        if is_clear(reply):
            refused = reply.status in self._allowed
            looks.that(self._requirement, refused, "another user's session to be refused", status_of(reply))
