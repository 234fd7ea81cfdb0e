"""The reference server as processes, in an environment of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import httpx

__all__ = ["running", "stopped"]

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "reference_server"]
CLEAN = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "VIRTUAL_ENV")}


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A server on a free port, and who calls it; killed at the end."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        cwd=ROOT,
        env={**CLEAN, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=address(process), timeout=10) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def stopped(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A server that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**CLEAN, **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def address(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    line = cast("IO[str]", process.stdout).readline()
    found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    return found[1]
