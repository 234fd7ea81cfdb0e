"""A run without a network: a function answers in the target's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sessionproof.caller import Caller
from sessionproof.contract import Contract
from sessionproof.history import Header, Recorder
from sessionproof.history.redact import Redactor
from sessionproof.run import Run
from sessionproof.sender import Sender
from sessionproof.wire import Answer, Request

__all__ = ["HEADER", "Scripted", "answered", "caller_of", "scripted_run"]

T = TypeVar("T")

HEADER = Header(
    clock="c1", started="2030-01-01T00:00:00+00:00", target="http://t", contract="c", lens="suites", seed=1, tool="t"
)


class Scripted(Sender):
    """Has `answer` say what comes back, half a second after each second; every request that was sent is in `sent`."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.base_url, self.others, self.timeout = "http://127.0.0.1:9", (), 1.0
        self.answer, self.sent = answer, list[Request]()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    async def send(self, request: Request) -> tuple[Answer, float, float]:
        self.sent.append(request)
        return self.answer(request), float(len(self.sent)), len(self.sent) + 0.5

    def close(self) -> None:
        """Nothing is open."""


def answered(body: Any = None, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; underscores in the names of headers stand for hyphens."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, (("Content-Type", "application/json"), *pairs), content)


def scripted_run(
    contract: Contract,
    answer: Callable[[Request], Answer],
    history: Path | None = None,
    redactor: Redactor | None = None,
) -> Run:
    redactor = redactor or Redactor()
    run = Run(contract, Scripted(answer), Recorder(redactor, history, HEADER), redactor)
    run.begin("")  # what is said in one test is no part of another
    return run


def caller_of(contract: Contract, answer: Callable[[Request], Answer]) -> Caller:
    """Alice, as a newly invented user of a run in which `answer` speaks for the target."""
    run = scripted_run(contract, answer)
    return Caller(run, run.actor("alice"))
