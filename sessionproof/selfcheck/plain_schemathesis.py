"""Plain Schemathesis as a lens: what anybody has who runs it on the contract's OpenAPI document, and nothing else."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sessionproof.contract import find_contract, load_contract
from sessionproof.errors import TargetError
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Seen
from sessionproof.selfcheck.programs import Programs

__all__ = ["PlainSchemathesis"]

_SEED = 1
_EXAMPLES = {"quick": 10, "normal": 50, "thorough": 100}  # an operation; 100 is its own default
_ANSWER_WITHIN = 5  # seconds
_USER = "schemathesis"


@dataclass(frozen=True)
class PlainSchemathesis:
    """All of its checks and phases, with an identity where the contract takes one from a header.

    Findings are a code of its own and an operation: `ST103 POST /sessions`. It reports things on a server without
    faults as well, others with another seed and on a server that has seen sessions before: all of that is noise.
    """

    effort: str
    name: str = "schemathesis"
    about: str = (
        "plain Schemathesis on the contract's OpenAPI document, with all of its checks and phases and nothing of ours, "
        "tried on every fault of the server. What it reports of a server without faults counts as noise; anything else "
        "that it reports counts as caught, whatever the reason."
    )
    of: str = "server"
    names_requirements: bool = False
    clean_runs: int = 3
    server: tuple[str, ...] = ()

    def reaches(self, fault: Fault, contract: str) -> bool:
        return True

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        file = find_contract(contract)
        identity = load_contract(file).identity
        with tempfile.TemporaryDirectory() as name:
            report = Path(name) / "report.json"
            command = [sys.executable, "-m", "schemathesis.cli", "run", str(file), "--url", url]
            command += ["--seed", str(_SEED + turn), "--max-examples", str(_EXAMPLES[self.effort])]
            command += ["--continue-on-failure", "--no-shrink"]  # more findings in less time
            command += ["--request-timeout", str(_ANSWER_WITHIN), "--warnings", "off", "--no-color"]
            command += ["--report", "json", "--report-json-path", str(report), "--generation-database", "none"]
            if identity.kind == "header":
                command += ["--header", f"{identity.name}: {_USER}"]
            said = programs.run(command, Path(name))
            if not report.exists():
                lines = said.strip().splitlines()
                raise TargetError(f"schemathesis ended without a report: {lines[-1] if lines else 'it said nothing'}")
            return _seen(report.read_text(encoding="utf-8"))


def _seen(text: str) -> Seen:
    report = json.loads(text)
    if not report["complete"]:
        raise TargetError(f"schemathesis gave up: {', '.join(error['title'] for error in report['errors'])}")
    found = {f"{failure['code']} {where}" for failure in report["failures"] for where in failure["operations"]}
    found |= {error["title"] for error in report["errors"]}
    return Seen(tuple(sorted(found)), report["test_cases"]["generated"], report["running_time"])
