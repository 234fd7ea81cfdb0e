"""The waiting of a run: probes wait side by side, and a clock that jumps jumps when every one of them is waiting."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from sessionproof.clocks import Clock
from sessionproof.run import CURRENT, Talk

__all__ = ["Job", "Moments", "Stopped", "raise_first"]

T = TypeVar("T")

_WAITED: ContextVar[float] = ContextVar("waited", default=0.0)  # seconds of this probe, and of the check it is part of


class Stopped(Exception):
    """The run ends before the moment that was waited for."""


@dataclass(eq=False)
class _Wait:
    earliest: float
    latest: float
    over: bool = False


class Moments:
    """Gives threads the moments of one clock. Safe to use from any thread that `run` has started."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.longest = 0.0  # seconds that one probe has waited in all; 0 with a clock that jumps
        self._changed = threading.Condition()
        self._waits: list[_Wait] = []
        self._joins: list[_Join] = []
        self._busy = 0  # threads that are neither waiting here nor for others
        self._failure: BaseException | None = None

    def until(self, earliest: float, latest: float | None = None) -> None:
        """Return at a time between `earliest` and `latest` on the clock, or soon after `earliest` if that has passed.

        Raises Stopped when the run ends, and ClockError when the clock can't be moved.
        """
        with self._changed:
            wait = _Wait(earliest, max(earliest, earliest if latest is None else latest))
            if self.clock.jumps:
                self._wait_for_a_jump(wait)
            else:
                self._wait_while_it_passes(wait)

    def together(self, probe: Callable[[T], None], things: Iterable[T]) -> None:
        """Carry out `probe` for each of `things`, side by side; when all have ended, raise the first error of them."""
        started = [self.start(lambda thing=thing: probe(thing)) for thing in things]  # type: ignore[misc]
        with self._changed:
            join = _Join(started)
            self._joins.append(join)
            self._busy -= 1
            self._go_on()
            while not join.over:
                self._changed.wait()
        raise_first(started)

    def start(self, work: Callable[[], None]) -> Job:
        """Begin `work` in a thread of its own, with a transcript of its own."""
        said = CURRENT.get()
        turns = count(next(said.turns))
        begun = Talk(said.check, list(said.transcript), timed=True, turns=turns, history=said.history)
        job = Job(begun, inherited=len(said.transcript))
        with self._changed:
            self._busy += 1

        def run() -> None:
            CURRENT.set(job.talk)
            try:
                work()
            except BaseException as error:
                job.error = error
            finally:
                job.talk = CURRENT.get()
                with self._changed:
                    job.ended = True
                    self._busy -= 1
                    self._go_on()

        job.thread = threading.Thread(target=copy_context().run, args=(run,), name=job.talk.check, daemon=True)
        job.thread.start()
        return job

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Meanwhile the clock doesn't jump."""
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._go_on()

    def stop(self, why: BaseException | None = None) -> None:
        """End every wait, with Stopped or with `why`."""
        with self._changed:
            self._failure = self._failure or why or Stopped("the run was stopped")
            self._changed.notify_all()

    @property
    def waited(self) -> float:
        """Seconds that this thread has waited, and the check that it is part of; 0 with a clock that jumps."""
        return _WAITED.get()

    def left(self) -> float | None:
        """Seconds until all present waits have ended by themselves; None when nobody waits, or the clock jumps."""
        with self._changed:
            if self.clock.jumps or not self._waits:
                return None
            return max(0.0, max(wait.earliest for wait in self._waits) - self.clock.now())

    def _wait_while_it_passes(self, wait: _Wait) -> None:
        self._waits.append(wait)
        begun = self.clock.now()
        try:
            while self._failure is None and (left := wait.earliest - self.clock.now()) > 0:
                self._changed.wait(left)
        finally:
            self._waits.remove(wait)
            _WAITED.set(_WAITED.get() + self.clock.now() - begun)
            self.longest = max(self.longest, _WAITED.get())
        self._raise_failure()

    def _wait_for_a_jump(self, wait: _Wait) -> None:
        self._waits.append(wait)
        self._busy -= 1
        self._go_on()
        while self._failure is None and not wait.over:
            self._changed.wait(1.0)
        if not wait.over:
            self._waits.remove(wait)
            self._busy += 1
        self._raise_failure()

    def _go_on(self) -> None:
        """Whoever waits for jobs that have all ended is busy again at once; only then may the clock jump."""
        for join in [join for join in self._joins if all(job.ended for job in join.jobs)]:
            join.over = True
            self._joins.remove(join)
            self._busy += 1
            self._changed.notify_all()
        self._jump_if_all_wait()

    def _jump_if_all_wait(self) -> None:
        """To the last moment that suits the most urgent wait, so that as many as can be are over with one jump."""
        if self._busy or not self._waits or not self.clock.jumps or self._failure is not None:
            return
        goal = min(wait.latest for wait in self._waits)
        try:
            if goal > self.clock.now():
                self.clock.jump(math.ceil((goal - self.clock.now()) * 1000) / 1000)
        except BaseException as error:
            self._failure = error
        now = self.clock.now()
        for wait in [wait for wait in self._waits if wait.earliest <= now]:
            wait.over = True
            self._waits.remove(wait)
            self._busy += 1
        self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


@dataclass(eq=False)
class Job:
    """Something that was started: its thread, what it has said, and how it failed."""

    talk: Talk
    inherited: int = 0  # calls in its transcript that were made before it began
    error: BaseException | None = None
    ended: bool = False
    thread: threading.Thread = field(default_factory=threading.Thread)


@dataclass(eq=False)
class _Join:
    """One thread that waits for jobs."""

    jobs: list[Job]
    over: bool = False


def raise_first(jobs: Sequence[Job]) -> None:
    """Raise the first failed job's error, with its transcript as the current one; else all that was said is current."""
    failed = [job for job in jobs if job.error is not None]
    firm = [job for job in failed if isinstance(job.error, AssertionError)]
    if failed:
        job = (firm or failed)[0]
        CURRENT.set(job.talk)
        assert job.error is not None
        raise job.error
    CURRENT.get().transcript.extend(reply for job in jobs for reply in job.talk.transcript[job.inherited :])
