"""Exploration as a lens: a short `sessionproof fuzz`, which stops before it has said all that it could."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import ANSWER_WITHIN, report_of, seen_in

__all__ = ["JUDGES", "Exploring"]

_SEED = 1
JUDGES = frozenset(
    (
        *("LIF-01", "LIF-02", "LIF-05", "ISO-01", "ISO-02", "ISO-03", "ISO-05", "CAS-04"),
        *("SEC-02", "SEC-03", "SEC-04"),
    )
)


@dataclass(frozen=True)
class Exploring:
    """Findings are the requirements that failed or warned. It is measured, not judged: chance decides what it meets."""

    effort: str
    name: str = "fuzz"
    about: str = (
        "sessionproof fuzz: Schemathesis with living sessions, and looks of our own at its calls. Tried on the faults "
        f"that break something which it looks at ({' '.join(sorted(JUDGES))}); measured, not judged."
    )
    of: str = "server"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return not JUDGES.isdisjoint(fault.breaks)

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        words = ["fuzz", url, "--contract", contract, "--effort", self.effort, "--seed", str(_SEED + turn), "--quiet"]
        with tempfile.TemporaryDirectory() as name:
            words += ["--timeout", str(ANSWER_WITHIN), "--cases", str(Path(name) / "cases")]
            return seen_in(report_of(programs, words, Path(name)))
