"""A real Redis for tests: on a free port of this machine, empty, without files, gone with the tests.

A test that takes `redis_server` has one, which it shares with the other tests of its process; a `prefix()` keeps them
apart. One that stops or pauses it has a `running_redis()` of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    import redis

__all__ = ["RedisServer", "kept", "needs", "redis_server", "running_redis"]


@dataclass
class RedisServer:
    """One redis-server process; it can be stopped, and started again, without what it held."""

    port: int
    folder: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def prefix(self) -> str:
        """Keys that nobody else uses."""
        return f"test-{uuid4().hex}:"

    def client(self) -> redis.Redis:
        import redis

        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        quiet = ("--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", self.folder)
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", *quiet], stdout=subprocess.DEVNULL
        )
        while not self.answers():
            assert self.process.poll() is None, "redis-server ended at once"
            time.sleep(0.01)

    def answers(self) -> bool:
        with socket.socket() as connection:
            connection.settimeout(1)
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def pause(self) -> None:
        """It accepts connections, and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A Redis of one's own, to be stopped or paused."""
    needs("redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(port, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for all tests of this process."""
    with running_redis() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def kept(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Where a server is to keep its sessions, as settings: once in memory, once in a Redis."""
    if request.param == "memory":
        return {}
    server: RedisServer = request.getfixturevalue("redis_server")
    return {"redis_url": server.url, "redis_prefix": server.prefix()}


def needs(program: str) -> None:
    """Skips where the program isn't there; in CI, which has to install it, that is a failure."""
    if shutil.which(program) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} isn't installed")
