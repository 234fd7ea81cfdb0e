"""The history format, version 1: a header line, then one line per call, for every lens and every checker."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["FORMAT", "Event", "Header"]

FORMAT = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a history file."""

    history: int = FORMAT  # the format's version
    clock: str  # of all times in this file; times of different clocks are never compared
    started: str  # RFC 3339; for people, never for judging
    target: str
    contract: str
    lens: str
    seed: int
    tool: str
    scale: float = 1.0  # seconds that pass for each second that the contract speaks of
    life: float | None = None  # seconds that a session lives which asks for none, where the run was told
    tolerance: float = 1.0  # seconds before and after a life's end in which nothing can be told


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call. Times are seconds of the sender's monotonic clock; texts are redacted and cut."""

    n: int  # counts up by one in a file
    t0: float  # the first byte was about to be sent
    t1: float  # the last byte had come, or the call was given up
    clock: str
    actor: str
    op: str  # the vocabulary's name of the operation
    call: str  # METHOD /path template
    session: str = ""  # named in the request, or given by the answer
    client: str = ""
    node: str = ""  # the base URL of the node that was asked, where there are several
    sent: dict[str, Any] = {}  # by vocabulary name
    status: int | None = None  # None: no answer, see failure
    got: dict[str, Any] = {}  # by vocabulary name; lists under "each", "messages", ...
    failure: str = ""
    injected: bool = False  # the harness gave this answer in the target's place, which never saw the request
    leaks: list[str] = []  # actors whose canaries the answer showed to somebody else
    check: str = ""  # the requirement's check that made the call
    user: str = ""  # how the identity channel named the actor; never a credential
    shift: float = 0  # seconds by which the target's moved clock was ahead of t0 and t1
    odd: bool = False  # the request strayed from the contract on purpose: what it did is nobody's promise
