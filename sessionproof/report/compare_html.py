"""Reports side by side as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionproof.report.compare_words import change_lines, facts, headline, parts, sections, when
from sessionproof.report.files import save
from sessionproof.report.html import Page, Section, page

if TYPE_CHECKING:
    from pathlib import Path

    from sessionproof.report.compare import Comparison

__all__ = ["comparison_sections", "write_comparison_html"]


def write_comparison_html(comparison: Comparison, file: Path) -> None:
    """Writes the comparison as a page that needs nothing else."""
    word, times = headline(comparison), sorted(when(column) for column in comparison.columns)
    runs = " to ".join(dict.fromkeys((times[0], times[-1])))
    head = Page(
        title=f"{word.capitalize()}: {', '.join(column.name for column in comparison.columns)}",
        word=word,
        tone="none",
        parts=parts(comparison),
        facts={"Runs of": runs, **({"Note": "; ".join(comparison.notes)} if comparison.notes else {})},
    )
    save(file, page(head, comparison_sections(comparison)).encode())


def comparison_sections(comparison: Comparison) -> list[Section]:
    """The runs, what changed between those of one target, and the matrix, what differs first."""
    runs = {"columns": comparison.columns, "facts": [facts(column) for column in comparison.columns]}
    changes = {f"{when(change.before)} to {when(change.after)}": change_lines(change) for change in comparison.changes}
    titled = enumerate(sections(comparison).items(), 1)
    return [
        Section("runs", "Runs", "compare_runs.html.j2", runs),
        *([Section("changes", "Changes", "attention.html.j2", {"lists": changes})] if changes else []),
        *(
            Section(
                f"matrix-{number}",
                f"{title} ({len(rows)})",
                "compare.html.j2",
                {"columns": comparison.columns, "rows": rows},
            )
            for number, (title, rows) in titled
        ),
    ]
