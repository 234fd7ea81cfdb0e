"""A conversation between two clears: what was sent to it, and what reads showed of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sessionproof.model.seen import Seen
from sessionproof.model.views import View

__all__ = ["Conversation", "Sendings", "sendings"]


@dataclass
class Conversation:
    """One conversation between two clears, and what it is called in requirements and sentences.

    `sure` were acknowledged and belong here, `maybe` may be here, `never` may not. `closed` is False where entries
    can be there that the history doesn't know of: the server's own, those of a time before the history, or of requests
    that strayed from the contract.
    """

    subject: str
    sure: list[tuple[Any, Seen]] = field(default_factory=list)  # text, request
    maybe: list[tuple[Any, Seen]] = field(default_factory=list)
    never: list[tuple[Any, Seen]] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    closed: bool = True
    case: bool = False


@dataclass(slots=True)
class Sendings:
    """All sendings of one text."""

    sure: list[Seen] = field(default_factory=list)
    maybe: list[Seen] = field(default_factory=list)

    @property
    def most(self) -> int:
        return len(self.sure) + len(self.maybe)

    def first(self) -> Seen:
        return min((*self.sure, *self.maybe), key=lambda event: event.t0)


def sendings(talk: Conversation) -> dict[Any, Sendings]:
    """By text, all its sendings that are in the conversation, or may be."""
    found: dict[Any, Sendings] = {}
    for text, event in talk.sure:
        found.setdefault(text, Sendings()).sure.append(event)
    for text, event in talk.maybe:
        found.setdefault(text, Sendings()).maybe.append(event)
    return found
