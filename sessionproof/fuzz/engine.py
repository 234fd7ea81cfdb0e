"""Schemathesis's engine on a stage: its phases, its checks beside ours, its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events
from schemathesis.engine.core import Engine, EventStream, ExecutionPlan
from schemathesis.engine.run import PhaseName
from schemathesis.generation.case import Case

from sessionproof.effort import Effort
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.document import explored
from sessionproof.fuzz.stage import Stage
from sessionproof.fuzz.transport import Explored, Transport

__all__ = ["BUDGETS", "Budget", "explore", "failures"]

_LEFT_OUT = (PhaseName.PROBING, PhaseName.AUTH_BOOTSTRAP)  # they have a client of their own, or know other users


@dataclass(frozen=True)
class Budget:
    """How much is tried: cases an operation, chains of linked calls and their length, and of how many answers of a
    hundred we look further, with calls of our own."""

    examples: int
    chains: int
    steps: int
    looks: float
    seconds: int  # after which it ends in any case: a machine, or a target, may be slow


BUDGETS = {
    Effort.QUICK: Budget(8, 10, 8, 20, 120),
    Effort.NORMAL: Budget(40, 40, 10, 35, 300),
    Effort.THOROUGH: Budget(150, 150, 15, 50, 900),
}


@schemathesis.check
def sessionproof(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Ours, all in one: which of them fails is in the message."""
    stage = _stage_of(case)
    heard = stage.heard.get(case.id) if stage is not None else None
    if stage is None or heard is None:
        return None
    found = stage.look(heard)
    if found:
        raise AssertionError("\n".join(f"{one.requirement or one.check}: {one.violation}" for one in found))
    return None


def _stage_of(case: Case[Any]) -> Stage | None:
    transport = case.operation.schema.transport
    return transport.stage if isinstance(transport, _Staged) else None


class _Staged(Transport):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.send, stage.run.contract)
        self.stage = stage


class _OwnWay(Engine):
    """Without the phases that would call the target on their own."""

    def _create_execution_plan(self) -> ExecutionPlan:
        plan = super()._create_execution_plan()
        plan.phases = [phase for phase in plan.phases if phase.name not in _LEFT_OUT]
        return plan


def explore(stage: Stage, budget: Budget, max_time: float | None = None) -> tuple[Explored, EventStream]:
    """The schema, and the engine's events, which have to be read to their end."""
    run = stage.run
    config = schemathesis.Config.from_dict(_config(stage, budget, max_time))
    document = explored(run.contract)
    schema = Explored(raw_schema=document, config=config.projects.get(document))
    schema.ours = _Staged(stage)
    return schema, _OwnWay(schema).execute()


def _config(stage: Stage, budget: Budget, max_time: float | None) -> dict[str, Any]:
    run = stage.run
    return {
        "seed": run.seed,
        "base-url": run.sender.base_url,
        "workers": 1,
        "continue-on-failure": True,
        "request-timeout": run.sender.timeout + 5,
        "suppress-health-check": ["all"],
        "generation": {
            "max-examples": budget.examples,
            "no-shrink": True,
            "database": "none",
            "exclude-header-characters": "\x00\r\n",  # HTTP can't carry them
            "with-security-parameters": False,
        },
        "phases": {
            "examples": {"enabled": False},
            "coverage": {"unexpected-methods": [], "extra-data-sources": {"responses": False}},
            "fuzzing": {"extra-data-sources": {"responses": False}},
            "stateful": {
                "max-steps": budget.steps,
                "generation": {"max-examples": budget.chains},
                "inference": {"algorithms": []},
            },
        },
        "checks": {
            name: {"enabled": not builtin.off} for name, builtin in BUILTIN.items() if name != "max_response_time"
        },
        **({"max-time": max(1, round(max_time))} if max_time else {}),
    }


def failures(event: events.EngineEvent) -> Iterator[tuple[str, str, str]]:
    """Check, case id and message of each failure of Schemathesis's own checks in a finished scenario."""
    if not isinstance(event, events.ScenarioFinished):
        return
    for case_id, nodes in event.recorder.checks.items():
        for node in nodes:
            if node.status is Status.FAILURE and node.name in BUILTIN and node.failure_info is not None:
                yield node.name, case_id, f"{node.failure_info.failure.title}: {node.failure_info.failure.message}"
