"""Locust's processes, from start to end: one, or a master with its workers; none of them outlives us for long."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sessionproof.errors import TargetError
from sessionproof.load.plan import ALLOW_HOST, PLAN, Plan, write_plan

__all__ = ["Load", "run_locust"]

_START_AND_END = 120.0  # seconds that a run may take besides what it was given
_AFTER_CTRL_C = 75.0  # seconds to clean up and to report
_WORKERS_END_WITHIN = 15.0  # seconds after their master


@dataclass(frozen=True)
class Load:
    """What is asked of Locust; `workers` 0 means one process that does everything."""

    file: Path
    host: str
    users: int
    seconds: float
    workers: int = 0
    allowed: tuple[str, ...] = ()


def run_locust(load: Load, plan: Plan) -> int:
    """Run Locust to its end, which it reports itself; the exit code. After Ctrl-C it cleans up and reports as well.

    Raises TargetError where Locust isn't installed, or doesn't end.
    """
    if importlib.util.find_spec("locust") is None:
        raise TargetError("load needs Locust, which isn't installed; pip install 'sessionproof[load]'")
    with tempfile.TemporaryDirectory(prefix="sessionproof-") as folder:
        file = Path(folder) / "plan"
        write_plan(plan, file)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
        allowed = " ".join((*load.allowed, *os.environ.get(ALLOW_HOST, "").split()))
        environment |= {PLAN: str(file), ALLOW_HOST: allowed}
        with _started(_commands(load), environment) as processes:
            return _waited(processes, load.seconds + _START_AND_END)


def _commands(load: Load) -> Iterator[list[str]]:
    """The process that judges comes first."""
    locust = [sys.executable, "-m", "locust", "-f", str(load.file), "--host", load.host]
    locust += ["--loglevel", "WARNING", "--headless", "--only-summary"]
    run = ["-u", str(load.users), "-r", str(load.users), "-t", f"{max(1, round(load.seconds))}s"]
    if not load.workers:
        yield [*locust, *run]
        return
    port = str(_free_port())
    bound = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    yield [*locust, *run, "--master", *bound, "--expect-workers", str(load.workers), "--expect-workers-max-wait", "60"]
    for _ in range(load.workers):
        yield [*(part for part in locust if part not in ("--headless", "--only-summary")),
               "--worker", "--master-host", "127.0.0.1", "--master-port", port]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _started(commands: Iterator[list[str]], environment: dict[str, str]) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Each in a session of its own: Ctrl-C at a terminal reaches us alone, and we tell the one that judges."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(
            subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
            for command in commands
        )
        yield processes
    finally:
        deadline = time.monotonic() + _WORKERS_END_WITHIN
        for process in processes[1:]:
            _end(process, max(0.0, deadline - time.monotonic()))
        for process in processes[:1]:
            _end(process, 0)


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    try:
        process.wait(patience)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def _waited(processes: Sequence[subprocess.Popen[bytes]], longest: float) -> int:
    judging = processes[0]
    try:
        return judging.wait(longest)
    except subprocess.TimeoutExpired:
        raise TargetError(f"Locust was still running after {longest:.0f} s, and was ended") from None
    except KeyboardInterrupt:
        judging.send_signal(signal.SIGINT)
        try:
            return judging.wait(_AFTER_CTRL_C)
        except subprocess.TimeoutExpired:
            raise TargetError("Locust didn't end after Ctrl-C, and was ended") from None
