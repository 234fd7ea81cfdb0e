"""Programs that are run for a result, and that can all be ended at once."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from sessionproof.errors import TargetError

__all__ = ["Programs", "Stopped"]


class Stopped(Exception):
    """The whole was stopped before or while this ran."""


class Programs:
    """Runs programs from any thread; after `stop` none of them runs, and none is started."""

    def __init__(self, longest: float) -> None:
        self.longest = longest  # seconds
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, command: Sequence[str], folder: Path) -> str:
        """What the program wrote, on stdout and stderr. Raises Stopped, and TargetError when it took too long.

        It has its own session: Ctrl-C at a terminal reaches us alone, and we end it.
        """
        with tempfile.TemporaryFile() as said:
            process = self._start(command, folder, said)
            try:
                process.wait(self.longest)
            except subprocess.TimeoutExpired:
                raise TargetError(f"it was still running after {self.longest:g} s; see --timeout") from None
            finally:
                self._end(process)
            if self._stopped:
                raise Stopped
            said.seek(0)
            return said.read().decode("utf-8", "replace")

    def stop(self) -> None:
        """Ends every program that runs now."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _start(self, command: Sequence[str], folder: Path, said: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        with self._lock:
            self._running.discard(process)


def _environment() -> dict[str, str]:
    """Ours without the settings that would change what a run does."""
    changing = ("SESSIONPROOF_", "SCHEMATHESIS_", "PYTEST_", "HYPOTHESIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(changing)}
