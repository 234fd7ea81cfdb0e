"""Random walks as a lens: exploration alone, with the checks that people wrote switched off."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.explore.exploration import JUDGED
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import ANSWER_WITHIN, report_of, seen_in

__all__ = ["Walking"]

_SEED = 1
_SECONDS = {"quick": 10, "normal": 30, "thorough": 60}


@dataclass(frozen=True)
class Walking:
    """Findings are the requirements that failed. It is measured, not judged: chance decides where walks lead."""

    effort: str
    name: str = "explore"
    about: str = (
        "sessionproof verify --explore only: random walks, compared with a model that knows the contract alone. "
        "Tried on the faults that break something which it judges; measured, not judged."
    )
    of: str = "server"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ("--clock", "control")

    def reaches(self, fault: Fault, contract: str) -> bool:
        return not set(JUDGED).isdisjoint(fault.breaks)

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        words = ["verify", url, "--contract", contract, "--clock", "control", "--seed", str(_SEED + turn), "--quiet"]
        with tempfile.TemporaryDirectory() as name:
            words += [
                "--explore",
                "only",
                "--max-time",
                str(_SECONDS[self.effort]),
                "--cases",
                str(Path(name) / "cases"),
            ]
            words += ["--timeout", str(ANSWER_WITHIN)]
            return seen_in(report_of(programs, words, Path(name)))
