"""Do the checks catch what they are for? Each fault of the reference server is switched on and verified against."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sessionproof.deployments.bundled import bundled_server, server_command, server_environment
from sessionproof.errors import TargetError, UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["Fault", "Kill", "known_faults", "selfcheck"]

_LONGEST = 600  # seconds for one fault


@dataclass(frozen=True)
class Fault:
    """A switch of the reference server, and the requirements that it was declared to break."""

    id: str
    breaks: tuple[str, ...]
    behaviour: str
    conditional: bool


@dataclass(frozen=True)
class Kill:
    """What a run against one fault saw."""

    fault: Fault
    failed: tuple[str, ...]  # requirements that failed or warned
    judged: tuple[str, ...]  # requirements that were passed or failed, so that they could have seen it
    errors: tuple[str, ...]
    requests: int
    seconds: float

    @property
    def declared(self) -> tuple[str, ...]:
        return tuple(name for name in self.fault.breaks if name in self.failed)

    @property
    def collateral(self) -> tuple[str, ...]:
        return tuple(name for name in self.failed if name not in self.fault.breaks)

    @property
    def in_reach(self) -> bool:
        """Whether the requirement that it breaks first of all was judged."""
        return self.fault.breaks[0] in (*self.judged, *self.errors)


def known_faults(contract: str, only: tuple[str, ...] = ()) -> list[Fault]:
    """The reference server's faults for `contract`; those that `only` (ids or prefixes) names. Raises UsageError."""
    command = server_command("--list-faults", "--json")
    listed = subprocess.run(command, env=server_environment(), capture_output=True, text=True, timeout=60, check=True)
    rows = [row for row in json.loads(listed.stdout) if contract in row["contracts"]]
    faults = [Fault(row["id"], tuple(row["breaks"]), row["behaviour"], row["conditional"]) for row in rows]
    if not faults:
        raise UsageError(f"--contract {contract}: the reference server has no faults for it")
    for name in only:
        if not any(fault.id.startswith(name) for fault in faults):
            hint = did_you_mean(name, [fault.id for fault in faults]) or "`sessionproof serve --list-faults` lists them"
            raise UsageError(f"--only {name}: no such fault; {hint}")
    return [fault for fault in faults if not only or fault.id.startswith(only)]


def selfcheck(faults: list[Fault], contract: str, effort: str, jobs: int, seen: Callable[[Kill], None]) -> list[Kill]:
    """Verify a server with each fault in turn, `jobs` at a time; `seen` is told of each as it ends."""

    def one(fault: Fault) -> Kill:
        kill = _verify_with(fault, contract, effort)
        seen(kill)
        return kill

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, faults))


def _verify_with(fault: Fault, contract: str, effort: str) -> Kill:
    with tempfile.TemporaryDirectory() as folder, bundled_server(contract, "--fault", fault.id) as url:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "sessionproof", "verify", url, "--contract", contract, "--quiet"]
        command += ["--effort", effort, "--seed", "1", "--timeout", "5", "--json", str(report)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False, cwd=folder)
        if not report.exists():
            said = (run.stderr or run.stdout).strip().splitlines()
            raise TargetError(f"{fault.id}: the run ended without a report: {said[-1] if said else run.returncode}")
        return _kill(fault, json.loads(report.read_text(encoding="utf-8")))


def _kill(fault: Fault, report: dict[str, object]) -> Kill:
    def having(*verdicts: str) -> Iterator[str]:
        rows: list[dict[str, str]] = report["requirements"]  # type: ignore[assignment]
        return (row["id"] for row in rows if row["verdict"] in verdicts)

    return Kill(
        fault,
        failed=tuple(having("failed", "warned")),
        judged=tuple(having("failed", "warned", "passed")),
        errors=tuple(having("error")),
        requests=int(str(report["requests"])),
        seconds=float(str(report["duration_s"])),
    )
