"""The kill matrix as data, as `contracts/schemas/kill-matrix.schema.json` describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sessionproof.report.files import save
from sessionproof.selfcheck.holes import Judged
from sessionproof.selfcheck.matrix import Clean, Kill, Spent

__all__ = ["FORMAT", "as_dict", "write_json"]

FORMAT = 1


def write_json(judged: Judged, file: Path) -> None:
    """Writes it as UTF-8 JSON; same matrix, same bytes. Raises UsageError when the file can't be written."""
    save(file, (json.dumps(as_dict(judged), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode())


def as_dict(judged: Judged) -> dict[str, Any]:
    """Every field always, in the order of the schema."""
    matrix = judged.matrix
    faults = {kill.fault.id: kill.fault for kill in matrix.kills}
    return {
        "format": FORMAT,
        "sessionproof": matrix.version,
        "command": matrix.command,
        "started": matrix.started,
        "duration_s": round(matrix.duration_s, 3),
        "effort": matrix.effort,
        "jobs": matrix.jobs,
        "contracts": list(matrix.contracts),
        "lenses": list(matrix.lenses),
        "about": dict(matrix.abouts),
        "narrowed": matrix.narrowed,
        "complete": matrix.complete,
        "exit_code": int(judged.exit),
        "holes": [asdict(hole) for hole in judged.holes],
        "without_faults": [_clean(clean) for clean in matrix.cleans],
        "faults": [
            {
                "id": fault.id,
                "breaks": list(fault.breaks),
                "behaviour": fault.behaviour,
                "conditional": fault.conditional,
                "of": fault.of,
            }
            for fault in sorted(faults.values(), key=lambda fault: fault.id)
        ],
        "kills": [_kill(kill) for row in matrix.rows for kill in row.kills.values()],
        "requirements": [
            {
                "id": one.requirement,
                "contracts": list(one.contracts),
                "faults": [fault.id for fault in one.faults],
                "conditional": one.conditional,
                "others": [fault.id for fault in one.others],
            }
            for one in matrix.tripped
        ],
        "spent": _spent(matrix.spent),
    }


def _clean(clean: Clean) -> dict[str, Any]:
    return {
        "contract": clean.contract,
        "lens": clean.lens,
        "passed": list(clean.passed),
        "not_judged": dict(clean.not_judged),
        "noise": list(clean.noise),
        "checks": [asdict(cost) for cost in clean.costs],
        "spent": _spent(clean.spent),
    }


def _kill(kill: Kill) -> dict[str, Any]:
    return {
        "fault": kill.fault.id,
        "contract": kill.contract,
        "lens": kill.lens,
        "outcome": str(kill.outcome),
        "declared": list(kill.declared),
        "unnoticed": list(kill.unnoticed),
        "beyond": dict(kill.beyond),
        "collateral": list(kill.collateral),
        "error": kill.error,
        "spent": _spent(kill.spent),
    }


def _spent(spent: Spent) -> dict[str, Any]:
    times = {"judging_s": spent.judging, "starting_s": spent.starting, "server_s": spent.server}
    return {"requests": spent.requests, **{name: round(value, 3) for name, value in times.items()}}
