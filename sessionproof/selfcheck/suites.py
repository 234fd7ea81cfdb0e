"""The suites as a lens: `sessionproof verify`, as anybody would run it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from sessionproof.deployments.nodes import Nodes
from sessionproof.errors import TargetError
from sessionproof.history import Event
from sessionproof.selfcheck.lenses import CheckCost, Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["Suites"]

_SEED = 1
_ANSWER_WITHIN = 5  # seconds; a faulty server may hang


@dataclass(frozen=True)
class Suites:
    """Findings are the requirements that failed or warned."""

    effort: str
    name: str = "suites"
    names_requirements: bool = True
    clean_runs: int = 1
    server: tuple[str, ...] = ("--clock", "control")  # waiting for lives to end would take hours

    def look(self, url: str, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()) -> Seen:
        """What a run finds; of a fault first what it `breaks` is judged, then all requirements at quick effort."""
        return self._look([url], contract, turn, programs, breaks)

    def look_at_nodes(
        self, nodes: Nodes, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()
    ) -> Seen:
        url, *others = nodes.urls
        named = [word for other in others for word in ("--node", other)]
        return self._look([url, *named, "--restart", nodes.restart], contract, turn, programs, breaks)

    def _look(self, target: list[str], contract: str, turn: int, programs: Programs, breaks: tuple[str, ...]) -> Seen:
        if not breaks:
            return self._run(target, contract, turn, programs, "--effort", self.effort)
        only = [word for name in breaks for word in ("--only", name)]
        wanted = self._run(target, contract, turn, programs, "--effort", self.effort, *only)
        besides = self._run(target, contract, turn, programs, "--effort", "quick")
        return replace(
            wanted,
            findings=tuple(dict.fromkeys((*wanted.findings, *besides.findings))),
            requests=wanted.requests + besides.requests,
            seconds=wanted.seconds + besides.seconds,
        )

    def _run(self, target: list[str], contract: str, turn: int, programs: Programs, *how: str) -> Seen:
        with tempfile.TemporaryDirectory() as name:
            report, history = Path(name) / "report.json", Path(name) / "history.jsonl"
            command = [sys.executable, "-m", "sessionproof", "verify", *target, "--contract", contract, "--quiet"]
            command += ["--seed", str(_SEED + turn), "--timeout", str(_ANSWER_WITHIN), "--clock", "control", *how]
            said = programs.run([*command, "--json", str(report), "--history", str(history)], Path(name))
            text = report.read_text(encoding="utf-8") if report.exists() else ""
            if not text:
                lines = said.strip().splitlines()
                raise TargetError(f"the run ended without a report: {lines[-1] if lines else 'it said nothing'}")
            return _seen(json.loads(text), history.read_bytes().splitlines()[1:])


def _seen(report: dict[str, Any], calls: list[bytes]) -> Seen:
    rows = report["requirements"]
    requirement_of = {check["name"]: row["id"] for row in rows for check in row["checks"]}
    return Seen(
        findings=tuple(row["id"] for row in rows if row["verdict"] in ("failed", "warned")),
        requests=report["requests"],
        seconds=report["duration_s"],
        passed=tuple(row["id"] for row in rows if row["verdict"] == "passed"),
        not_judged={row["id"]: _why(row) for row in rows if row["verdict"] not in ("passed", "failed", "warned")},
        costs=_costs(calls, requirement_of),
    )


def _why(row: dict[str, Any]) -> str:
    reason = row["reason"] or row["verdict"]
    return f"error: {reason}" if row["verdict"] == "error" else str(reason)


def _costs(calls: list[bytes], requirement_of: dict[str, str]) -> tuple[CheckCost, ...]:
    """By check, the one with most requests first."""
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
