"""Reports of several runs side by side, as data: what they agree on, and what they don't."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sessionproof.verdicts import Exit, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Change", "Column", "Comparison", "Outcome", "Row", "compare"]

_BROKEN = {Verdict.FAILED, Verdict.WARNED, Verdict.ERROR}
_NOT_JUDGED = {Verdict.NOT_APPLICABLE, Verdict.NOT_SELECTED}


@dataclass(frozen=True)
class Outcome:
    """What one report says of one requirement."""

    verdict: Verdict
    reason: str = ""
    accepted: bool = False  # by the run's baseline


@dataclass(frozen=True)
class Column:
    """One report: what the run was, and its outcomes by requirement."""

    name: str
    target: str
    contract: str
    version: str
    clock: str
    effort: str
    seed: int
    started: datetime
    duration_s: float
    requests: int
    exit: Exit
    outcomes: dict[str, Outcome]
    sentences: dict[str, tuple[str, str]]  # level and sentence, by requirement

    @property
    def summary(self) -> dict[Verdict, int]:
        """How many requirements have each verdict; every verdict has an entry."""
        counted = Counter(outcome.verdict for outcome in self.outcomes.values())
        return {verdict: counted[verdict] for verdict in Verdict}


@dataclass(frozen=True)
class Row:
    """One requirement, and what each report says of it; None where a report doesn't know it."""

    id: str
    level: str
    sentence: str
    outcomes: tuple[Outcome | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the reports differ in anything, if only in what a baseline accepts."""
        return len({outcome and (outcome.verdict, outcome.accepted) for outcome in self.outcomes}) > 1

    @property
    def changed(self) -> bool:
        """Whether the reports have more than one verdict; not to know the requirement is one."""
        return len({outcome and outcome.verdict for outcome in self.outcomes}) > 1

    @property
    def judged_differently(self) -> bool:
        """Whether those reports that could judge it have more than one verdict."""
        return len({outcome.verdict for outcome in self.outcomes if outcome} - _NOT_JUDGED) > 1


@dataclass(frozen=True)
class Change:
    """What is different in a later report of the same target, as ids."""

    before: Column
    after: Column
    broken: tuple[str, ...]  # failed, warned or in error, and weren't
    mended: tuple[str, ...]  # passed, and didn't
    otherwise: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """All columns, and all rows in the order of the requirements file."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def different(self) -> list[Row]:
        """What stands out: what changed at one target, what several targets are judged differently in."""
        return [row for row in self.rows if (row.changed if self.one_target else row.judged_differently)]

    @property
    def otherwise(self) -> list[Row]:
        """Rows that differ in who could judge them, or in what a baseline accepts."""
        told = {row.id for row in self.different}
        return [row for row in self.rows if row.differs and row.id not in told]

    @property
    def same(self) -> list[Row]:
        return [row for row in self.rows if not row.differs]

    @property
    def one_target(self) -> bool:
        """Whether all reports are of one deployment, at different times."""
        return len(self.columns) > 1 and len({(each.target, each.contract) for each in self.columns}) == 1

    @property
    def changes(self) -> list[Change]:
        """From each report to the next; empty where they are of different targets."""
        return [_change(*pair, self.rows) for pair in pairwise(self.columns)] if self.one_target else []

    @property
    def notes(self) -> list[str]:
        """In what the runs weren't alike, so that a difference may be theirs and not the targets'."""
        ways = {
            "effort": [each.effort for each in self.columns],
            "clock": [each.clock for each in self.columns],
            "SessionProof": [each.version for each in self.columns],
        }
        return [
            f"the runs differ in {way}: {', '.join(dict.fromkeys(values))}"
            for way, values in ways.items()
            if len(set(values)) > 1
        ]


def compare(columns: Sequence[Column]) -> Comparison:
    """The columns side by side, as given; reports of one target in the order of time."""
    comparison = Comparison(tuple(columns), ())
    if comparison.one_target:
        columns = sorted(columns, key=lambda column: column.started)
    sentences = {id: told for column in columns for id, told in column.sentences.items()}
    rows = [
        Row(id, level, sentence, tuple(column.outcomes.get(id) for column in columns))
        for id, (level, sentence) in sentences.items()
    ]
    return Comparison(tuple(columns), tuple(rows))


def _change(before: Column, after: Column, rows: Sequence[Row]) -> Change:
    then, now = (
        {row.id: outcome.verdict for row in rows if (outcome := column.outcomes.get(row.id))}
        for column in (before, after)
    )
    changed = [row.id for row in rows if then.get(row.id) is not now.get(row.id)]
    broken = [id for id in changed if now.get(id) in _BROKEN and then.get(id) not in _BROKEN]
    mended = [id for id in changed if now.get(id) is Verdict.PASSED]
    otherwise = [id for id in changed if id not in (*broken, *mended)]
    return Change(before, after, tuple(broken), tuple(mended), tuple(otherwise))
