"""What is done to the target in the middle of a run, by commands of the user's: nobody else calls meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace

from sessionproof.errors import TargetError
from sessionproof.expect import Unproven
from sessionproof.presence import Presence
from sessionproof.sender import Sender
from sessionproof.talk import CURRENT

__all__ = ["Disturbance"]

_LONGEST = 60.0  # seconds for the command, and as many until every node answers
_PAUSE = 0.1  # seconds between two looks


class Gate:
    """Calls pass side by side, unless somebody wants to be alone: then only those of whoever is `alone` pass."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._inside = 0
        self.alone = threading.Lock()  # for one at a time to hold who closes it

    @asynccontextmanager
    async def passed(self, *, alone: bool = False) -> AsyncIterator[None]:
        while not (alone or self._open.is_set()):
            await self._open.wait()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def close(self) -> None:
        """From now on nobody is inside; who is now, ends first."""
        self._open.clear()
        while self._inside:
            await asyncio.sleep(_PAUSE / 10)

    async def open(self) -> None:
        self._open.set()


@dataclass
class Disturbance:
    """What this run may do to its target. One at a time does it, and nobody else calls meanwhile."""

    sender: Sender
    presence: Presence
    shift: Callable[[], float]  # seconds that the run's clock is ahead of the monotonic one
    restarts: str = ""  # the command that restarts the target, or a node of it
    store: tuple[str, str] = ("", "")  # the commands that stop and start the store of the target's sessions
    gate: Gate = field(default_factory=Gate)

    def restart(self) -> None:
        """Restart the target, or that part of it which --restart does, and wait until it is there again.

        Raises Unproven without such a command, and TargetError when it fails or the target doesn't come back.
        """
        if not self.restarts:
            raise Unproven("needs a restart: --restart COMMAND restarts the deployment, or a node of it (not with -n)")
        with self._alone() as came_back:
            self._do("--restart", self.restarts)
            came_back("--restart")

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Until the end of the block the session store is stopped, and only who is in it calls.

        It is started again whatever happens. Raises TargetError when a command fails or the target doesn't come back.
        """
        stop, start = self.store
        with self._alone() as came_back:
            try:
                self._do("--stop-store", stop)
                yield
            finally:
                self._do("--start-store", start)
                came_back("--start-store")

    @contextmanager
    def _alone(self) -> Iterator[Callable[[str], None]]:
        """No call of others is under way in the block; it is given a way to wait until the target answers as before."""
        with self.gate.alone:
            self.sender.wait_for(self.gate.close())
            mine = CURRENT.set(replace(CURRENT.get(), alone=True))
            try:
                before = self.sender.wait_for(self.presence.statuses())
                yield lambda option: _wait_until_none(
                    lambda: self.sender.wait_for(self.presence.unlike(before)), option
                )
                self.sender.wait_for(self.sender.reconnect())
            finally:
                CURRENT.reset(mine)
                self.sender.wait_for(self.gate.open())

    def _do(self, option: str, command: str) -> None:
        CURRENT.get().commands.append((time.monotonic() + self.shift(), command))
        _carry_out(option, command)


def _carry_out(option: str, command: str) -> None:
    """Carry out in a shell the command that `option` gave. Raises TargetError when it fails or takes too long."""
    with tempfile.TemporaryFile() as said:  # not a pipe: what it leaves running may keep it open
        process = subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
        try:
            code = process.wait(_LONGEST)
        except subprocess.TimeoutExpired:  # after Ctrl-C it goes on: half a restart would be worse
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise TargetError(f"{option}: the command was still running after {_LONGEST:g} s") from None
        if code:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            raise TargetError(f"{option}: the command ended with {code}" + (f": {lines[-1][:200]}" if lines else ""))


def _wait_until_none(missing: Callable[[], str], option: str) -> None:
    """Wait until `missing`, which names a node that doesn't answer as before, names none.

    Raises TargetError when that takes too long after what `option` did.
    """
    deadline = time.monotonic() + _LONGEST
    while node := missing():
        if time.monotonic() > deadline:
            raise TargetError(f"{option}: {_LONGEST:g} s after it {node} doesn't answer as before")
        time.sleep(_PAUSE)
