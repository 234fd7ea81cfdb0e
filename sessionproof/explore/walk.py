"""A walk: one step after the other against the target, each answer compared with what the model says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.contract import Binding, Contract
from sessionproof.expect import Unproven
from sessionproof.explore.cast import Cast
from sessionproof.explore.claims import Claims, Unclear
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace, Traces
from sessionproof.explore.world import Session, State, World
from sessionproof.lists import Pages, listed
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.wire import Raw, Reply

__all__ = ["Walk"]

_ROOM = 2.0  # seconds that a step may take: who might end meanwhile takes no part in it
_CHECK = "exploration"
_ONLY_LOOKING = ("everything", "look", "look_at_list")


@dataclass
class Learned:
    """What the contract leaves open, and the target has shown once."""

    questions_are_messages: bool | None = None


@dataclass
class Walk:
    """One life of a few users, from nothing. `steps` are those that were taken."""

    run: Run
    claims: Claims
    learned: Learned = field(default_factory=Learned)
    told_life: float | None = None
    steps: list[Step] = field(default_factory=list)
    jumped: float = 0.0

    def __post_init__(self) -> None:
        self.contract: Contract = self.run.contract
        self.world = World(self.contract)
        self.traces = Traces(self.world)
        self.cast = Cast.of(self.run, 0, 0)
        self.refused: set[int] = set()  # users whom the target doesn't take
        self._callers: dict[int, Caller] = {}
        self._begun: list[int] = []  # where each step's calls begin
        self._made: list[int] = []  # how many sessions there were before each step
        self._passed: list[tuple[int, float]] = []  # where time passed, and how much
        self._raws: dict[int, Raw] = {}
        self.talk = Talk(_CHECK)
        CURRENT.set(self.talk)

    @property
    def transcript(self) -> list[Reply]:
        return self.talk.transcript

    def begin(self, step: Step) -> None:
        """Before a step: who may be about to end is left alone."""
        now = self.now()
        self.world.is_at(now, now + _ROOM, self.tolerance)
        self.steps.append(step)
        self._begun.append(len(self.transcript))
        self._made.append(len(self.world.sessions))

    def let_pass(self, seconds: float) -> None:
        """Time passes, by a jump of the clock."""
        assert self.run.clock is not None
        self.run.clock.jump(seconds)
        self.jumped += seconds
        self._passed.append((len(self.transcript), seconds))
        now = self.now()
        self.world.is_at(now, now + _ROOM, self.tolerance)

    # What a repeat needs

    @property
    def made(self) -> list[range]:
        """For each step the numbers of the sessions that it made."""
        return [range(*pair) for pair in pairwise([*self._made, len(self.world.sessions)])]

    def told(self, shown: Reply) -> list[Reply]:
        """The calls of the walk up to `shown`; of steps that only look at everything, the last one."""
        told: list[Reply] = []
        for step, begin, end in zip(self.steps, self._begun, [*self._begun[1:], len(self.transcript)], strict=True):
            calls = self.transcript[begin:end]
            told += [reply for reply in calls if step.act not in _ONLY_LOOKING or reply is shown]
            if any(reply is shown for reply in calls):
                return told[: next(i for i, reply in enumerate(told) if reply is shown) + 1]
        return told

    def passed(self, after: Reply | None, before: Reply) -> float:
        """The seconds by which the clock was moved between two calls, or since the begin."""
        begin, end = (next((i for i, one in enumerate(self.transcript) if one is call), -1) for call in (after, before))
        return sum(seconds for at, seconds in self._passed if begin < at <= end)

    @property
    def time_passed(self) -> bool:
        return bool(self._passed)

    def raw_of(self, reply: Reply) -> Raw | None:
        return self._raws.get(id(reply))

    def caller(self, user: int) -> Caller:
        if user not in self._callers:
            self._callers[user] = self.cast.caller(user)
        return self._callers[user]

    def nobody(self) -> Caller:
        return Caller(self.run, self.run.stranger(None))

    def now(self) -> float:
        return self.run.clock.now() if self.run.clock is not None else time.monotonic()

    @property
    def tolerance(self) -> float:
        return self.run.clock.tolerance if self.run.clock is not None else 1.0

    def session(self, number: int) -> Session | None:
        """A living session, by its number."""
        there = self.world.sessions
        return there[number] if 0 <= number < len(there) and there[number].alive else None

    def ending(self, number: int) -> Session | None:
        """A dead one."""
        there = self.world.sessions
        return there[number] if 0 <= number < len(there) and there[number].dead else None

    def bindings(self, operation: str) -> tuple[Binding, ...]:
        return self.contract.all(operation)

    def call(
        self,
        user: int,
        binding: Binding,
        session: Session | str | None = None,
        *,
        raw: Raw | None = None,
        caller: Caller | None = None,
        **values: Any,
    ) -> Reply:
        """One request. Raises Unclear where no answer came, and Broken where it shows what belongs elsewhere."""
        named = session.id if isinstance(session, Session) else session
        reply = (caller or self.caller(user)).call(binding, named, raw=raw, **values)
        self._raws |= {id(reply): raw} if raw is not None else {}
        if isinstance(session, Session):
            self._in_time(session, reply)
        return self.heard(user, reply)

    def try_on(self, user: int, binding: Binding, session: str, *, caller: Caller | None = None, **how: Any) -> Reply:
        """The same with plain values for whatever it takes."""
        reply = (caller or self.caller(user)).try_on(binding, session, **how)
        self._raws |= {id(reply): how["raw"]} if how.get("raw") is not None else {}
        return self.heard(user, reply)

    def pages(
        self, user: int, operation: str, session: Session | None, page: int | None, broken: str, **filters: Any
    ) -> Pages:
        """A list to its end; one that can't be read breaks the requirement `broken`."""
        try:
            read = listed(self.caller(user), operation, session.id if session else None, page=page, **filters)
        except SetUpFailed as failure:
            self.claims.reply(broken, failure.reply, "succeeds")
            self.claims.that(broken, False, failure.reply, expected="a list", seen="none", test=("succeeds",))
            raise Unclear(str(failure)) from None
        except Unproven as cut:
            raise Unclear(str(cut)) from None
        for reply in read.replies:
            if session is not None:
                self._in_time(session, reply)
            self.heard(user, reply)
        return read

    def heard(self, user: int, reply: Reply) -> Reply:
        if reply.status is None:
            raise Unclear(reply.answer.failure)
        stray = self.traces.stray(reply, user)
        if stray is not None:
            requirement, mark, what = stray
            expected = f"nothing of other sessions in the answer to {reply.request.binding.name}"
            self.claims.that(requirement, False, reply, expected=expected, seen=what, test=("lacks", mark, what))
        return reply

    def leave(self, content: Mapping[str, Any] | str | bytes, trace: Trace) -> None:
        """Remember where this text went."""
        self.traces.leave(content if isinstance(content, bytes) else repr(content).encode(), trace)

    def _in_time(self, session: Session, reply: Reply) -> None:
        if session.alive and session.life.state(reply.began, reply.ended, self.tolerance) is not State.ALIVE:
            session.state = State.UNSURE
            raise Unclear("the answer came too near the end of a session")

    def suspects(self, session: Session, otherwise: str) -> str:
        """The requirement that is broken where a session isn't what it was, by what was done since it was seen."""
        done = set(session.since) - {"seen"}
        if not done:
            return "ISO-09"
        return _SUSPECTS.get(done.pop(), otherwise) if len(done) == 1 else otherwise

    def seen_whole(self, session: Session) -> None:
        session.since.clear()


_SUSPECTS = {
    "resume": "RES-03",
    "foreign": "ISO-02",
    "nobody": "ISO-05",
    "read": "LIF-03",
    "refused": "SEC-03",
    "claimed": "ISO-06",
    "mixed": "ISO-07",
    "stray": "ISO-08",
    "time": "EXP-02",
}
