"""Walks that broke a requirement, kept from run to run and replayed first: steps alone, no id, no text, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sessionproof.cases import Cases
from sessionproof.explore.steps import Step, as_row, from_row

__all__ = ["WALKS", "Kept"]


@dataclass(frozen=True)
class Kept:
    requirement: str
    steps: tuple[Step, ...]


def _row(walk: Kept) -> dict[str, Any]:
    return {"requirement": walk.requirement, "steps": [as_row(step) for step in walk.steps]}


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(str(row["requirement"]), tuple(map(from_row, row["steps"])))


WALKS = Cases("walks", ".walks.json", 20, _row, _kept)
