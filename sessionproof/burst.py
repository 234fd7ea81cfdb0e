"""Calls at the same moment: each by a connection of its own, let go together once all of them are ready.

    for burst in bursts:                                    # until the check has spent what it may
        session = alice.has_session()
        replies = burst(*[partial(alice.say, session, alice.text()) for _ in range(burst.width)])

A work may call more than once: its first call waits for the others', the rest follow when they will. Bursts are of
three patterns in turn: all at once, one half beside the other, and each at a moment of chance within one answer's time.
How far calls really overlapped is measured; a check whose bursts never did is unproven.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TypeVar

from sessionproof.expect import Expect, Unproven
from sessionproof.run import CURRENT, Run
from sessionproof.sender import Pool, Sender
from sessionproof.verdicts import MEASURED
from sessionproof.wire import Reply, Request

__all__ = ["Burst", "Bursts", "at_once", "overlapping"]

_USUAL = 0.004  # seconds that an answer takes, as long as none was measured
_LONGEST = 0.05  # seconds that chance may hold a call back

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]], after: Sequence[float] = (), shared: Pool | None = None) -> list[T]:
    """What each of `works` returns, in their order; they begin together, and what they say is in one transcript.

    `after` are seconds that each is behind the first. All go by connections of `shared`, if that is given.
    """
    start = _Start(len(works))
    delays = [*after, *[0.0] * (len(works) - len(after))]
    lanes = [_Lane(start, number, delay, shared) for number, delay in enumerate(delays)]

    def begin(work: Callable[[], T], lane: _Lane) -> T:
        CURRENT.set(replace(CURRENT.get(), lane=lane))
        try:
            return work()
        finally:
            lane.leave()

    with ThreadPoolExecutor(len(works)) as pool:
        jobs = [pool.submit(copy_context().run, begin, work, lane) for work, lane in zip(works, lanes, strict=True)]
        return [job.result() for job in jobs]


class _Start:
    """Holds each that waits until all of them do, or have left."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self._lock = threading.Lock()
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        here = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(here)
        self.count()
        await here

    def count(self) -> None:
        """One more is ready, or will never be."""
        with self._lock:
            self._missing -= 1
            released = [] if self._missing else self._waiting
        for here in released:
            here.get_loop().call_soon_threadsafe(_let_go, here)


def _let_go(here: asyncio.Future[None]) -> None:
    if not here.done():  # it may have been given up
        here.set_result(None)


@dataclass
class _Lane:
    """The way of one work: its connections, and when its first call may go.

    A call is sent once: who is told to come back later has lost.
    """

    start: _Start
    number: int
    delay: float
    shared: Pool | None
    counted: bool = False

    async def turn(self, sender: Sender, request: Request) -> Pool:
        """Return when the request may go; the first waits for those of the other works."""
        pool = self.shared or Pool(f"{request.actor.name} {self.number}", 1)
        sender.client(pool)  # made before the start, not after it
        if not self.counted:
            self.counted = True
            await self.start.wait()
            await asyncio.sleep(self.delay)
        return pool

    def leave(self) -> None:
        """The work is over. If it never called, nobody waits for it."""
        if not self.counted:
            self.counted = True
            self.start.count()


def overlapping(replies: Sequence[Reply]) -> int:
    """How many of the calls were under way at one moment, at most."""
    moments = sorted([(reply.began, 1) for reply in replies] + [(reply.ended, -1) for reply in replies])
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


@dataclass
class Burst:
    """One of the bursts of a check. `number` counts them from 0; `width` is how many works one should have."""

    number: int
    width: int
    chance: random.Random
    shared: Pool | None = None
    most: int = 0  # calls that were under way at one moment

    def __call__(self, *works: Callable[[], T]) -> list[T]:
        """What the works return; they are done at the same moment."""
        said = CURRENT.get().transcript
        before = len(said)
        results = at_once(works, self._delays(len(works), said), self.shared)
        self.most = max(self.most, overlapping(said[before:]))
        return results

    def _delays(self, count: int, said: Sequence[Reply]) -> list[float]:
        took = [reply.ended - reply.began for reply in said[-20:] if reply.status is not None]
        usual = min(_LONGEST, median(took) if took else _USUAL)
        if self.number % 3 == 0:
            return [0.0] * count
        if self.number % 3 == 1:
            return [(place % 2) * usual * self.chance.random() for place in range(count)]
        return [usual * self.chance.random() for _ in range(count)]


@dataclass
class Bursts:
    """Bursts until so many requests were made or so much time has passed, but at least one."""

    run: Run
    expect: Expect
    chance: random.Random
    shared: Pool | None = None
    budgets: float = 1  # how often the usual budget may be spent
    done: list[Burst] = field(default_factory=list)

    def __iter__(self) -> Iterator[Burst]:
        races, said = self.run.effort.numbers.races, self.run.transcript
        requests, seconds = races.requests * self.budgets, races.seconds * self.budgets
        begun, before = time.monotonic(), len(said)
        while not self.done or (len(said) - before < requests and time.monotonic() - begun < seconds):
            CURRENT.get().rounds.append(len(said))
            self.done.append(Burst(len(self.done), races.width, self.chance, self.shared))
            yield self.done[-1]
        self._tell()

    def by(self, connections: int) -> Bursts:
        """The same, but all who call share so many connections, as behind a gateway."""
        return replace(self, shared=Pool("shared", connections, shared=True), done=[])

    def longer(self, times: float) -> Bursts:
        """The same, with so many times the budget: for a check that has many kinds of calls to try."""
        return replace(self, budgets=times, done=[])

    def _tell(self) -> None:
        """How it went. Raises Unproven when no two calls were under way at one moment."""
        overlapped = [burst for burst in self.done if burst.most > 1]
        if not overlapped:
            raise Unproven("no two calls were under way at one moment; try without --max-rps, and nearer to the target")
        most = max(burst.most for burst in overlapped)
        self.expect.observe(f"{MEASURED}{len(overlapped)} of {len(self.done)} bursts overlapped, {most} calls at most")
