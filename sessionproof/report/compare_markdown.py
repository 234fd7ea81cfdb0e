"""Reports side by side as a Markdown page, for a repository or a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionproof.report.compare_words import LEGEND, change_lines, facts, headline, parts, sections, short, when
from sessionproof.report.files import save
from sessionproof.report.text import visible
from sessionproof.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sessionproof.report.compare import Comparison

__all__ = ["markdown", "write_markdown"]


def write_markdown(comparison: Comparison, file: Path) -> None:
    """Writes the page as UTF-8; same reports, same bytes."""
    save(file, markdown(comparison).encode())


def markdown(comparison: Comparison) -> str:
    """The page: what the runs were, the counts, and a table for each section. Texts from reports are only text."""
    columns = comparison.columns
    names = [column.name for column in columns]
    blocks = [
        "# Session APIs side by side",
        f"Made by `sessionproof report` from reports of {_dates(comparison)}: **{headline(comparison).lower()}** "
        f"({', '.join(parts(comparison))}).",
        *("\n".join(f"- {_text(note)}" for note in notes) for notes in [comparison.notes] if notes),
        "## Runs",
        _table(["run", *facts(columns[0])], [[column.name, *facts(column).values()] for column in columns]),
        "## Counts",
        _table(["run", *map(str, Verdict)], [[each.name, *map(str, each.summary.values())] for each in columns]),
    ]
    for change in comparison.changes:
        blocks += [
            f"## From {when(change.before)} to {when(change.after)}",
            "\n".join(f"- {_text(line)}" for line in change_lines(change)),
        ]
    for title, rows in sections(comparison).items():
        cells = [[row.id, row.level, row.sentence, *map(short, row.outcomes)] for row in rows]
        blocks += [f"## {title} ({len(rows)})", _table(["requirement", "level", "sentence", *names], cells)]
    return "\n\n".join([*blocks, _text(LEGEND)]) + "\n"


def _dates(comparison: Comparison) -> str:
    days = sorted({f"{column.started:%Y-%m-%d}" for column in comparison.columns})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_line(head), f"|{'---|' * len(head)}", *map(_line, rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_text, cells))} |"


def _text(text: str) -> str:
    """The text in one line, with nothing in it that Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*_\[\]<>|&#~])", r"\\\1", " ".join(visible(text).split()))
