"""Runs of `sessionproof browser`, each a process of its own: Playwright keeps an event loop in its thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["EXTENSION", "OTHER", "ROOT", "Driven", "browser", "drive"]

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "fixtures" / "extension"
OTHER = ROOT / "examples" / "other_extension"
WITHIN = 240  # seconds


@dataclass(frozen=True)
class Driven:
    """How a run ended; verdicts by requirement, of those that were judged."""

    code: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, str]:
        rows = {row["id"]: row["verdict"] for row in self.report["requirements"]}
        return {id: verdict for id, verdict in rows.items() if verdict != "not selected"}

    def row(self, requirement: str) -> dict[str, Any]:
        (found,) = (row for row in self.report["requirements"] if row["id"] == requirement)
        return dict(found)


def browser(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sessionproof", "browser", *map(str, arguments)]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment = {**ours, "COLUMNS": "200", **environment}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=WITHIN, check=False
    )


def drive(folder: Path, *arguments: str | Path) -> Driven:
    """A run to its report, which is in `folder`."""
    file = folder / "report.json"
    ended = browser(*arguments, "--quiet", "--json", file)
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    assert text, ended.stdout + ended.stderr
    return Driven(ended.returncode, ended.stdout, ended.stderr, json.loads(text))
