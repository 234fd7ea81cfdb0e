"""The one sender: an event loop in a thread of its own, where every call ends within its time and size.

A call is given up after `timeout` seconds as a whole, not per read: a server that drips one byte a second, or stops
after its headers, costs no more than one that is silent. Callers in any thread wait for the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from sessionproof.pace import Pace
from sessionproof.wire.reply import Answer
from sessionproof.wire.request import Request

__all__ = ["Pool", "Sender"]

_LARGEST = 32 * 1024 * 1024  # bytes of one answer
_PATIENCE_WITH_RETRY_AFTER = 30.0  # seconds, in all, for one call
_CALLS_OF_A_CONNECTION = 5  # where there are several nodes: one that is kept may always lead to the same worker

T = TypeVar("T")


@dataclass(frozen=True)
class Pool:
    """Connections that are kept for each other: those of one name, at most so many at once.

    A shared one is used by several actors, as a gateway's is, and so it keeps no cookies.
    """

    name: str
    connections: int = 64
    shared: bool = False


class Sender:
    """Sends requests to `base_url`, one connection pool per actor, so that no cookie or connection is shared.

    A call may name a pool of its own instead (`Pool`), for what depends on who shares a connection with whom.

    A request that names another node goes there instead. With `others`, the base URLs of further nodes, connections
    are made anew every few calls.
    """

    def __init__(
        self, base_url: str, *, others: Sequence[str] = (), timeout: float = 10.0, max_rps: float | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.others = tuple(others)
        self.timeout = timeout
        self._pace = Pace(max_rps)
        self._clients: dict[Pool, httpx.AsyncClient] = {}
        self._calls = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sessionproof-sender", daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the sender's loop and wait for it; after Ctrl-C until it ends by itself, then it raises."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            with contextlib.suppress(Exception):  # what is under way may make something that has to be deleted
                future.result(self.timeout)
            future.cancel()
            raise

    async def send(self, request: Request) -> tuple[Answer, float, float]:
        """The answer with the monotonic times of start and end. A refusal to wait (429, 503) is waited out, briefly."""
        waited = 0.0
        while True:
            answer, start, end = await self.send_once(request)
            pause = answer.retry_after
            if pause is None or waited + pause > _PATIENCE_WITH_RETRY_AFTER:
                return answer, start, end
            waited += pause
            await asyncio.sleep(pause)

    async def send_once(self, request: Request, pool: Pool | None = None) -> tuple[Answer, float, float]:
        """The same, with the first answer, whatever it is; by a connection of `pool`, if that is given."""
        await self._pace.turn()
        client = self.client(pool or Pool(request.actor.name))
        start = time.monotonic()
        answer = await self._once(client, request)
        return answer, start, time.monotonic()

    async def reconnect(self) -> None:
        """Every call from now on is made on a new connection; none may be under way."""
        await self._close_clients()
        self._clients.clear()

    def client(self, pool: Pool) -> httpx.AsyncClient:
        """What sends by the connections of `pool`. On the sender's loop only."""
        if pool not in self._clients:
            connections = pool.connections
            self._clients[pool] = httpx.AsyncClient(
                timeout=self.timeout,
                follow_redirects=False,
                trust_env=False,
                verify=self._tls,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())) if pool.shared else None,
                limits=httpx.Limits(
                    max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=4.0
                ),
                headers={"User-Agent": "sessionproof", "Accept": "application/json, */*;q=0.5"},
            )
        return self._clients[pool]

    def close(self) -> None:
        """Close every connection and end the thread. May be called twice."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(Exception):
            self.wait_for(self._close_clients())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    async def _close_clients(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _once(self, client: httpx.AsyncClient, request: Request) -> Answer:
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchange(client, request)
        except TimeoutError:
            return Answer(None, failure=f"no complete answer within {self.timeout:g} s")
        except httpx.LocalProtocolError as error:
            return Answer(None, failure=f"HTTP can't carry this request ({error})", unsent=True)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError, OSError) as error:
            return Answer(None, failure=_in_words(error))

    async def _exchange(self, client: httpx.AsyncClient, request: Request) -> Answer:
        base_url = request.node or self.base_url
        raw_path = httpx.URL(base_url).raw_path.rstrip(b"/") + request.target.encode("ascii", "replace")
        headers = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in request.headers]
        headers += [(b"Connection", b"close")] if self._is_the_last_of_its_connection() else []
        built = client.build_request(
            request.method,
            base_url,
            headers=headers,
            content=request.content or None,
            extensions={"target": raw_path},
        )
        answer = await client.send(built, stream=True)
        try:
            return Answer(answer.status_code, _pairs(answer), await _content(answer))
        finally:
            await answer.aclose()

    def _is_the_last_of_its_connection(self) -> bool:
        self._calls += 1
        return bool(self.others) and self._calls % _CALLS_OF_A_CONNECTION == 0

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """What is trusted; read once, for that takes longer than everything else that a client needs."""
        return httpx.create_ssl_context(trust_env=False)


def _pairs(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)


async def _content(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    async with contextlib.aclosing(answer.aiter_bytes()) as stream:  # type: ignore[type-var]
        async for part in stream:
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                raise httpx.DecodingError(f"the answer is larger than {_LARGEST // 2**20} MiB")
    return b"".join(parts)


def _in_words(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"can't connect ({str(error) or 'refused'})"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"not HTTP, or cut off ({error})"
    return f"{type(error).__name__}: {error}"
