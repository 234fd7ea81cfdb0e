"""Clocks that tests hold in their hands, and lives without a deployment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sessionproof.clocks import ClockError
from sessionproof.clocks.kind import Passing
from sessionproof.contract import Contract
from sessionproof.timed import Lives, Moments
from sessionproof.timed.moments import Job
from sessionproof.wire import Answer, Reply, build_request
from tests.engine.documents import ALICE, contract_of
from tests.engine.scripted import answered, scripted_run

__all__ = ["Jumping", "at_once", "contract", "ended", "lives_of", "passing", "reply"]

BODY = "requestBody: {content: {application/json: {}}}, responses: {200: {content: {application/json: {}}}}"


class Jumping:
    """Stands still but for its jumps, which it lists; `before` is called at each of them."""

    name = "made up"
    jumps = True
    scale = 1.0
    tells = True

    def __init__(self, tolerance: float = 1.0, before: Callable[[], None] = lambda: None) -> None:
        self.tolerance, self.before = tolerance, before
        self.shift = 0.0
        self.readings: list[float] = []  # what it showed after each jump
        self.broken = False

    def now(self) -> float:
        return self.shift

    def jump(self, seconds: float) -> None:
        self.before()
        if self.broken:
            raise ClockError("the made-up clock is broken")
        self.shift += seconds
        self.readings.append(self.shift)

    def in_shell(self, seconds: float) -> str:
        return f"later {seconds:.1f}"

    def close(self) -> None:
        """Nothing is open."""


def passing(scale: float = 1.0, tolerance: float = 0.01) -> Passing:
    return Passing("tiny", scale, tolerance)


def ended(*jobs: Job) -> None:
    """All jobs have come to their end; a wait that never ends fails the test."""
    for job in jobs:
        job.thread.join(30)
        assert not job.thread.is_alive()


def at_once(moments: Moments, *works: Callable[[], None]) -> list[Job]:
    """Begin all of them before the clock may jump, and wait for their ends."""
    with moments.busy():
        jobs = [moments.start(work) for work in works]
    ended(*jobs)
    return jobs


@cache
def contract(life: str = "default: 60 minutes", asked: bool = False) -> Contract:
    """A contract with create and read; with `asked`, a create can ask for a life in minutes."""
    where = "life: {at: $request.body#/minutes, unit: minutes}, " if asked else ""
    return contract_of(
        f"""
POST /s:
  {{x-session: {{does: create, {where}session: $response.body#/id}}, {BODY}}}
GET /s/{{id}}:
  {{x-session: {{does: read, session: $request.path.id}}, responses: {{200: {{}}}}}}
""",
        f"{{identity: none, life: {{kind: idle, {life}}}}}",
    )


def reply(began: float, ended: float, status: int | None = 200) -> Reply:
    """An answer to a read, sent and received at these times."""
    declared = contract()
    request = build_request(declared, declared.first("read"), ALICE, {"session": "s1"})
    return Reply(declared, request, Answer(status), (), began, ended)


def lives_of(
    declared: Contract,
    clock: Any,
    *,
    told: float | None = None,
    patience: float = 180.0,
    moments: Moments | None = None,
) -> Lives:
    """Lives on a deployment that makes a session s1, s2, ... at each create."""
    numbers = iter(range(1, 1000))
    run = scripted_run(declared, lambda _: answered({"id": f"s{next(numbers)}"}, 201))
    run.clock = clock
    return Lives(run, moments or Moments(clock), told, patience)
