"""A server that we start under libfaketime, whose system clock we move."""

from __future__ import annotations

import glob
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from sessionproof.clocks.kind import ClockError
from sessionproof.errors import UsageError

__all__ = ["Faketime"]

_LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
_READY_WITHIN = 30.0  # seconds
_SEEN_WITHIN = 0.3  # seconds until a running process sees a jump


class Faketime:
    """Time of a process of ours, which ends with the run. What it starts itself has the same time."""

    jumps = True
    scale = 1.0
    tolerance = 1.0
    tells = True

    def __init__(self, command: str, *nodes: str) -> None:
        words = _words(command)
        if not words:
            raise UsageError("--clock faketime: write faketime:COMMAND, the command that starts the server at URL")
        library = os.environ.get("SESSIONPROOF_LIBFAKETIME") or next(iter(glob.glob(_LIBRARY)), "")
        if not Path(library).is_file():
            raise UsageError(
                "--clock faketime: libfaketime isn't here; install it (Debian: apt-get install faketime) "
                "or name its file in SESSIONPROOF_LIBFAKETIME"
            )
        for url in filter(_listens, nodes):
            raise ClockError(
                f"--clock faketime: something listens at {url} already; only a server that the "
                "clock itself starts has its time"
            )
        self.name = f"faketime:{Path(words[0]).name}"
        self.shift = 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="sessionproof-")
        self._file = Path(self._folder.name) / "time"
        self._write()
        self._process = self._started(words, library)
        try:
            for url in nodes:
                self._wait_until_it_listens(url)
        except BaseException:
            self.close()
            raise

    def now(self) -> float:
        return time.monotonic() + self.shift

    def jump(self, seconds: float) -> None:
        if self._process.poll() is not None:
            raise ClockError("--clock faketime: the server has ended")
        self.shift += seconds
        self._write()
        time.sleep(_SEEN_WITHIN)

    def in_shell(self, seconds: float) -> str:
        return f"sleep {seconds:.1f}  # or move the server's clock by as much"

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._folder.cleanup()

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"+{self.shift:.3f}s\n", encoding="ascii")
        new.replace(self._file)

    def _started(self, command: list[str], library: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        log = (Path(self._folder.name) / "log").open("wb")
        try:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,  # it ends with us, for a server that looks
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"--clock faketime: {command[0]} can't be started ({error.strerror})") from error
        finally:
            log.close()

    def _wait_until_it_listens(self, base_url: str) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            if _listens(base_url):
                return
            time.sleep(0.05)
        said = (Path(self._folder.name) / "log").read_text(errors="replace").strip().splitlines()
        ended = "" if self._process.returncode is None else f"the server ended with {self._process.returncode}, "
        raise ClockError(
            f"--clock faketime: {ended}nothing listens at {base_url}" + (f"; it said: {said[-1]}" if said else "")
        )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--clock faketime: {command!r} is no command ({error})") from error


def _listens(base_url: str) -> bool:
    there = urlsplit(base_url)
    address = (there.hostname or "127.0.0.1", there.port or (443 if there.scheme == "https" else 80))
    with suppress(OSError), socket.create_connection(address, 1):
        return True
    return False
