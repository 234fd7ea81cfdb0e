"""A request of the wire module, sent by Locust's own HTTP client; nothing is followed, retried or raised."""

from __future__ import annotations

import time
from typing import Any

import gevent
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession

from sessionproof.wire.reply import Answer
from sessionproof.wire.request import Request

__all__ = ["prepare", "send"]

_HEADERS = (("Accept", "application/json, */*;q=0.5"), ("Accept-Encoding", "gzip, deflate"))


def prepare(session: FastHttpSession) -> None:
    """Have the client hand out every answer as it is: no status is an error, no redirect is followed."""
    agent: Any = session.client
    agent.redirect_response_codes = frozenset()
    agent.valid_response_codes = range(1000)


def send(session: FastHttpSession, request: Request, timeout: float) -> tuple[Answer, float, float]:
    """The answer, and the monotonic times of start and end. The whole call ends within `timeout` seconds."""
    headers = dict(_HEADERS)
    headers.update(request.headers)
    start = time.monotonic()
    try:
        with gevent.Timeout(timeout, TimeoutError(f"no complete answer within {timeout:g} s")):
            response = session.client.urlopen(
                f"{session.base_url}{request.target}",
                method=request.method,
                headers=headers,
                payload=request.content or None,
            )
            answer = _answer(response)
    except (*FAILURE_EXCEPTIONS, TimeoutError, ValueError, UnicodeError) as error:
        answer = Answer(None, failure=str(error) or type(error).__name__)
    return answer, start, time.monotonic()


def _answer(response: Any) -> Answer:
    content = response.content or b""
    headers = response.headers.items() if response.headers is not None else ()
    return Answer(response.status_code, tuple(headers), content)
