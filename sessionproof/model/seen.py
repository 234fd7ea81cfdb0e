"""An event as the checkers see it: what they look at and no more, so that decoding a long history costs little."""

from __future__ import annotations

from typing import Any

import msgspec

from sessionproof.history import Event

__all__ = ["Got", "Item", "Seen", "Sent", "seen"]


class Sent(msgspec.Struct, gc=False):
    """Of what was sent."""

    content: Any = None
    question: Any = None
    case: Any = None
    status: Any = None
    life: Any = None  # seconds of the contract
    limit: Any = None
    offset: Any = None
    cursor: Any = None
    idempotency_key: Any = None


class Item(msgspec.Struct, gc=False):
    """Of one entry of a list."""

    session: Any = None
    content: Any = None
    question: Any = None


class Got(msgspec.Struct, gc=False):
    """Of what came back."""

    session: Any = None
    resumed: Any = None
    case: Any = None
    status: Any = None
    total: Any = None
    count: Any = None
    next: Any = None
    messages: list[Item] | None = None
    each: list[Item] | None = None


class Seen(msgspec.Struct, gc=False):
    """Of an event; the fields are those of `sessionproof.history.Event`, in the order in which they are written:
    a decoder expects the next one."""

    n: int
    t0: float
    t1: float
    clock: str
    actor: str
    op: str
    session: str = ""
    client: str = ""
    sent: Sent | None = None
    status: int | None = None
    got: Got | None = None
    injected: bool = False
    leaks: list[str] | None = None
    user: str = ""
    shift: float = 0.0
    odd: bool = False


def seen(event: Event) -> Seen:
    """What the checkers see of `event`. A line of a file is better decoded as `Seen` in the first place."""
    return msgspec.convert(event, Seen, from_attributes=True)
