"""Load as a lens: short runs of the shapes that come with SessionProof, each answer judged meanwhile."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.load.shapes import SHAPES
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import report_of, seen_in

__all__ = ["JUDGES", "UnderLoad"]

_USERS, _SECONDS = 6, 2
JUDGES = frozenset(
    (
        *("RES-01", "RES-02", "RES-05", "RES-06", "RES-08", "RES-09", "LIF-01", "LIF-05", "LIF-06"),
        *("ISO-01", "ISO-02", "ISO-03", "MSG-01", "MSG-02", "MSG-03", "CON-01", "CON-02", "CON-06"),
    )
)
_BELONGS = {  # a fault is looked at by the shape that its first requirement belongs to; the others by isolation
    "resumption-storm": ("RES-01", "RES-02", "RES-06"),
    "expiry-churn": ("LIF-05", "RES-08", "CON-02"),
}


@dataclass(frozen=True)
class UnderLoad:
    """Findings are the requirements that failed. It is measured, not judged: load looks at a part of each only.

    A server without faults is looked at by all shapes.
    """

    name: str = "load"
    about: str = (
        f"sessionproof load with {_USERS} users for {_SECONDS} seconds, of the shape to which the first thing that the "
        "fault breaks belongs. Tried on the faults that break something which load looks at "
        f"({' '.join(sorted(JUDGES))}); measured, not judged."
    )
    of: str = "server"
    names_requirements: bool = False
    clean_runs: int = 1
    server: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return not JUDGES.isdisjoint(fault.breaks)

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        how = ("--contract", contract, "--users", str(_USERS), "--duration", str(_SECONDS))
        with tempfile.TemporaryDirectory() as name:
            return seen_in(
                *(
                    report_of(programs, ["load", url, "--shape", shape, *how], Path(name))
                    for shape in (SHAPES if fault is None else (_shape(fault),))
                )
            )


def _shape(fault: Fault) -> str:
    return next((shape for shape, ids in _BELONGS.items() if fault.breaks[0] in ids), "isolation")
