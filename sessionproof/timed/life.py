"""A session's life as a client knows it: it began somewhere between two moments, and lasts as declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from math import inf
from random import Random
from typing import Any, TypeVar

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Contract
from sessionproof.effort import Effort
from sessionproof.expect import Expect, Unproven
from sessionproof.run import CURRENT, Run
from sessionproof.timed.moments import Moments
from sessionproof.wire import Reply

__all__ = ["Life", "Lives"]

T = TypeVar("T")

_SHORTEST_WAIT = 30.0  # seconds; a shorter life leaves too little between one tolerance and the next
_ONE_LIFE, _SEVERAL_LIVES = 1.1, 2.2  # lives that a check waits for: to the first end, and after late renewals
_TOLERANCES = 8  # in the shortest life of use
_TRIES = 3  # of a probe that comes too late
_QUICK = 2  # probes of one check at quick effort
_BORN: ContextVar[tuple[Life, ...]] = ContextVar("born", default=())  # by this probe
_ROOM = 0.02  # of a life, kept free before the end for the probe itself


@dataclass(frozen=True)
class Life:
    """`length` seconds on the clock, counted from a moment between `since` and `until`."""

    moments: Moments
    length: float
    since: float
    until: float
    known: bool = True  # else nothing can be told of its end
    limit: float = inf  # the moment from which on it may be over whatever renews it

    def at(self, fraction: float) -> None:
        """Wait for this part of the life: 0.5 is its middle, 1.5 half a life after its end."""
        moment = self.until + fraction * self.length
        self.moments.until(moment, moment + _ROOM * self.length)

    def nearly_over(self) -> None:
        """Wait until shortly before the end."""
        room = _ROOM * self.length
        moment = self.since + self.length - self.tolerance - room
        self.moments.until(moment - room, moment)

    def over(self) -> None:
        """Wait until shortly after the end."""
        moment = self.until + self.length + self.tolerance
        self.moments.until(moment, moment + self.tolerance)

    def renewed(self, reply: Reply) -> Life:
        """A whole life, from this call on; nothing is known of it if the call didn't succeed."""
        return replace(self, since=reply.began, until=reply.ended, known=reply.ok)

    def perhaps_renewed(self, reply: Reply) -> Life:
        """The life as it is, or a whole one from this call on."""
        return replace(self, until=reply.ended)

    def lasts_beyond(self, reply: Reply) -> bool:
        """Whether the answer surely came before the end."""
        return self.known and reply.ended <= self._first_end - self.tolerance

    @property
    def lasts_now(self) -> bool:
        """Whether the end is surely still to come."""
        return self.moments.clock.now() <= self._first_end - self.tolerance

    @property
    def _first_end(self) -> float:
        return min(self.since + self.length, self.limit)

    def was_over_before(self, reply: Reply) -> bool:
        """Whether the call was surely made after the end."""
        return self.known and reply.began >= self.until + self.length + self.tolerance

    def moment_of(self, reply: Reply) -> str:
        """When a call was made that came surely before the end, or surely after it."""
        if self.was_over_before(reply):
            return f"{reply.began - self.until - self.length:.1f} s after the end of its life of {self.length:g} s"
        return f"{self._first_end - reply.ended:.1f} s before the end of its life of {self.length:g} s"

    @property
    def tolerance(self) -> float:
        return self.moments.clock.tolerance


