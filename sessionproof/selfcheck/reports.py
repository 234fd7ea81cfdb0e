"""What a run of SessionProof's own reports, read as a lens means it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sessionproof.errors import TargetError
from sessionproof.selfcheck.lenses import CheckCost, Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["ANSWER_WITHIN", "only", "report_of", "seen_in"]

ANSWER_WITHIN = 5  # seconds; a faulty server may hang
_BROKEN = ("failed", "warned")


def report_of(programs: Programs, words: Sequence[str], folder: Path) -> dict[str, Any]:
    """The report of `sessionproof WORDS`, run in `folder`. Raises TargetError where it leaves none."""
    file = folder / "report.json"
    said = programs.run([sys.executable, "-m", "sessionproof", *words, "--json", str(file)], folder)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if not text:
        lines = said.strip().splitlines()
        raise TargetError(f"the run ended without a report: {lines[-1] if lines else 'it said nothing'}")
    report: dict[str, Any] = json.loads(text)
    return report


def only(requirements: Sequence[str]) -> list[str]:
    """What a run is told that is to judge these alone."""
    return [word for name in requirements for word in ("--only", name)]


def seen_in(*reports: Mapping[str, Any], costs: tuple[CheckCost, ...] = ()) -> Seen:
    """What the reports say together: findings of any of them; what passes and what isn't judged, by the first."""
    rows = reports[0]["requirements"]
    broken = [row["id"] for report in reports for row in report["requirements"] if row["verdict"] in _BROKEN]
    return Seen(
        findings=tuple(dict.fromkeys(broken)),
        requests=sum(report["requests"] for report in reports),
        seconds=sum(report["duration_s"] for report in reports),
        passed=tuple(row["id"] for row in rows if row["verdict"] == "passed"),
        not_judged={row["id"]: _why(row) for row in rows if row["verdict"] not in ("passed", *_BROKEN)},
        costs=costs,
    )


def _why(row: Mapping[str, Any]) -> str:
    reason = row["reason"] or row["verdict"]
    return f"error: {reason}" if row["verdict"] == "error" else str(reason)
