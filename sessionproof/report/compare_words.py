"""What stands side by side, in words: the same ones on the terminal, on the page and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionproof.report.words import count, seconds
from sessionproof.verdicts import Exit, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionproof.report.compare import Change, Column, Comparison, Outcome, Row

__all__ = ["LEGEND", "by_outcome", "change_lines", "facts", "headline", "parts", "sections", "short", "when", "word"]

LEGEND = "* accepted by the run's baseline; - not selected; n/a: not in the contract; blank: not in that report"

_SHORT = {Verdict.NOT_APPLICABLE: "n/a", Verdict.NOT_SELECTED: "-"}
_EXITS = {
    Exit.PROVEN: "proven",
    Exit.FAILED: "failed",
    Exit.UNPROVEN: "unproven, or a stale baseline",
    Exit.TARGET: "target or set-up error",
    Exit.USAGE: "usage",
}


def short(outcome: Outcome | None) -> str:
    """A verdict in nine characters at most."""
    if outcome is None:
        return ""
    return _SHORT.get(outcome.verdict, str(outcome.verdict)) + "*" * outcome.accepted


def word(outcome: Outcome | None) -> str:
    """A verdict as it is called."""
    if outcome is None:
        return "not in this report"
    return str(outcome.verdict) + ", accepted" * outcome.accepted


def when(column: Column) -> str:
    """The start of the run, to the second, in UTC."""
    return f"{column.started:%Y-%m-%d %H:%M:%S} UTC"


def facts(column: Column) -> dict[str, str]:
    """What the run was."""
    return {
        "target": column.target,
        "contract": column.contract,
        "effort": column.effort,
        "clock": column.clock,
        "seed": str(column.seed),
        "when": when(column),
        "took": f"{count(column.requests, 'request', 'requests')} in {seconds(column.duration_s)}",
        "exit": f"{int(column.exit)} ({_EXITS[column.exit]})",
        "SessionProof": column.version,
    }


def headline(comparison: Comparison) -> str:
    """What the comparison comes to, in a few words."""
    if len(comparison.columns) == 1:
        return "ONE REPORT"
    what = "CHANGED" if comparison.one_target else "JUDGED DIFFERENTLY"
    return f"{len(comparison.different) or 'NOTHING'} {what}"


def parts(comparison: Comparison) -> list[str]:
    """The counts behind the headline."""
    if len(comparison.columns) == 1:
        return [count(len(comparison.rows), "requirement", "requirements")]
    return [
        count(len(comparison.columns), "report", "reports"),
        f"{len(comparison.otherwise)} otherwise different",
        f"{len(comparison.same)} the same everywhere",
    ]


def sections(comparison: Comparison) -> dict[str, list[Row]]:
    """The rows under their titles, what differs first; no title without rows."""
    titled = {
        "Changed" if comparison.one_target else "Judged differently": comparison.different,
        "Otherwise different": comparison.otherwise,
        "The same everywhere" if len(comparison.columns) > 1 else "Verdicts": comparison.same,
    }
    return {title: rows for title, rows in titled.items() if rows}


def by_outcome(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The ids of rows that are the same everywhere, by their outcome."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(word(row.outcomes[0]), []).append(row.id)
    return groups


def change_lines(change: Change) -> list[str]:
    """What a later report of the same target changed, in a line for each kind of change."""
    kinds = {"broken": change.broken, "holds now": change.mended, "otherwise changed": change.otherwise}
    return [f"{kind} ({len(ids)}): {' '.join(ids)}" for kind, ids in kinds.items() if ids] or ["no verdict changed"]
