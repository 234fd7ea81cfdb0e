"""Hypothesis's part: it draws the steps of walks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any, Protocol

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sessionproof.contract import Contract
from sessionproof.explore.acts import ACTS, possible
from sessionproof.explore.steps import Step
from sessionproof.explore.world import World

__all__ = ["Walker", "draw_walks"]


class Walker(Protocol):
    """One walk, as the machine sees it."""

    @property
    def world(self) -> World: ...

    def take(self, step: Step) -> None:
        """Raises what Hypothesis is to take for a failure, and nothing else."""

    def end(self) -> None:
        """The same, at the end of the walk."""


_RECENT = st.sampled_from((0, 0, 0, 0, 1, 1, 2, 3))  # a session: 0 is the newest of those that are meant
_USERS = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
_DRAWN: dict[str, dict[str, st.SearchStrategy[int]]] = {  # what else is drawn for an act
    "create": {"user": _USERS, "way": st.integers(0, 8), "how": st.integers(0, 7)},
    "resume": {"how": st.integers(0, 7)},
    "twins": {"user": st.integers(0, 1), "way": st.integers(0, 40)},
    "look": {"how": st.integers(0, 3)},
    "say": {"way": st.integers(0, 5), "how": st.integers(0, 29)},
    "ask": {"way": st.integers(0, 5), "how": st.integers(0, 4)},
    "chatter": {"way": st.integers(0, 1)},
    "update": {"way": st.integers(0, 2), "how": st.integers(0, 5)},
    "status": {"way": st.integers(0, 3)},
    "upload": {"way": st.integers(0, 6), "how": st.integers(0, 3)},
    "clear": {"way": st.integers(0, 1)},
    "delete": {"way": st.integers(0, 1), "how": st.integers(0, 2)},
    "look_at_list": {"user": _USERS, "way": st.integers(0, 3), "how": st.integers(0, 2)},
    "everything": {"how": st.integers(0, 3)},
    "haunt": {"way": st.integers(0, 30)},
    "intrude": {"user": _USERS, "way": st.integers(0, 30)},
    "anonymous": {"way": st.integers(0, 30)},
    "never": {"way": st.integers(0, 30)},
    "misname": {"way": st.integers(0, 3), "how": st.integers(0, 3)},
    "stray": {"other": _RECENT, "way": st.integers(0, 3), "how": st.integers(0, 1)},
    "second_id": {"other": _RECENT, "way": st.integers(0, 30), "how": st.integers(0, 1)},
    "claim": {"user": st.integers(0, 1)},
    "garble": {"way": st.integers(0, 9), "how": st.integers(0, 9)},
    "first_contact": {"user": _USERS, "way": st.integers(0, 5)},
    "let_pass": {"way": st.integers(0, 3)},
}
_OFTEN = {
    "create": 2,
    "resume": 2,
    "say": 2,
    "ask": 3,
    "delete": 1,
    "upload": 2,
    "intrude": 2,
    "update": 2,
    "haunt": 2,
    "twins": 3,
    "new_case": 2,
}
_ON_DEAD = ("haunt", "resume")  # sessions that may have ended
_ON_NONE = (
    "begin",
    "create",
    "twins",
    "joined",
    "look_at_list",
    "everything",
    "first_contact",
    "claim",
    "let_pass",
)


def draw_walks(
    contract: Contract,
    new_walk: Callable[[], Walker],
    *,
    seed: int,
    walks: int,
    steps: int,
    time_can_pass: bool,
) -> None:
    """Take so many walks of so many steps, or fewer if one fails.

    Raises what it raised, or an error of Hypothesis's own. What was found is the walks' to remember. Nothing is
    printed, and nothing written.
    """
    machine = hypothesis.seed(seed)(_machine(contract, new_walk, time_can_pass=time_can_pass))
    with tempfile.TemporaryDirectory(prefix="sessionproof-") as home:
        set_hypothesis_home_dir(home)
        _leave_out_constants()
        os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")
        run_state_machine_as_test(machine, settings=_settings(walks, steps))


def _leave_out_constants() -> None:
    """Numbers in the program's own modules have no part in what a seed leads to, and cost seconds to find."""
    from hypothesis.internal.conjecture import providers

    if hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = lambda: providers._local_constants


def _settings(walks: int, steps: int) -> settings:
    return settings(
        max_examples=walks,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def _machine(contract: Contract, new_walk: Callable[[], Walker], *, time_can_pass: bool) -> type[RuleBasedStateMachine]:
    """A state machine with a rule for each act that the contract has the operations for."""

    def made(self: Any) -> None:
        RuleBasedStateMachine.__init__(self)
        self.walk = new_walk()

    def begin(self: Any, way: int, how: int) -> None:
        self.walk.take(Step("begin", way=way, how=how))

    def teardown(self: Any) -> None:
        self.walk.end()

    body: dict[str, Any] = {"__init__": made, "teardown": teardown}
    body["begin"] = initialize(way=st.integers(0, 40), how=st.sampled_from((0, 0, 0, 1, 2, 3, 4)))(begin)
    for act in ACTS:
        if act != "begin" and possible(act, contract) and (time_can_pass or act != "let_pass"):
            body |= {f"{act}_{turn}": _rule(act, turn) for turn in range(_OFTEN.get(act, 1))}
    return type("Exploration", (RuleBasedStateMachine,), body)


def _rule(act: str, turn: int) -> Any:
    drawn: dict[str, Any] = dict(_DRAWN.get(act, {}))
    if act not in _ON_NONE:
        drawn["session"] = _RECENT

    def method(self: Any, **values: int) -> None:
        there = _meant(act, self.walk.world)
        for name in ("session", "other"):
            if name in values:
                values[name] = there[values[name] % len(there)]
        self.walk.take(Step(act, **values))

    method.__name__ = f"{act}_{turn}"
    made: Any = rule(**drawn)
    ruled = made(method)
    if act in _ON_NONE:
        return ruled
    return _if_there_is_one(act)(ruled)


def _if_there_is_one(act: str) -> Callable[[Any], Any]:
    is_there: Any = precondition(lambda self: bool(_meant(act, self.walk.world)))
    return lambda ruled: is_there(ruled)


def _meant(act: str, world: World) -> list[int]:
    """Numbers of the sessions that an act can be about, the newest first."""
    if act == "haunt":
        return [one.number for one in reversed(world.dead())]
    if act == "resume":
        return [one.number for one in reversed(world.sessions) if one.client is not None and not one.apart]
    return [one.number for one in reversed(world.alive()) if not one.apart]
