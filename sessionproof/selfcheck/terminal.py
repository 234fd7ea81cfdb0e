"""The kill matrix on a terminal or in a log: what was caught by what, then the holes, the verdict last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from sessionproof.report.paper import Paper
from sessionproof.selfcheck.holes import Hole, Judged
from sessionproof.selfcheck.matrix import Clean, Kill, Matrix, Outcome, Part, Row
from sessionproof.selfcheck.words import by_kind, headline, out_of_reach, spent_line, where_it_goes

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["render"]

_STYLES = {
    Outcome.CAUGHT: "green",
    Outcome.ELSEWHERE: "bold yellow",
    Outcome.MISSED: "bold red",
    Outcome.OUT_OF_REACH: "dim",
    Outcome.ERROR: "red",
}
_WORDS = {"NO HOLES": "bold green", "HOLES": "bold red", "ERROR": "bold red", "STOPPED": "bold magenta"}


def render(judged: Judged, console: Console) -> None:
    """Writes it all, readable from 80 columns on."""
    paper, matrix = Paper(console), judged.matrix
    for part in matrix.parts:
        _part(matrix, part, paper)
    _costs(matrix, paper)
    _told(judged.told, paper)
    _holes(judged.failing, paper)
    line = headline(judged)
    paper.blank()
    paper.line((line.word, _WORDS[line.word]), "  " + " · ".join(line.parts), hang=4)


def _part(matrix: Matrix, part: Part, paper: Paper) -> None:
    paper.line((part.title, "bold"))
    for clean in part.cleans:
        paper.line(f"without faults, {clean.lens}: {_clean(clean, matrix)}", indent=2, hang=4)
    shown = [row for row in part.rows if not row.silent]
    if shown:
        paper.blank()
        _rows(matrix, part.lenses, shown, paper)
    beyond = out_of_reach(kill for row in part.rows for kill in row.kills.values())
    if beyond:
        paper.blank()
        paper.line((f"out of reach ({sum(map(len, beyond.values()))})", "bold"), indent=2)
    for why, ids in beyond.items():
        paper.line(f"{why} ({len(ids)}): {' '.join(ids)}", indent=4, hang=6)
    paper.blank()


def _clean(clean: Clean, matrix: Matrix) -> str:
    if clean.lens in matrix.judges:
        return f"{len(clean.passed)} requirements pass, {spent_line(clean.spent)}"
    return f"{len(clean.noise)} findings that count as noise, {spent_line(clean.spent)}"


def _rows(matrix: Matrix, lenses: Sequence[str], rows: Sequence[Row], paper: Paper) -> None:
    several = len(lenses) > 1
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=several, header_style="")
    table.add_column("  ", no_wrap=True)
    for lens in lenses:
        table.add_column(paper.text(lens, "dim"), no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rows:
        cells = [paper.text(*_cell(row.kills.get(lens))) for lens in lenses]
        table.add_row(paper.text(f"  {row.fault.id}"), *cells, _broken(row, matrix, paper))
    paper.console.print(table)


def _cell(kill: Kill | None) -> tuple[str, str]:
    return (str(kill.outcome), _STYLES[kill.outcome]) if kill else ("not tried", "dim")


def _broken(row: Row, matrix: Matrix, paper: Paper) -> Text:
    """What the judging lenses say of the requirements that it breaks, and which others it broke."""
    text = Text()
    for kill in row.kills.values():
        if kill.lens in matrix.judges:
            names = [*kill.declared, *(f"✗{name}" for name in kill.unnoticed)]
            text.append_text(paper.text(" ".join(names or kill.fault.breaks)))
            if kill.collateral:
                text.append_text(paper.text(f"  also {' '.join(kill.collateral)}", "dim"))
    return text


def _costs(matrix: Matrix, paper: Paper) -> None:
    paper.line(("where it goes", "bold"))
    for line in where_it_goes(matrix):
        paper.line(line, indent=2, hang=4)


def _told(found: Sequence[Hole], paper: Paper) -> None:
    """Most of them are there because faults were left out: their names are enough."""
    if found:
        paper.blank()
        paper.line(("not judged, as not every fault was tried", "dim"))
    for kind, those in by_kind(found).items():
        paper.line((f"{kind} ({len(those)}): {' '.join(hole.subject for hole in those)}", "dim"), indent=2, hang=4)


def _holes(found: Sequence[Hole], paper: Paper) -> None:
    if found:
        paper.blank()
        paper.line((f"HOLES ({len(found)})", "bold red"))
    for kind, those in by_kind(found).items():
        paper.line(f"{kind} ({len(those)})", indent=2)
        for hole in those:
            paper.line(hole.line, indent=4, hang=6)
