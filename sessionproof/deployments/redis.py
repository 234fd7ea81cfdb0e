"""A Redis of a run's own, from the redis-server that is installed: empty, without files, on this machine alone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sessionproof.errors import TargetError

__all__ = ["Redis", "installed_redis", "redis_is_installed"]

_PROGRAM = "redis-server"
_READY_WITHIN = 10.0  # seconds


@dataclass(frozen=True)
class Redis:
    """Where it is, and the shell's commands that have it hang and go on; it keeps all that it holds."""

    url: str
    stop: str
    start: str


def redis_is_installed() -> bool:
    return shutil.which(_PROGRAM) is not None


@contextmanager
def installed_redis() -> Iterator[Redis]:
    """An empty Redis, which ends with the block. Raises TargetError where none is installed or it fails."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise TargetError(f"{_PROGRAM} isn't installed (Debian: apt-get install redis-server)")
    with tempfile.TemporaryDirectory(prefix="sessionproof-") as folder:
        port = _free_port()
        quiet = ("--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", folder)
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", *quiet],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_until_it_listens(process, port)
            hang, go_on = (f"kill -{signal} {process.pid}" for signal in ("STOP", "CONT"))
            yield Redis(f"redis://127.0.0.1:{port}/0", hang, go_on)
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as connection:
            connection.settimeout(1)
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TargetError(f"{_PROGRAM} didn't start on port {port}")
