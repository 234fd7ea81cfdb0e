"""Reports side by side, on a terminal or in a log."""

from __future__ import annotations

from itertools import islice
from string import ascii_uppercase
from typing import TYPE_CHECKING

from sessionproof.report.compare_words import (
    LEGEND,
    by_outcome,
    change_lines,
    facts,
    headline,
    parts,
    sections,
    short,
    when,
)
from sessionproof.report.paper import Paper
from sessionproof.report.terminal import STYLES
from sessionproof.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from sessionproof.report.compare import Column, Comparison, Outcome, Row

__all__ = ["render_comparison"]

_CELL = len("unproven*") + 2
_ID = 8  # columns of a row's first cell
_SENTENCE = 24  # where fewer columns are left, a row goes without its sentence


def render_comparison(comparison: Comparison, console: Console) -> None:
    """Writes who was judged, how many have which verdict, and the verdicts, what differs first.

    Each report has a letter. With more reports than fit beside each other, the rows come in several tables.
    """
    paper = Paper(console)
    letters = list(islice(_letters(), len(comparison.columns)))
    for letter, column in zip(letters, comparison.columns, strict=True):
        _head(letter, column, paper)
    for note in comparison.notes:
        paper.field("note:", note, indent=0, hang=6)
    _summary(letters, comparison.columns, paper)
    for change in comparison.changes:
        _title(f"{when(change.before)} to {when(change.after)}", paper)
        for line in change_lines(change):
            paper.line(line, indent=2, hang=4)
    for title, rows in sections(comparison).items():
        _title(f"{title.upper()} ({len(rows)})", paper)
        if rows[0].differs:
            _matrix(letters, rows, paper)
        else:
            _same(rows, paper)
    paper.blank()
    paper.line((headline(comparison), "bold"), f"  {' · '.join(parts(comparison))}", hang=2)


def _letters() -> Iterator[str]:
    """A to Z, AA to ZZ, and so on."""
    yield from ascii_uppercase
    for before in _letters():
        yield from (before + letter for letter in ascii_uppercase)


def _title(title: str, paper: Paper) -> None:
    paper.blank()
    paper.line((title, "bold"))


def _head(letter: str, column: Column, paper: Paper) -> None:
    told = facts(column)
    contract = f"contract {column.contract} · " * (column.contract != column.name)
    run = f"effort {told['effort']} · clock {told['clock']} · seed {told['seed']} · {told['when']} · {told['took']}"
    paper.line((f"{letter}  {column.name}", "bold"), f" · {told['target']} · exit {told['exit']}", hang=3)
    paper.line((contract + run, "dim"), indent=3, hang=3)


def _summary(letters: Sequence[str], columns: Sequence[Column], paper: Paper) -> None:
    heads = {verdict: "n/a" if verdict is Verdict.NOT_APPLICABLE else str(verdict) for verdict in STYLES}
    first = len(letters[-1]) + 2
    paper.blank()
    paper.unwrapped((" " * first + "  ".join(heads.values()), "dim"))
    for letter, column in zip(letters, columns, strict=True):
        counts = [
            (f"{column.summary[verdict] or '':>{len(head)}}  ", STYLES[verdict]) for verdict, head in heads.items()
        ]
        _row([(f"{letter:<{first}}", ""), *counts], paper)


def _matrix(letters: Sequence[str], rows: Sequence[Row], paper: Paper) -> None:
    beside = max(1, (paper.console.width - _ID) // _CELL)
    for start in range(0, len(letters), beside):
        shown = slice(start, start + beside)
        if start:
            paper.blank()
        _row(_cells("", [(letter, "bold") for letter in letters[shown]]), paper)
        for row in rows:
            verdicts = [_verdict(outcome) for outcome in row.outcomes[shown]]
            _row(_with_sentence(_cells(row.id, verdicts), f"{row.level}  {row.sentence}", paper), paper)
    paper.line((LEGEND, "dim"), hang=2)


def _verdict(outcome: Outcome | None) -> tuple[str, str]:
    return short(outcome), STYLES[outcome.verdict] if outcome and not outcome.accepted else "dim"


def _cells(first: str, others: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"{first:<{_ID}}", ""), *((f"{text:<{_CELL}}", style) for text, style in others)]


def _with_sentence(cells: list[tuple[str, str]], sentence: str, paper: Paper) -> list[tuple[str, str]]:
    """The cells, and as much of the sentence as there is room for."""
    room = paper.console.width - sum(len(text) for text, _ in cells)
    if room < _SENTENCE:
        return cells
    return [*cells, (sentence if len(sentence) <= room else f"{sentence[: room - 3].rstrip()}...", "")]


def _row(cells: list[tuple[str, str]], paper: Paper) -> None:
    while cells and not cells[-1][0].strip():
        cells = cells[:-1]
    *before, (text, style) = cells
    paper.unwrapped(*before, (text.rstrip(), style))


def _same(rows: Sequence[Row], paper: Paper) -> None:
    for outcome, ids in by_outcome(rows).items():
        paper.line(f"{outcome} ({len(ids)}): {' '.join(ids)}", indent=2, hang=4)
