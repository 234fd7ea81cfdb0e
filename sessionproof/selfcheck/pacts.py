"""The bundled pacts as a lens: what the browser extension's expectations alone would notice."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sessionproof.contract import find_contract, load_contract
from sessionproof.errors import UsageError
from sessionproof.pacts.counts import shares
from sessionproof.pacts.files import bundled_pacts, read_pacts
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import ANSWER_WITHIN, report_of, seen_in

__all__ = ["Pacts"]


@dataclass(frozen=True)
class Pacts:
    """Findings are the requirements that failed or warned. Measured, not judged: a pact has one example of each."""

    name: str = "pact"
    about: str = (
        "sessionproof pact verify with the reference extension's pact, an example of each call. Tried on the faults "
        "that break a requirement which one of these examples counts for; measured, not judged."
    )
    of: str = "server"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return not _counted_for(contract).isdisjoint(fault.breaks)

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        words = ["pact", "verify", url, "--contract", contract, "--timeout", str(ANSWER_WITHIN), "--quiet"]
        with tempfile.TemporaryDirectory() as name:
            return seen_in(report_of(programs, words, Path(name)))


@cache
def _counted_for(contract: str) -> frozenset[str]:
    """The requirements that the bundled pacts with this contract are about; none where there is no such pact."""
    declared = load_contract(find_contract(contract))
    try:
        interactions = read_pacts([bundled_pacts()], contract)
    except UsageError:
        return frozenset()
    return frozenset(share.requirement for one in interactions for share in shares(one, declared))
