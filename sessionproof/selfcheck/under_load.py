"""Load as a lens: short runs of the shapes that come with SessionProof, each answer judged meanwhile."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.errors import TargetError
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["UnderLoad"]

_USERS, _SECONDS = 6, 2
_SHAPES = ("isolation", "resumption-storm", "expiry-churn")
_BELONGS = {  # a fault is looked at by the shape that its first requirement belongs to; the others by isolation
    "resumption-storm": ("RES-01", "RES-02", "RES-06"),
    "expiry-churn": ("LIF-05", "RES-08", "CON-02", "EXP-"),
}
_BROKEN = ("failed", "warned")


@dataclass(frozen=True)
class UnderLoad:
    """Findings are the requirements that failed. It is measured, not judged: load looks at a part of each only.

    A server without faults is looked at by all shapes.
    """

    name: str = "load"
    names_requirements: bool = False
    clean_runs: int = 1
    server: tuple[str, ...] = ()

    def look(self, url: str, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()) -> Seen:
        reports = [_report(url, contract, shape, programs) for shape in _shapes(breaks)]
        rows = [row for report in reports for row in report["requirements"]]
        return Seen(
            findings=tuple(dict.fromkeys(row["id"] for row in rows if row["verdict"] in _BROKEN)),
            requests=sum(report["requests"] for report in reports),
            seconds=sum(report["duration_s"] for report in reports),
        )


def _shapes(breaks: tuple[str, ...]) -> tuple[str, ...]:
    if not breaks:
        return _SHAPES
    return next(((shape,) for shape, ids in _BELONGS.items() if breaks[0].startswith(ids)), _SHAPES[:1])


def _report(url: str, contract: str, shape: str, programs: Programs) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "report.json"
        command = [sys.executable, "-m", "sessionproof", "load", url, "--contract", contract, "--shape", shape]
        command += ["--users", str(_USERS), "--duration", str(_SECONDS), "--json", str(file)]
        said = programs.run(command, Path(name))
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if not text:
            lines = said.strip().splitlines()
            raise TargetError(f"the load run ended without a report: {lines[-1] if lines else 'it said nothing'}")
        report: dict[str, Any] = json.loads(text)
        return report
