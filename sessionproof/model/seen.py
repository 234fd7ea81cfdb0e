"""An event as the checkers see it: what they look at and no more, so that decoding a long history costs little."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from sessionproof.history import Event

__all__ = ["Got", "Item", "Seen", "Sent", "brief", "seen"]


_Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # what goes to other processes and to files


class Sent(msgspec.Struct, gc=False):
    """Of what was sent."""

    content: Any = None
    question: Any = None
    case: Any = None
    status: Any = None
    life: Any = None  # seconds of the contract
    limit: Any = None
    offset: Any = None
    page: Any = None
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


class Seen(msgspec.Struct, gc=False, omit_defaults=True):
    """Of an event; the fields are those of `sessionproof.history.Event`, in the order in which they are written:
    a decoder expects the next one."""

    n: _Int
    t0: float
    t1: float
    clock: str
    actor: str
    op: str
    session: str = ""
    client: str = ""
    sent: Sent | None = None
    status: _Int | None = None
    got: Got | None = None
    injected: bool = False
    leaks: list[str] | None = None
    user: str = ""
    shift: float = 0.0
    odd: bool = False


def seen(event: Event) -> Seen:
    """What the checkers see of `event`. A line of a file is better decoded as `Seen` in the first place."""
    return msgspec.convert(event, Seen, from_attributes=True)


def brief(event: Seen) -> Seen:
    """The event without what was sent and what came back: who called when, and with which status."""
    return replace(event, sent=None, got=None)
