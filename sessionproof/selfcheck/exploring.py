"""Exploration as a lens: a short `sessionproof fuzz`, which stops before it has said all that it could."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.errors import TargetError
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["Exploring"]

_ANSWER_WITHIN = 5  # seconds; a faulty server may hang
_BROKEN = ("failed", "warned")
_SEED = 1


@dataclass(frozen=True)
class Exploring:
    """Findings are the requirements that failed or warned. It is measured, not judged: chance decides what it meets."""

    effort: str
    name: str = "fuzz"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ()

    def look(self, url: str, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()) -> Seen:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "report.json"
            command = [sys.executable, "-m", "sessionproof", "fuzz", url, "--contract", contract, "--quiet"]
            command += ["--effort", self.effort, "--seed", str(_SEED + turn), "--timeout", str(_ANSWER_WITHIN)]
            said = programs.run([*command, "--cases", str(Path(name) / "cases"), "--json", str(file)], Path(name))
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            if not text:
                lines = said.strip().splitlines()
                raise TargetError(f"exploring ended without a report: {lines[-1] if lines else 'it said nothing'}")
            report = json.loads(text)
            rows = report["requirements"]
            return Seen(
                findings=tuple(row["id"] for row in rows if row["verdict"] in _BROKEN),
                requests=report["requests"],
                seconds=report["duration_s"],
                passed=tuple(row["id"] for row in rows if row["verdict"] == "passed"),
            )
