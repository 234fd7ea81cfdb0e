"""What is done to the target in the middle of a run, by commands of the user's: nobody else calls meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sessionproof.errors import TargetError

__all__ = ["Gate", "carry_out", "wait_until_none"]

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


def carry_out(option: str, command: str) -> None:
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


def wait_until_none(missing: Callable[[], str], option: str) -> None:
    """Wait until `missing`, which names a node that doesn't answer as before, names none.

    Raises TargetError when that takes too long after what `option` did.
    """
    deadline = time.monotonic() + _LONGEST
    while node := missing():
        if time.monotonic() > deadline:
            raise TargetError(f"{option}: {_LONGEST:g} s after it {node} doesn't answer as before")
        time.sleep(_PAUSE)
