"""What is looked at in each answer, given what its user knew when it asked; pure, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from sessionproof.contract import PAGING, Contract
from sessionproof.contract.expressions import ABSENT, at_pointer
from sessionproof.load.memory import Known, Lives, Memory, Shared
from sessionproof.load.tally import Looks
from sessionproof.wire import Reply

__all__ = ["Look", "World", "column", "is_clear", "status_of"]


@dataclass(frozen=True)
class World:
    """What every look needs: the contract, how long sessions live, and what the users of this process know."""

    contract: Contract
    lives: Lives
    shared: Shared

    @cached_property
    def resumes(self) -> bool:
        return "resume" in self.contract.capabilities

    @cached_property
    def keeps_users_apart(self) -> bool:
        return self.contract.identity.kind != "none"


class Look(Protocol):
    """Made before a call, from what is known then; `at` is asked once, when the answer is there."""

    def at(self, reply: Reply, looks: Looks) -> None: ...


Maker = Callable[[World, Memory, Mapping[str, Any]], Look]


def is_clear(reply: Reply) -> bool:
    """Whether the answer tells what happened: there is one, and the server neither failed nor asks to wait."""
    return reply.status is not None and reply.status < 500 and reply.status != 429


def status_of(reply: Reply) -> str:
    return f"status {reply.status}" if reply.status is not None else reply.answer.failure


def column(reply: Reply, items: str, name: str) -> list[Any] | None:
    """What every entry of a list says under `name`; None when the answer has no such list."""
    declared = reply.request.binding.lists.get(items)
    if declared is None or name not in declared.fields:
        return None
    entries, place = reply.at(declared.at), declared.fields[name]
    if isinstance(entries, dict):
        return [key if place.source == "key" else at_pointer(entry, place.pointer) for key, entry in entries.items()]
    if isinstance(entries, list):
        return [at_pointer(entry, place.pointer) for entry in entries]
    return None


def is_whole(reply: Reply, seen: int) -> bool:
    """Whether a list in the answer is all of it: its total says so, or it has no pages."""
    total = reply["total"]
    if isinstance(total, int):
        return seen >= total
    sends = reply.request.binding.sends
    return total is ABSENT and not any(name in sends for name in PAGING)


def same_session(reply: Reply, known: Known, looks: Looks) -> None:
    """An answer that names a session names the one that was asked for."""
    session = reply.session
    if session and session != known.id and reply.ok:
        looks.that("CON-01", False, f"an answer about session {known.id}", f"one about {session}")
