"""Which look belongs to which call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sessionproof.contract import Binding
from sessionproof.load.creating import Creating
from sessionproof.load.listing import Listing
from sessionproof.load.looking import Look, World
from sessionproof.load.memory import Memory
from sessionproof.load.on_session import Deleting, Foreign, OnSession, Unknown
from sessionproof.load.talking import Asking, Hearing, Saying
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["look_at", "look_at_canaries"]


def look_at(world: World, memory: Memory, binding: Binding, values: Mapping[str, Any]) -> Look:
    """What to look at in the answer to `binding` with `values`, from what is known now."""
    operation, session = binding.operation, values.get("session")
    if operation == "create":
        return Creating(world, memory, values)
    if operation == "list":
        return Listing(world, memory, values)
    if session is None:
        return Unknown()
    known = memory.sessions.get(session)
    if known is None:
        owner = world.shared.owners.get(session)
        foreign = owner is not None and owner != memory.actor.marker and world.keeps_users_apart
        return Foreign(world, binding.method not in ("GET", "HEAD")) if foreign else Unknown()
    if operation == "delete":
        return Deleting(world, memory, known)
    if operation == "add_message":
        return Saying(world, known, str(values.get("content", "")))
    if operation == "query":
        return Asking(world, known, str(values.get("question", "")))
    if operation in ("messages", "read") and not values.keys() - {"session"}:
        return Hearing(world, known, operation)
    return OnSession(world, known, operation)


def look_at_canaries(world: World, reply: Reply, looks: Looks) -> None:
    """No byte of any answer shows somebody else's canary, except where lists are everybody's."""
    contract, operation = world.contract, reply.request.binding.operation
    if operation == "list" and contract.list_scope == "all":
        return
    requirement = "ISO-03" if operation in ("list", "stats") else "ISO-01"
    requirement = requirement if world.keeps_users_apart else "CON-01"
    looks.that(requirement, not reply.leaks, "nothing of another user's in the answer", ", ".join(reply.leaks))
