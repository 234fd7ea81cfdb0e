"""Timed checks under pytest: all of them begin together, each in a thread, and are asked for their results in turn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.clocks import Clock
from sessionproof.expect import Expect
from sessionproof.judge import lacking
from sessionproof.plugin.stash import EXPECT, requirement_of_item
from sessionproof.plugin.telling import telling
from sessionproof.requirements import load_requirements
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.settings import Settings
from sessionproof.timed import Lives, Moments
from sessionproof.timed.moments import Job

__all__ = ["Timed", "is_timed"]


def is_timed(item: pytest.Item) -> bool:
    """Whether the test waits for moments of a session's life."""
    return "lives" in getattr(item, "fixturenames", ())


class Timed:
    """Carries out the timed checks of one pytest session.

    While time passes by itself they wait beside the other checks. A clock that jumps would end those checks' sessions,
    and users who are given, not invented, would see the sessions of both: then the timed ones come afterwards. Under
    xdist one worker has them all.
    """

    def __init__(self, config: pytest.Config, run: Run, clock: Clock, settings: Settings) -> None:
        self.config, self.run = config, run
        self.moments = Moments(clock)
        self._told, self._patience = settings.life, settings.patience
        self._jobs: dict[str, Job] = {}
        self._expected: dict[str, Expect] = {}
        self._worker = hasattr(config, "workerinput")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        beside = not self.run.clock_jumps and (self.run.invents_users or self.run.contract.identity.kind == "none")
        if beside and not self._worker and not session.config.option.collectonly:
            self._start(session.items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not is_timed(pyfuncitem):
            return None
        if pyfuncitem.nodeid not in self._jobs:
            self._start(pyfuncitem.session.items)
        pyfuncitem.stash[EXPECT] = self._expected[pyfuncitem.nodeid]
        job = self._jobs[pyfuncitem.nodeid]
        while job.thread.is_alive():
            job.thread.join(0.5)
            if job.thread.is_alive():
                self._tell()
        CURRENT.set(job.talk)
        if job.error is not None:
            raise job.error
        return True

    def _tell(self) -> None:
        with telling(self.config) as progress:
            if progress is not None:
                progress.waiting(self.moments.left())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.moments.stop()
        for job in self._jobs.values():
            job.thread.join(self.run.sender.timeout)
        if self._worker:
            self.config.workeroutput["sessionproof_waited"] = self.moments.longest  # type: ignore[attr-defined]

    # Under xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        waited = getattr(node, "workeroutput", {}).get("sessionproof_waited", 0.0)
        self.moments.longest = max(self.moments.longest, waited)

    # Their own threads

    def _start(self, items: Sequence[pytest.Item]) -> None:
        before = CURRENT.get()
        with self.moments.busy():
            for item in items:
                if isinstance(item, pytest.Function) and is_timed(item) and not self._lacks(item):
                    CURRENT.set(Talk(item.name, timed=True))
                    expect = self._expected[item.nodeid] = Expect()
                    self._jobs[item.nodeid] = self.moments.start(self._work(item, expect))
        CURRENT.set(before)

    def _lacks(self, item: pytest.Item) -> bool:
        named = requirement_of_item(item)
        lack = named and lacking(load_requirements()[named], self.run.contract.capabilities, self.run.means)
        return bool(self.run.lost or lack)

    def _work(self, item: pytest.Function, expect: Expect) -> Any:
        names = [name for name in item.fixturenames if name in item._fixtureinfo.argnames]
        return lambda: item.obj(**{name: self._made(name, item.name, expect) for name in names})

    def _made(self, name: str, check: str, expect: Expect) -> Any:
        run = self.run
        made: dict[str, Any] = {
            "expect": expect,
            "lives": Lives(run, self.moments, self._told, self._patience, expect),
            "numbers": run.effort.numbers,
            "target": run,
        }
        if name in made:
            return made[name]
        if name in ("alice", "bob", "carol"):
            return Caller(run, run.actor(name))
        if name == "nobody":
            return Caller(run, run.stranger(None))
        if name == "new_caller":
            return lambda caller, user=None: Caller(run, run.actor(caller, user))
        if name == "chance":
            return random.Random(f"{run.seed}/{check}")  # noqa: S311
        raise pytest.UsageError(f"{check}: a timed check can't have the fixture {name}")
