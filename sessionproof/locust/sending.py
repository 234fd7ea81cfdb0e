"""A request of the wire module, sent by the HTTP client of a FastHttpUser; nothing is followed, retried or raised."""

from __future__ import annotations

import time
from typing import Any

import gevent
from geventhttpclient.url import URL
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession, FastResponse

from sessionproof.wire.reply import Answer
from sessionproof.wire.request import Request

__all__ = ["Line"]

_HEADERS = {"Accept-Encoding": "gzip, deflate"}
_LOOK_EVERY = 0.5  # seconds


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


class Line:
    """From one user to the deployment, over the user's pool of connections.

    The user agent above the pool is left out: it would parse the same URL for every call, follow redirects and keep
    cookies, and no contract names its users by those.
    """

    def __init__(self, session: FastHttpSession, timeout: float) -> None:
        base = URL(session.base_url or "")
        self._client = session.client.clientpool.get_client(base)
        self._path = base.path.rstrip("/")
        self._timeout = timeout

    def send(self, request: Request) -> tuple[Answer, float, float]:
        """The answer, and the monotonic times of start and end. The whole call ends soon after its time."""
        headers = _HEADERS | dict(request.headers)
        start = time.monotonic()
        caller = gevent.getcurrent()
        _WATCH.begins(caller, start + self._timeout)
        try:
            target = self._path + request.target
            response = FastResponse(self._client.request(request.method, target, request.content, headers))
            answer = _answer(response)
        except TimeoutError:
            answer = Answer(None, failure=f"no complete answer within {self._timeout:g} s")
        except (*FAILURE_EXCEPTIONS, ValueError, UnicodeError) as error:
            answer = Answer(None, failure=str(error) or type(error).__name__)
        finally:
            _WATCH.ends(caller)
        return answer, start, time.monotonic()


def _answer(response: FastResponse) -> Answer:
    content = response.content or b""
    return Answer(response.status_code, tuple((response.headers or {}).items()), content)
