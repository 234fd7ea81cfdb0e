"""The browser as a lens: `sessionproof browser` with the bundled extension, broken on purpose."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import only, report_of, seen_in

__all__ = ["InBrowser"]

_SEED = 1


@dataclass(frozen=True)
class InBrowser:
    """Findings are the requirements that failed or warned. The server has no fault; the extension has."""

    effort: str
    name: str = "browser"
    about: str = (
        "sessionproof browser with the reference extension in a real Chromium, tried on every fault of the client, on "
        "the requirements that the fault breaks."
    )
    of: str = "client"
    names_requirements: bool = True
    clean_runs: int = 1
    server: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return True

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        words = ["browser", url, "--contract", contract, "--effort", self.effort, "--seed", str(_SEED + turn)]
        words += ["--quiet", *(("--fault", fault.id, *only(fault.breaks)) if fault else ())]
        with tempfile.TemporaryDirectory() as name:
            return seen_in(report_of(programs, words, Path(name)))
