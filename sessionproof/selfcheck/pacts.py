"""The bundled pacts as a lens: what the browser extension's expectations alone would notice."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.errors import TargetError, UsageError
from sessionproof.pacts.files import bundled_pacts, read_pacts
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["Pacts"]

_ANSWER_WITHIN = 5  # seconds; a faulty server may hang
_BROKEN = ("failed", "warned")


@dataclass(frozen=True)
class Pacts:
    """Findings are the requirements that failed or warned. It is measured, not judged: a pact has one example of each.

    Under a contract that no bundled pact is about, it sees nothing.
    """

    name: str = "pact"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ()

    def look(self, url: str, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()) -> Seen:
        if not _there_are_pacts_with(contract):
            return Seen((), 0, 0.0)
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "report.json"
            command = [sys.executable, "-m", "sessionproof", "pact", "verify", url, "--contract", contract, "--quiet"]
            said = programs.run([*command, "--timeout", str(_ANSWER_WITHIN), "--json", str(file)], Path(name))
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            if not text:
                lines = said.strip().splitlines()
                raise TargetError(f"the pacts ended without a report: {lines[-1] if lines else 'they said nothing'}")
            report = json.loads(text)
            broken = tuple(row["id"] for row in report["requirements"] if row["verdict"] in _BROKEN)
            return Seen(broken, report["requests"], report["duration_s"])


def _there_are_pacts_with(contract: str) -> bool:
    try:
        return bool(read_pacts([bundled_pacts()], contract))
    except UsageError:
        return False
