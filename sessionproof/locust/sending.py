"""A request of the wire module, sent by the HTTP client of a FastHttpUser; nothing is followed, retried or raised."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
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
_USERS = count()


def _way(session: FastHttpSession, url: URL) -> tuple[Any, str]:
    """The client for this address, and the path in front of every target."""
    return session.client.clientpool.get_client(url), url.path.rstrip("/")


class Line:
    """From one user to the deployment, over the user's pool of connections; where it has several nodes, to one after
    the other.

    The user agent above the pool is left out: it would parse the same URL for every call, follow redirects and keep
    cookies, and no contract names its users by those.
    """

    def __init__(self, session: FastHttpSession, timeout: float, others: Sequence[str] = ()) -> None:
        target = (session.base_url or "").rstrip("/")
        self._ways = {url.rstrip("/"): _way(session, URL(url)) for url in (target, *others)}
        self._ways[""] = self._ways[target]
        self._nodes = tuple(url for url in self._ways if url) if others else ()
        self._turns = count(next(_USERS))  # users don't all begin at the same node
        self._timeout = timeout

    def in_turn(self, request: Request) -> Request:
        """The request with the node whose turn it is."""
        return replace(request, node=self._nodes[next(self._turns) % len(self._nodes)]) if self._nodes else request

    def send(self, request: Request) -> tuple[Answer, float, float]:
        """The answer, and the monotonic times of start and end. The whole call ends soon after its time."""
        headers = _HEADERS | dict(request.headers)
        start = time.monotonic()
        caller = gevent.getcurrent()
        _WATCH.begins(caller, start + self._timeout)
        try:
            client, path = self._ways[request.node]
            response = FastResponse(client.request(request.method, path + request.target, request.content, headers))
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
