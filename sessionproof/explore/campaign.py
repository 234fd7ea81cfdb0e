"""One exploration: kept failures first, then walks until the budget is spent; what broke, made small."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sessionproof.effort import Effort
from sessionproof.expect import Violation
from sessionproof.explore.acts import take
from sessionproof.explore.claims import Broken, Claims, Unclear, View
from sessionproof.explore.smaller import smaller
from sessionproof.explore.steps import Step
from sessionproof.explore.walk import Learned, Walk
from sessionproof.explore.world import World
from sessionproof.run import CURRENT, Run, Talk, TargetLost
from sessionproof.wire import Reply

__all__ = ["BUDGETS", "Budget", "Campaign", "Found"]


@dataclass(frozen=True)
class Budget:
    """How much is tried: walks of so many steps, until requests or seconds are spent."""

    requests: int | None  # None: only time ends it
    seconds: float
    steps: int = 25
    smaller: float = 8.0  # seconds for making one failure smaller


BUDGETS = {
    Effort.QUICK: Budget(200, 4.0, steps=12, smaller=3.0),
    Effort.NORMAL: Budget(1000, 10.0),
    Effort.THOROUGH: Budget(20_000, 120.0, steps=40, smaller=30.0),
}
_WALKS = 20  # in one round of Hypothesis


@dataclass
class Found:
    """A requirement that broke, and the shortest walk that showed it."""

    requirement: str
    violation: Violation
    test: View | tuple[Any, ...]
    walk: Walk
    again: bool = False  # whether the same steps showed it once more
    at: float = 0.0  # seconds after the start
    requests: int = 0  # before it was found first

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self.walk.steps)

    @property
    def transcript(self) -> list[Reply]:
        return self.walk.transcript


@dataclass
class Campaign:
    """Explores one target. `found` and `held` are what came of it."""

    run: Run
    wanted: Collection[str]
    budget: Budget
    told_life: float | None = None
    may_jump: bool = True
    tell: Callable[[int, int | None], None] = lambda requests, most: None  # is told how far it is, at each step
    enough: Callable[[Found], bool] = lambda found: False  # what ends it before its budget
    found: dict[str, Found] = field(default_factory=dict)
    walks: int = 0
    steps: int = 0
    unclear: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.claims = Claims(self.wanted)
        self.learned = Learned()
        self._began, self._asked = time.monotonic(), self.run.recorder.count
        self._new_one: Found | None = None  # that was found, and not looked at yet
        self._fault: BaseException | None = None

    @property
    def held(self) -> Counter[str]:
        return self.claims.held

    @property
    def spent(self) -> bool:
        """Whether there is no more time, or no more requests."""
        most = self.budget.requests
        return time.monotonic() - self._began > self.budget.seconds or (most is not None and self.asked > most)

    @property
    def asked(self) -> int:
        """How many requests it has made."""
        return self.run.recorder.count - self._asked

    def take(self, walk: Walk, step: Step) -> None:
        self.tell(self.asked, self.budget.requests)
        take(walk, step)

    def replay(self, steps: Collection[Step]) -> Found | None:
        """What these steps break, if they break anything."""
        walk = self._new()
        try:
            for step in steps:
                self.take(walk, step)
        except Broken as broken:
            return self._found(broken, walk)
        except Unclear as why:
            self.unclear[str(why)] += 1
        finally:
            self._leave(walk)
        return None

    def begin_with(self, walks: Iterable[Collection[Step]]) -> None:
        """Walks of earlier runs that broke something. What they break again is told, and not looked for any more."""
        for steps in walks:
            found = self.replay(steps)
            if found is not None:
                found.again = True
                self.found[found.requirement] = found
                self.claims.muted.add(found.requirement)

    def explore(self) -> None:
        """Walk until the budget is spent."""
        from sessionproof.explore.machine import draw_walks

        number = 0
        while not self.spent and not self.wanted <= self.claims.muted:  # type: ignore[operator]
            self._new_one, number = None, number + 1
            try:
                draw_walks(
                    self.run.contract,
                    lambda: _Walker(self),
                    seed=self.run.seed * 1000 + number,
                    walks=_WALKS,
                    steps=self.budget.steps,
                    time_can_pass=self.may_jump and self.run.clock_jumps,
                )
            except Exception as error:
                self._expected(error)
            if self._fault is not None:
                raise self._fault
            if self._new_one is not None:
                self._confirm(self._new_one)
                self.claims.muted.add(self._new_one.requirement)
                if self.enough(self._new_one):
                    return

    def _expected(self, error: Exception) -> None:
        """Failures are remembered where they happen; whatever else Hypothesis has to say of them is of no use."""
        from hypothesis.errors import HypothesisException

        if not isinstance(error, Broken | HypothesisException | BaseExceptionGroup):
            raise error

    def _confirm(self, found: Found) -> None:
        """The same steps once more, and then fewer: what doesn't happen again is told as that."""
        until = time.monotonic() + self.budget.smaller

        def breaks(steps: Sequence[Step]) -> Found | None:
            if time.monotonic() > until:
                return None
            again = self.replay(steps)
            if again is None or again.requirement != found.requirement:
                return None
            again.at, again.requests, again.again = found.at, found.requests, True
            return again

        again = breaks(found.steps) or breaks(found.steps)
        if again is not None:
            found = smaller(again, lambda one: (one.steps, one.walk.made), breaks)
        self.found[found.requirement] = found

    # What walks tell

    def _new(self) -> Walk:
        self.walks += 1
        return Walk(self.run, self.claims, self.learned, self.told_life)

    def note(self, broken: Broken, walk: Walk) -> None:
        """Remember a failure; no walk is taken after it until it has been looked at."""
        self._new_one = self.found[broken.requirement] = self._found(broken, walk)

    def _found(self, broken: Broken, walk: Walk) -> Found:
        at = time.monotonic() - self._began
        return Found(broken.requirement, broken.violation, broken.test, walk, at=at, requests=self.asked)

    @property
    def idle(self) -> bool:
        """Whether a walk is to do nothing more."""
        return self._new_one is not None or self._fault is not None or self.spent

    def fail(self, error: BaseException) -> None:
        self._fault = error

    def _leave(self, walk: Walk) -> None:
        """Delete what a walk has left."""
        CURRENT.set(Talk("exploration"))
        contract = self.run.contract
        if not contract.has("delete") or self.run.lost:
            return
        for session in walk.world.sessions:
            if not session.dead:
                walk.caller(session.user).delete(session.id)


class _Walker:
    """A walk under Hypothesis: nothing but what broke leaves it."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._over = campaign.idle
        self._walk = None if self._over else campaign._new()

    @property
    def world(self) -> World:
        return self._walk.world if self._walk is not None else World(self._campaign.run.contract)

    def take(self, step: Step) -> None:
        self._over = self._over or self._campaign.idle
        if self._over or self._walk is None:
            return
        try:
            self._campaign.take(self._walk, step)
            self._campaign.steps += 1
        except Broken as broken:
            self._over = True
            self._campaign.note(broken, self._walk)
            raise
        except Unclear as why:
            self._over = True
            self._campaign.unclear[str(why)] += 1
        except (Exception, TargetLost) as error:
            self._over = True
            self._campaign.fail(error)

    def end(self) -> None:
        try:
            self.take(Step("everything"))
        finally:
            if self._walk is not None:
                try:
                    self._campaign._leave(self._walk)
                except Exception as error:
                    self._campaign.fail(error)
