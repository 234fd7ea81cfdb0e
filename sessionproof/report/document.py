"""The report as data: one entry for every requirement, a summary, and what the run was."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sessionproof.report.load import Load, load_as_dict
from sessionproof.verdicts import Exit, RequirementResult, Verdict

__all__ = ["FORMAT", "Report", "as_dict"]

FORMAT = 1


@dataclass(frozen=True)
class Report:
    """Everything that a run found out, ready to be shown; times in seconds, UTC."""

    target: str
    contract: str
    recognised: str  # why this contract, "" when the user named it
    clock: str
    seed: int
    effort: str
    started: str  # RFC 3339
    duration_s: float
    requests: int
    results: tuple[RequirementResult, ...]  # all requirements, in the file's order
    exit: Exit
    stale: tuple[str, ...] = ()  # what is wrong with the baseline, a line each
    waited_s: float = 0.0  # the longest that one probe has waited for lives to end
    left_behind: tuple[str, ...] = ()  # sessions on the target that couldn't be deleted
    notes: tuple[str, ...] = ()
    version: str = ""
    load: Load | None = None  # what a load run adds

    @property
    def summary(self) -> dict[str, int]:
        """How many requirements have each verdict; every verdict has an entry."""
        counted = Counter(result.verdict for result in self.results)
        return {verdict.value: counted[verdict] for verdict in Verdict}


def as_dict(report: Report) -> dict[str, Any]:
    """The JSON report, as `contracts/schemas/report.schema.json` describes it."""
    return {
        "format": FORMAT,
        "sessionproof": report.version,
        "target": report.target,
        "contract": report.contract,
        "recognised": report.recognised,
        "clock": report.clock,
        "seed": report.seed,
        "effort": report.effort,
        "started": report.started,
        "duration_s": round(report.duration_s, 3),
        "waited_s": round(report.waited_s, 3),
        "requests": report.requests,
        "exit_code": int(report.exit),
        "requirements": [_requirement(result) for result in report.results],
        "summary": report.summary,
        "baseline": {
            "accepted": [result.requirement.id for result in report.results if result.accepted],
            "stale": list(report.stale),
        },
        "left_behind": list(report.left_behind),
        "notes": list(report.notes),
        "load": load_as_dict(report.load) if report.load is not None else None,
    }


def _requirement(result: RequirementResult) -> dict[str, Any]:
    requirement = result.requirement
    return {
        "id": requirement.id,
        "group": requirement.group,
        "level": requirement.level,
        "sentence": requirement.sentence,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "missing": list(result.missing),
        "accepted": result.accepted or None,
        "observed": list(result.observed),
        "exercised": result.exercised,
        "undecided": result.undecided,
        "checks": [
            {"name": check.name, "verdict": check.verdict.value, "reason": check.reason} for check in result.checks
        ],
        "evidence": [asdict(evidence) for evidence in result.evidence],
        "repeat": result.repeat or None,
    }
