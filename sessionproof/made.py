"""The sessions that a run made, known from the replies it had: what has to be cleaned up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sessionproof.actors import Actor
from sessionproof.contract import Contract
from sessionproof.presence import TargetLost
from sessionproof.wire import Reply

__all__ = ["Made"]


@dataclass
class Made:
    """Who made which sessions. `issued` are the ids of all new ones, in the order of their issue."""

    issued: list[str] = field(default_factory=list)
    _there: dict[str, Actor] = field(default_factory=dict)  # not deleted yet

    def note(self, reply: Reply, *, invented: bool) -> None:
        """Learn from a reply. `invented` users resume no sessions but their own."""
        operation = reply.request.binding.operation
        makes = operation == "create" or not reply.request.session  # a query without a session may make one
        unknown = makes and reply.session and reply.session not in self._there
        if reply.ok and unknown and (invented or not reply.resumed):
            self._there[reply.session] = reply.request.actor
            if not reply.resumed:
                self.issued.append(reply.session)
        if reply.ok and operation == "delete" and reply.request.session:
            self._there.pop(reply.request.session, None)

    def delete(self, contract: Contract, delete: Callable[[str, Actor], Reply], lost: Callable[[], str]) -> list[str]:
        """Delete every session that is there; those that are left, with the reason."""
        left = [_left(session, actor, contract, delete, lost()) for session, actor in list(self._there.items())]
        self._there.clear()
        return [line for line in left if line]


def _left(session: str, actor: Actor, contract: Contract, delete: Callable[[str, Actor], Reply], lost: str) -> str:
    if lost or not contract.has("delete"):
        return f"{session}: {lost or 'the contract has no delete'}"
    try:
        reply = delete(session, actor)
    except TargetLost as error:
        return f"{session}: {error}"
    except UnicodeError:
        return f"{session!a}: no request can name it"
    if reply.ok or reply.status in contract.gone:
        return ""
    return f"{session}: delete answered {reply.status or reply.answer.failure}"
