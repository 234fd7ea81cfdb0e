"""The kill matrix as sections of the HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sessionproof.report.files import save
from sessionproof.report.html import Page, Section, page
from sessionproof.selfcheck.holes import Judged
from sessionproof.selfcheck.matrix import Matrix, Outcome, Part, Row
from sessionproof.selfcheck.words import by_kind, headline, out_of_reach, spent_line, where_it_goes
from sessionproof.verdicts import Exit

__all__ = ["sections", "write_page"]

_TONES = {Exit.PROVEN: "passed", Exit.FAILED: "failed", Exit.UNPROVEN: "unproven", Exit.TARGET: "failed"}
_TONES_OF = {
    Outcome.CAUGHT: "passed",
    Outcome.ELSEWHERE: "warned",
    Outcome.MISSED: "failed",
    Outcome.OUT_OF_REACH: "not_applicable",
    Outcome.ERROR: "error",
}


@dataclass(frozen=True)
class Cell:
    """What one fault did to one requirement: a glyph, its tone, and the words for it."""

    glyph: str
    tone: str
    words: str


_NOTHING = Cell("", "", "")
_DECLARED = Cell("✓", "passed", "declared to break, noticed")
_UNNOTICED = Cell("✗", "failed", "declared to break, not noticed")
_BEYOND = Cell("–", "not_applicable", "declared to break, not judged")  # noqa: RUF001
_COLLATERAL = Cell("+", "warned", "broken as well")


def write_page(judged: Judged, file: Path) -> None:
    """Writes one page that needs nothing else. Raises UsageError when the file can't be written."""
    save(file, page(_head(judged), sections(judged)).encode())


def sections(judged: Judged) -> list[Section]:
    """Holes where there are any, the matrix by contract, requirements with their faults, and what it all cost."""
    matrix = judged.matrix
    failing = {str(kind): [hole.line for hole in those] for kind, those in by_kind(judged.failing).items()}
    told = {str(kind): [hole.subject for hole in those] for kind, those in by_kind(judged.told).items()}
    parts = [_part(matrix, part) for part in matrix.parts]
    tones = {
        lens: _TONES_OF | ({} if lens in matrix.judges else {Outcome.MISSED: "not_applicable"})
        for lens in matrix.lenses
    }
    legend = (_DECLARED, _UNNOTICED, _BEYOND, _COLLATERAL)
    grids = {"parts": parts, "tones": tones, "legend": legend, "abouts": matrix.abouts}
    cleans = [(clean, clean.lens in matrix.judges, spent_line(clean.spent)) for clean in matrix.cleans]
    costs = {"lines": list(where_it_goes(matrix)), "cleans": cleans}
    return [
        *([Section("holes", "Holes", "attention.html.j2", {"lists": failing})] if failing else []),
        Section("kill-matrix", "Kill matrix", "kill_matrix.html.j2", grids, style="kill_matrix.css"),
        Section("tripped", "Requirements", "kill_requirements.html.j2", {"tripped": matrix.tripped}),
        *([Section("told", "Not judged: faults were left out", "attention.html.j2", {"lists": told})] if told else []),
        Section("costs", "What it costs", "kill_costs.html.j2", costs),
    ]


def _head(judged: Judged) -> Page:
    line, matrix = headline(judged), judged.matrix
    facts = {
        "Contracts": ", ".join(matrix.contracts),
        "Lenses": ", ".join(matrix.lenses),
        "Effort": matrix.effort,
        "At a time": str(matrix.jobs),
        "Command": matrix.command,
        "Started": matrix.started,
        "Made by": f"SessionProof {matrix.version}".strip(),
    }
    return Page(f"{line.word}: kill matrix", line.word, _TONES[judged.exit], line.parts, facts)


def _part(matrix: Matrix, part: Part) -> dict[str, object]:
    judging = [(row, kill) for row in part.rows for kill in row.kills.values() if kill.lens in matrix.judges]
    columns = sorted({name for _, kill in judging for name in (*kill.declared, *kill.unnoticed, *kill.collateral)})
    return {
        "name": part.title,
        "columns": columns,
        "rows": [(row, [_cell(row, name, matrix) for name in columns], list(_notes(row, matrix))) for row in part.rows],
        "beyond": out_of_reach(kill for _, kill in judging),
    }


def _cell(row: Row, requirement: str, matrix: Matrix) -> Cell:
    """The loudest thing that a judging lens says."""
    kills = [kill for kill in row.kills.values() if kill.lens in matrix.judges]
    for cell, has in ((_DECLARED, "declared"), (_COLLATERAL, "collateral"), (_UNNOTICED, "unnoticed")):
        if any(requirement in getattr(kill, has) for kill in kills):
            return cell
    return _BEYOND if any(requirement in kill.beyond for kill in kills) else _NOTHING


def _notes(row: Row, matrix: Matrix) -> Iterator[str]:
    """What the grid has no column for: what lenses that name no requirements reported, and errors."""
    for kill in row.kills.values():
        if kill.error:
            yield f"{kill.lens}: {kill.error}"
        elif kill.lens not in matrix.judges and (reported := (*kill.declared, *kill.collateral)):
            yield f"{kill.lens} reported {', '.join(reported)}"
