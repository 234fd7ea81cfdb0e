"""The bundled reference server, started for a run and stopped with it."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from sessionproof.bundle import bundle_root
from sessionproof.errors import TargetError

__all__ = ["bundled_server", "server_command", "server_environment", "told_of_time"]

_READY_WITHIN = 30.0  # seconds


def server_command(*arguments: str) -> list[str]:
    """The command line that runs the reference server with `arguments`."""
    return [sys.executable, "-m", "reference_server", *arguments]


def server_environment() -> dict[str, str]:
    """Our environment, with the bundle in front of whatever else could be called reference_server."""
    path = os.pathsep.join(filter(None, [str(bundle_root()), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def told_of_time(clock: str) -> tuple[str, ...]:
    """What the server is told, so that `clock` (as --clock names it) is the one of its lives."""
    name, _, minute = clock.partition(":")
    return {"control": ("--clock", "control"), "scaled": ("--minute-seconds", minute)}.get(name, ())


@contextmanager
def bundled_server(contract: str, *arguments: str, port: str = "0") -> Iterator[str]:
    """The URL of a fresh reference server on this machine, on a free port unless one is given; it ends with the block,
    or with us.

    Raises TargetError when it doesn't start.
    """
    command = server_command("--contract", contract, "--port", port, "--until-stdin-closes", *arguments)
    environment = {name: value for name, value in server_environment().items() if name not in _SERVER_SETTINGS}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        try:
            yield _url(process, log)
        finally:
            _stop(process)


# What would change the bundled server's behaviour behind the contract's back.
_SERVER_SETTINGS = (
    *("SERVICE_NAME", "ENVIRONMENT", "PORT", "REDIS_URL", "REDIS_PREFIX", "CORS_ORIGINS"),
    *("LOG_LEVEL", "GUESTS"),
    *("SESSION_TTL_MINUTES", "MAX_SESSION_TTL_MINUTES", "SESSION_TIMEOUT", "BACKEND_URL", "CLIENT_ID"),
)


def _url(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    line = _first_line(process)
    found = re.search(rb"http://[\w.:\[\]]+", line)
    if found is None:
        process.kill()
        process.wait()
        log.seek(0)
        said = log.read().decode("utf-8", "replace").strip().splitlines()
        raise TargetError(f"the bundled server didn't start: {said[-1] if said else 'it said nothing'}")
    return found[0].decode()


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(_READY_WITHIN) else b""


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    deadline = time.monotonic() + 5
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def run_server(arguments: Sequence[str]) -> int:
    """Run the reference server in the foreground until it is stopped, which SIGTERM to us does too; its exit code."""
    process = subprocess.Popen(server_command(*arguments), env=server_environment())
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the server got it as well and is stopping
