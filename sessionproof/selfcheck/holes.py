"""What is missing between requirements and faults, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sessionproof.requirements import Requirement
from sessionproof.selfcheck.matrix import Kill, Matrix, Outcome, Tripped
from sessionproof.verdicts import Exit

__all__ = ["Hole", "Judged", "Kind", "judge"]


class Kind(StrEnum):
    """Of holes: what is missing."""

    UNCAUGHT = "fault that nothing it breaks notices"
    UNTRIPPED = "requirement without a fault that trips it"
    THIN = "MUST without two faults, one of them conditional"
    ERROR = "run without a result"


@dataclass(frozen=True)
class Hole:
    """One thing that is missing; `fails` when it is judged, not only told."""

    kind: Kind
    subject: str
    line: str  # what, and what to do
    fails: bool


@dataclass(frozen=True)
class Judged:
    """A matrix and its holes; `exit` is the command's."""

    matrix: Matrix
    holes: tuple[Hole, ...]  # the kinds in their order
    exit: Exit

    @property
    def failing(self) -> list[Hole]:
        return [hole for hole in self.holes if hole.fails]

    @property
    def told(self) -> list[Hole]:
        return [hole for hole in self.holes if not hole.fails]


def judge(matrix: Matrix, requirements: Mapping[str, Requirement]) -> Judged:
    """Every hole of the matrix. About requirements nothing is judged unless every fault was tried.

    A requirement counts as tripped by the faults that are declared to break it, under any contract.
    """
    found = [*_uncaught(matrix)]
    if matrix.judges and matrix.kills:
        all_tried = matrix.complete and not matrix.narrowed
        found += (hole for one in matrix.tripped for hole in _thin(one, requirements[one.requirement], all_tried))
    kinds = list(Kind)
    found.sort(key=lambda hole: kinds.index(hole.kind))
    return Judged(matrix, tuple(found), _exit(matrix, found))


def _exit(matrix: Matrix, found: list[Hole]) -> Exit:
    if not matrix.complete:
        return Exit.UNPROVEN
    kinds = {hole.kind for hole in found if hole.fails}
    if kinds - {Kind.ERROR}:
        return Exit.FAILED
    return Exit.TARGET if kinds else Exit.PROVEN


def _uncaught(matrix: Matrix) -> Iterator[Hole]:
    for row in matrix.rows:
        for kill in row.kills.values():
            subject = f"{kill.fault.id} ({kill.contract})"
            if kill.outcome is Outcome.ERROR:
                yield Hole(Kind.ERROR, subject, f"{subject} under {kill.lens}: {kill.error}", fails=True)
            elif kill.lens in matrix.judges and kill.outcome in (Outcome.MISSED, Outcome.ELSEWHERE):
                yield Hole(Kind.UNCAUGHT, subject, _uncaught_line(subject, kill), fails=True)


def _uncaught_line(subject: str, kill: Kill) -> str:
    names = ", ".join(kill.unnoticed)
    begin = f"{subject}, {kill.fault.behaviour.rstrip('.')}: {names} {'pass' if len(kill.unnoticed) > 1 else 'passes'}"
    if kill.collateral:
        return (
            f"{begin}, only {', '.join(kill.collateral)} noticed; make a check of {kill.unnoticed[0]} see it, "
            f"or correct what the fault is declared to break"
        )
    return f"{begin} and nothing noticed; make a check of {kill.unnoticed[0]} see it"


def _thin(one: Tripped, requirement: Requirement, all_tried: bool) -> Iterator[Hole]:
    name, ids = one.requirement, ", ".join(fault.id for fault in one.faults)
    if not one.faults:
        others = f" (undeclared: {', '.join(fault.id for fault in one.others[:3])})" if one.others else ""
        line = f"{name} ({requirement.level}): no fault that is declared to break it trips it{others}; write one"
        yield Hole(Kind.UNTRIPPED, name, line, all_tried)
    elif requirement.level == "MUST" and len(one.faults) < 2:
        kind = "another" if one.conditional else "a conditional one"
        yield Hole(Kind.THIN, name, f"{name} (MUST): only {ids} trips it; write {kind}", all_tried)
    elif requirement.level == "MUST" and not one.conditional:
        line = f"{name} (MUST): all that trip it ({ids}) break it always; write a conditional one"
        yield Hole(Kind.THIN, name, line, all_tried)