class Lives:
    """Makes sessions whose ends can be waited for, and lets probes wait side by side."""

    def __init__(
        self, run: Run, moments: Moments, told: float | None, patience: float, expect: Expect | None = None
    ) -> None:
        self.run, self.moments = run, moments
        self.told, self.patience = told, patience
        self.expect = Expect() if expect is None else expect  # that of the check which they are for
        self.clock = moments.clock

    def born(self, caller: Caller, *, lives: float | None = None, **values: Any) -> tuple[str, Life]:
        """A new session's id and its life: `lives` seconds of the contract, or as short as is of use.

        Raises SetUpFailed when there is no session, and Unproven where its end is unknown or too far away.
        """
        asked: dict[str, Any] = self._usable() if lives is None else {"life": lives}
        reply = caller.arranged(caller.create(**values, **asked), "create")
        seconds = self.length if lives is None else lives * self.clock.scale
        most = self.run.contract.life.absolute
        limit = inf if most is None else reply.began + most * self.clock.scale
        life = Life(self.moments, seconds, reply.began, reply.ended, limit=limit)
        _BORN.set((*_BORN.get(), life))
        return reply.session, life

    def together(self, probe: Callable[[T], None], things: Iterable[T]) -> None:
        """Carry out `probe` for each of `things`, side by side; raise the first error when all have ended.

        One that came too late to tell anything is carried out again. At quick effort two are tried, which depends on
        the seed.
        """
        chosen = list(things)
        if self.run.effort is Effort.QUICK and len(chosen) > _QUICK:
            chosen = Random(f"{self.run.seed}/{CURRENT.get().check}").sample(chosen, _QUICK)  # noqa: S311
        self.moments.together(lambda thing: self._in_time(lambda: probe(thing)), chosen)

    def _in_time(self, probe: Callable[[], None]) -> None:
        """Where the machine was too busy at that moment: again, with sessions of its own, while patience allows it."""
        said = CURRENT.get().transcript
        heard = len(said)
        for times in range(1, _TRIES + 1):
            late = self.expect.left_undecided_by(lambda: self._or_too_late(probe))
            if not late or times == _TRIES or self.moments.waited * (times + 1) / times > self.patience:
                return
            self.expect.look_again(late)
            del said[heard:]

    def _or_too_late(self, probe: Callable[[], None]) -> None:
        """A set-up that fails when a life may have ended on the way is no error: it came too late."""
        _BORN.set(())
        try:
            probe()
        except SetUpFailed:
            if all(life.lasts_now for life in _BORN.get()):
                raise
            self.expect.leave_undecided()

    def of_default_length(self, caller: Caller) -> tuple[str, Life]:
        """A session made without asking for a life. Raises Unproven where the default is unknown or too long."""
        default = self.run.contract.life.default
        if default is None and self.told is None:
            raise Unproven("the contract doesn't say how long a session lives by default; --life tells it")
        seconds = self.told if self.told is not None else (default or 0.0) * self.clock.scale
        self._bearable(seconds, lives=_ONE_LIFE)
        reply = caller.arranged(caller.create(), "create")
        return reply.session, Life(self.moments, seconds, reply.began, reply.ended)

    def lasting(self, caller: Caller, seconds: float, **values: Any) -> tuple[str, Life]:
        """A session made without asking for a life, which ends `seconds` (of the contract) later whatever is done."""
        self._bearable(seconds * self.clock.scale, lives=_ONE_LIFE)
        reply = caller.arranged(caller.create(**values), "create")
        return reply.session, Life(self.moments, seconds * self.clock.scale, reply.began, reply.ended)

    @property
    def length(self) -> float:
        """Seconds on the clock that an ordinary life of this run lasts."""
        asked = shortest(self.run.contract, self.clock.scale, jumps=self.clock.jumps, told=self.told)
        if self.told is not None and "life" not in asked:
            return self.told
        return (asked.get("life") or self.run.contract.life.default or 0.0) * self.clock.scale

    def bearable(self, seconds: float) -> bool:
        """Whether a session that asks to live so long (in the contract's seconds) can be waited for.

        While time passes by itself, longer lives than the longest wait of the other checks are left out. Raises
        Unproven where not even an ordinary life can be waited for.
        """
        self._bearable(self.length)
        return self.clock.jumps or seconds * self.clock.scale <= min(2 * self.length, self.patience)

    def _usable(self) -> dict[str, Any]:
        asked = shortest(self.run.contract, self.clock.scale, jumps=self.clock.jumps, told=self.told)
        if not self.length:
            raise Unproven(
                "the contract doesn't say how long a session lives; declare life.default, or add --life SECONDS"
            )
        self._bearable(self.length)
        return asked

    def _bearable(self, seconds: float, lives: float = _SEVERAL_LIVES) -> None:
        """Raises Unproven where a check that takes so many lives of `seconds` would wait too long, or tell nothing."""
        wait = seconds * lives
        if not self.clock.jumps and wait > self.patience:
            raise Unproven(
                f"a life of {seconds:g} s takes {wait:.0f} s to be judged, longer than --patience {self.patience:g}: "
                "raise it, shorten the lives and tell --life, or take a clock that jumps (control, redis, faketime)"
            )
        if seconds < _TOLERANCES * self.clock.tolerance:
            raise Unproven(
                f"a life of {seconds:g} s is too short to be told from one that is {self.clock.tolerance:g} s off; "
                f"let it be {_TOLERANCES * self.clock.tolerance:g} s or more"
            )


def shortest(contract: Contract, scale: float, *, jumps: bool, told: float | None) -> dict[str, float]:
    """What to ask of a create for a life that is soon over but not too soon; nothing where the default will do."""
    life = contract.life
    if told is not None or (jumps and life.default is not None) or "timeout" not in contract.capabilities:
        return {}
    unit = contract.first("create").life_unit
    wanted = max(life.minimum or 0.0, _SHORTEST_WAIT / scale)
    whole = -(-wanted // unit) * unit
    return {"life": min(whole, life.maximum) if life.maximum is not None else whole}
