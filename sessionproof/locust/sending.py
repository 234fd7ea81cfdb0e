"""A request of the wire module, sent by Locust's own HTTP client; nothing is followed, retried or raised."""

from __future__ import annotations

import time
from typing import Any

import gevent
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession

from sessionproof.wire.reply import Answer
from sessionproof.wire.request import Request

__all__ = ["prepare", "send"]

_HEADERS = (("Accept-Encoding", "gzip, deflate"),)
_LOOK_EVERY = 0.5  # seconds


def prepare(session: FastHttpSession) -> None:
    """Have the client hand out every answer as it is: no status is an error, no redirect is followed."""
    agent: Any = session.client
    agent.redirect_response_codes = frozenset()
    agent.valid_response_codes = range(1000)


def send(session: FastHttpSession, request: Request, timeout: float) -> tuple[Answer, float, float]:
    """The answer, and the monotonic times of start and end. The whole call ends soon after `timeout` seconds."""
    headers = dict(_HEADERS)
    headers.update(request.headers)
    start = time.monotonic()
    caller = gevent.getcurrent()
    _WATCH.begins(caller, start + timeout)
    try:
        response = session.client.urlopen(
            f"{session.base_url}{request.target}",
            method=request.method,
            headers=headers,
            payload=request.content or None,
        )
        answer = _answer(response)
    except TimeoutError:
        answer = Answer(None, failure=f"no complete answer within {timeout:g} s")
    except (*FAILURE_EXCEPTIONS, ValueError, UnicodeError) as error:
        answer = Answer(None, failure=str(error) or type(error).__name__)
    finally:
        _WATCH.ends(caller)
    return answer, start, time.monotonic()


class _Watch:
    """Ends calls that are overdue; one look at all of them now and then costs less than a timer for each."""

    def __init__(self) -> None:
        self._due: dict[Any, float] = {}
        self._looking: Any = None

    def begins(self, caller: Any, due: float) -> None:
        self._due[caller] = due
        if self._looking is None:
            self._looking = gevent.spawn(self._look)

    def ends(self, caller: Any) -> None:
        self._due.pop(caller, None)

    def _look(self) -> None:
        while True:
            gevent.sleep(_LOOK_EVERY)
            now = time.monotonic()
            for caller in [caller for caller, due in self._due.items() if due < now]:
                self.ends(caller)
                gevent.kill(caller, TimeoutError)


_WATCH = _Watch()


def _answer(response: Any) -> Answer:
    content = response.content or b""
    headers = response.headers.items() if response.headers is not None else ()
    return Answer(response.status_code, tuple(headers), content)
