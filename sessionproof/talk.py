"""What is being said: one check's, or one probe's, and which of them is at it in this thread or task."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from sessionproof.history import Event
from sessionproof.sender import Pool, Sender
from sessionproof.wire import Reply, Request

__all__ = ["CURRENT", "Lane", "Talk"]


class Lane(Protocol):
    """A way of its own to the target, for the calls of one work of a burst."""

    async def turn(self, sender: Sender, request: Request) -> Pool:
        """Return when the request may go, with the connections by which it goes."""


@dataclass(frozen=True)
class Talk:
    """What one check, or one probe of a timed check, has said and heard so far."""

    check: str = ""
    transcript: list[Reply] = field(default_factory=list)
    timed: bool = False  # one of many that wait: few of them may call at a time
    turns: Iterator[int] = field(default_factory=count)  # of the nodes, where there are several
    history: list[tuple[Event, Reply]] = field(default_factory=list)  # of the whole check, with all its probes
    rounds: list[int] = field(default_factory=list)  # where in the transcript each round of a race begins
    lane: Lane | None = None  # by which this work of a burst calls
    alone: bool = False  # nobody else calls, and no answer of the target's is a reason to give it up
    commands: list[tuple[float, str]] = field(default_factory=list)  # what was done to the target, and when


CURRENT: ContextVar[Talk] = ContextVar("talk", default=Talk())  # noqa: B039 - each check sets its own
