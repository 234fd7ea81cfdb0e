"""One exploration for all the checks of a run: what each of them has to say of its requirement."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from sessionproof.cases import default_folder
from sessionproof.expect import Expect, NotCome, Violation
from sessionproof.explore.as_test import as_test
from sessionproof.explore.campaign import BUDGETS, Campaign, Found
from sessionproof.explore.kept import WALKS, Kept
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.settings import Settings

__all__ = ["JUDGED", "Exploration"]

JUDGED = (
    "LIF-01", "LIF-02", "LIF-03", "LIF-04", "LIF-05", "LIF-06", "LIF-07", "LIF-08", "LIF-09",
    "RES-01", "RES-02", "RES-03", "RES-04", "RES-05", "RES-07", "RES-08", "RES-09", "RES-10", "RES-11",
    "ISO-01", "ISO-02", "ISO-03", "ISO-05", "ISO-06", "ISO-07", "ISO-08", "ISO-09",
    "EXP-01", "EXP-02", "EXP-05", "EXP-06", "EXP-07", "EXP-08", "EXP-09", "EXP-11",
    "MSG-01", "MSG-02", "MSG-04", "MSG-05", "MSG-06", "MSG-07", "MSG-08", "MSG-09", "MSG-10",
    "CAS-01", "CAS-02", "CAS-03", "CAS-04", "CAS-05", "CAS-07", "CAS-08",
    "UPL-01", "UPL-02", "UPL-03", "UPL-05", "UPL-06", "SEC-02", "SEC-03", "SEC-07",
)  # fmt: skip


class Exploration:
    """Walks when the first of its checks asks, and then answers all of them."""

    def __init__(
        self,
        run: Run,
        settings: Settings,
        wanted: Collection[str],
        *,
        may_jump: bool = True,
        tell: Callable[[int, int | None], None] = lambda requests, most: None,
    ) -> None:
        budget = BUDGETS[run.effort]
        if settings.max_time is not None:
            budget = replace(budget, seconds=settings.max_time, requests=None)
        self.run, self._folder = run, settings.cases or default_folder()
        self.campaign = Campaign(run, frozenset(wanted), budget, settings.life, may_jump, tell)
        self._done = False

    def judge(self, requirement: str, expect: Expect) -> None:
        """Raises Violation where the requirement broke, and NotCome where nothing was seen of it."""
        self._carry_out()
        held, found = self.campaign.held[requirement], self.campaign.found.get(requirement)
        expect.exercised += held + (found is not None)
        if found is not None:
            raise self._violation(found)
        if not held:
            raise NotCome(f"in {self.campaign.walks} walks nothing was seen of it")

    def _carry_out(self) -> None:
        if self._done:
            return
        self._done = True
        before = CURRENT.get()
        try:
            kept = WALKS.read(self._folder, self.run.contract)
            self.campaign.begin_with(one.steps for one in kept)
            self.campaign.explore()
        finally:
            CURRENT.set(before)
            self._keep()

    def _keep(self) -> None:
        new = [Kept(found.requirement, found.steps) for found in self.campaign.found.values()]
        if new:
            WALKS.keep(self._folder, self.run.contract, [*WALKS.read(self._folder, self.run.contract), *new])

    def _violation(self, found: Found) -> Violation:
        violation, reply = found.violation, found.violation.reply
        assert reply is not None
        told = found.walk.told(reply)
        CURRENT.set(Talk(CURRENT.get().check, told, timed=found.walk.time_passed))
        seen = violation.seen
        if not found.again:
            seen = f"{seen} (once; the same {len(found.steps)} steps didn't show it again)"
        looks = tuple(one for one in told if one.request.method == "GET" or one is reply)
        test = as_test(found.requirement, found.walk, found.test, reply) if found.again else ""
        return Violation(violation.expected, seen, reply, shown=looks, test=test)
