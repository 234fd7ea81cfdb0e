"""The suites as a lens: `sessionproof verify`, as anybody would run it."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sessionproof.deployments.bundled import told_of_time
from sessionproof.deployments.nodes import Nodes
from sessionproof.deployments.redis import Redis
from sessionproof.history import Event
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import CheckCost, Seen
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.reports import ANSWER_WITHIN, only, report_of, seen_in

__all__ = ["Suites"]

_SEED = 1


@dataclass(frozen=True)
class Suites:
    """Findings are the requirements that failed or warned."""

    effort: str
    clock: str = "control"  # waiting for lives to end takes longer with any other
    name: str = "suites"
    about: str = (
        "sessionproof verify, tried on every fault of the server, in two parts: what the fault breaks "
        "is judged at the effort named here, and then all requirements at quick effort (the column called also)."
    )
    of: str = "server"
    names_requirements: bool = True
    clean_runs: int = 1

    @property
    def server(self) -> tuple[str, ...]:
        return told_of_time(self.clock)

    def reaches(self, fault: Fault, contract: str) -> bool:
        return True

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        """What a run finds; of a fault first what it breaks is judged, then all requirements at quick effort."""
        return self._look([url], contract, turn, programs, fault.breaks if fault else ())

    def look_at_nodes(
        self, nodes: Nodes, store: Redis, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()
    ) -> Seen:
        url, *others = nodes.urls
        named = [word for other in others for word in ("--node", other)]
        commands = ("--restart", nodes.restart, "--stop-store", store.stop, "--start-store", store.start)
        return self._look([url, *named, *commands], contract, turn, programs, breaks)

    def _look(self, target: list[str], contract: str, turn: int, programs: Programs, breaks: tuple[str, ...]) -> Seen:
        words = ["verify", *target, "--contract", contract, "--clock", self.clock, "--seed", str(_SEED + turn)]
        words += ["--timeout", str(ANSWER_WITHIN), "--explore", "no", "--quiet"]
        with tempfile.TemporaryDirectory() as name:
            folder, history = Path(name), Path(name) / "history.jsonl"
            if breaks:
                wanted = report_of(programs, [*words, "--effort", self.effort, *only(breaks)], folder)
                return seen_in(wanted, report_of(programs, [*words, "--effort", "quick"], folder))
            report = report_of(programs, [*words, "--effort", self.effort, "--history", str(history)], folder)
            return seen_in(report, costs=_costs(report, history.read_bytes().splitlines()[1:]))


def _costs(report: Mapping[str, Any], calls: list[bytes]) -> tuple[CheckCost, ...]:
    """By check, the one with most requests first."""
    requirement_of = {check["name"]: row["id"] for row in report["requirements"] for check in row["checks"]}
    requests: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    decode = msgspec.json.Decoder(Event).decode
    for event in map(decode, calls):
        requests[event.check] += 1
        seconds[event.check] += event.t1 - event.t0
    names = sorted(requests, key=lambda name: (-requests[name], name))
    return tuple(
        CheckCost(name, requirement_of.get(name, ""), requests[name], round(seconds[name], 3)) for name in names
    )
