"""The connection to a Redis: what goes wrong with it is an UnavailableError, and soon."""

import logging
import time
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar, cast

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..errors import UnavailableError

LOG = logging.getLogger("reference_server")
PATIENCE = 1.0  # seconds to connect, to wait for an answer, and to wait for a free connection
CONNECTIONS = 32
T = TypeVar("T")


class Database:
    """One Redis with all our keys under one prefix. It is connected to when it is needed, again and again.

    Nothing is sent twice: a change whose answer is lost may have been made.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self.url = url
        self.prefix = prefix
        self.failed_at = 0.0  # by the monotonic clock
        limits: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        once = Retry(NoBackoff(), 0)
        pool = BlockingConnectionPool.from_url(
            url, max_connections=CONNECTIONS, timeout=PATIENCE, retry=once, protocol=2, **limits
        )
        self.client = Redis.from_pool(pool)
        self.limits = limits

    def name(self, kind: str, what: str) -> bytes:
        """The name of a key. Any text can be part of one."""
        return f"{self.prefix}{kind}:{what}".encode("utf-8", "surrogatepass")

    async def ask(self, answer: Awaitable[Any]) -> Any:
        """The answer. Raises UnavailableError if there is none, or only an error."""
        try:
            return await answer
        except (redis.RedisError, OSError) as error:
            self.failed_at = time.monotonic()
            LOG.warning("store unavailable", extra={"fields": {"error": type(error).__name__}})
            raise UnavailableError() from error

    def all_values(self, kind: str, field: str) -> Iterator[bytes]:
        """This field of every key of a kind. Blocks: only for faults."""
        pattern = "".join(f"[{c}]" if c in "*?[" else f"\\{c}" if c == "\\" else c for c in f"{self.prefix}{kind}:")
        with redis.Redis.from_url(self.url, protocol=2, **self.limits) as client:
            for name in client.scan_iter(match=f"{pattern}*", count=1000):
                value = cast("bytes | None", client.hget(name, field))
                if value is not None:
                    yield value

    async def close(self) -> None:
        """End all connections."""
        await self.client.aclose()
