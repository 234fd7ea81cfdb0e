"""Load runs against servers of their own; Locust never runs in this process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.documents import ROOT
from tests.engine.running import REFERENCE, plain_environment, served

__all__ = ["Run", "load", "locust", "server"]

SECONDS = "2"
USERS = "8"


@dataclass(frozen=True)
class Run:
    """How a run ended, what it said, and its report."""

    code: int
    said: str
    report: dict[str, Any]

    def broken(self) -> set[str]:
        return {row["id"] for row in self.report["requirements"] if row["verdict"] == "failed"}

    def evidence(self, requirement: str) -> list[dict[str, str]]:
        return next(row["evidence"] for row in self.report["requirements"] if row["id"] == requirement)

    def looked_at(self, requirement: str) -> int:
        rows = self.report["load"]["requirements"]
        return next((row["looked_at"] for row in rows if row["id"] == requirement), 0)


@contextmanager
def server(contract: str = "fm-session-service", *faults: str, minute: str = "60") -> Iterator[str]:
    told = [part for fault in faults for part in ("--fault", fault)]
    with served(*REFERENCE, "--contract", contract, "--minute-seconds", minute, *told) as url:
        yield url


def load(url: str, shape: str, folder: Path, *options: str, **environment: str) -> Run:
    """`sessionproof load`, for a few seconds."""
    command = [sys.executable, "-m", "sessionproof", "load", url, "--shape", shape]
    command += ["--users", USERS, "--duration", SECONDS, *options]
    return _ended(command, folder, environment)


def locust(url: str, file: str | Path, folder: Path, *options: str, **environment: str) -> Run:
    """Plain `locust -f FILE`, for a few seconds."""
    command = [sys.executable, "-m", "locust", "-f", str(file), "--host", url, "--headless", "--only-summary"]
    command += ["-u", USERS, "-t", f"{SECONDS}s", *options]
    return _ended(command, folder, environment)


def _ended(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Run:
    file = folder / "report.json"
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=plain_environment(SESSIONPROOF_JSON=str(file), COLUMNS="100", **environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return Run(ended.returncode, ended.stdout, json.loads(text) if text else {})
