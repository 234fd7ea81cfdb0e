"""The kill matrix as a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sessionproof.report.files import save
from sessionproof.report.text import visible
from sessionproof.selfcheck.holes import Judged
from sessionproof.selfcheck.matrix import Kill, Matrix, Outcome, Part, Row, Tripped
from sessionproof.selfcheck.words import by_kind, headline, out_of_reach, where_it_goes

__all__ = ["text", "write_markdown"]

_HOLES = (Outcome.MISSED, Outcome.ELSEWHERE, Outcome.ERROR)
_ABOUT = """\
Each fault of the [reference server](reference-server.md#faults) or of the [reference client](browser.md#faults) breaks
one rule on purpose, and was declared to break certain requirements before a check was run against it. This page says
what noticed it. *At times*: the fault breaks its requirement only the second time, on one route of several, in one
order of calls, or the like. *Out of reach*: no check judges what the fault breaks most directly, not without it either.
A cell is empty where a lens isn't tried on the fault."""


def write_markdown(judged: Judged, file: Path) -> None:
    """Writes the page. Raises UsageError when the file can't be written."""
    save(file, text(judged).encode())


def text(judged: Judged) -> str:
    """The page: when and by what it was made, the holes, the matrix by contract, the requirements, the costs."""
    return "\n".join(_lines(judged)).rstrip("\n") + "\n"


def _lines(judged: Judged) -> Iterator[str]:
    matrix, line = judged.matrix, headline(judged)
    yield f"# Kill matrix of {matrix.started[:10]}\n"
    yield f"Written by `{matrix.command} --markdown docs/kill-matrix.md`, SessionProof {matrix.version}; don't edit.\n"
    yield _ABOUT + "\n"
    yield f"**{line.word}** · {' · '.join(line.parts)}\n"
    for kind, those in by_kind(judged.failing).items():
        yield f"## Hole: {kind} ({len(those)})\n"
        yield from (f"- {_cell(hole.line)}" for hole in those)
        yield ""
    if not judged.matrix.complete or judged.matrix.narrowed:
        yield "Not every fault was tried, so nothing is said about requirements that lack faults.\n"
    yield from (f"- **{lens}**: {_cell(about)}" for lens, about in matrix.abouts.items())
    yield ""
    yield from _table(("lens", "without faults", "with a fault", *map(str, Outcome)), _lenses(matrix))
    for part in matrix.parts:
        yield from _part(matrix, part)
    yield "## Requirements and their faults\n"
    yield from _table(("requirement", "passes for", "faults", "also noticed"), map(_tripped, matrix.tripped))
    yield "## What it costs\n"
    yield from (f"- {line}" for line in where_it_goes(matrix))
    yield ""
    yield from _table(("contract", "lens", "check", "requirement", "requests", "s waiting"), _dearest(matrix))


def _lenses(matrix: Matrix) -> Iterator[tuple[str, ...]]:
    """How often each looked, and what came of it."""
    for lens in matrix.lenses:
        cleans = sum(clean.lens == lens for clean in matrix.cleans)
        counts = [matrix.count(lens, outcome) for outcome in Outcome]
        yield (lens, str(cleans), str(sum(counts)), *map(str, counts))


def _part(matrix: Matrix, part: Part) -> Iterator[str]:
    others = [lens for lens in part.lenses if lens not in matrix.judges]
    yield f"## {part.title}\n"
    for clean in part.cleans:
        seen = f"{len(clean.passed)} requirements pass" if clean.lens in matrix.judges else _noise(clean.noise)
        yield f"Without faults, {clean.lens}: {seen}, with {clean.spent.requests:,} requests.\n"
    head = ("fault", "what it does", "breaks", "outcome", "noticed by", "also", *others)
    yield from _table(head, (_row(row, matrix, others) for row in part.rows))
    beyond = out_of_reach(kill for row in part.rows for kill in row.kills.values())
    if beyond:
        yield "Out of reach:\n"
        yield from (f"- {_cell(why)} ({len(ids)}): {' '.join(ids)}" for why, ids in beyond.items())
        yield ""


def _noise(noise: Sequence[str]) -> str:
    return f"{len(noise)} findings that count as noise" + (f" ({', '.join(noise)})" if noise else "")


def _row(row: Row, matrix: Matrix, others: Sequence[str]) -> tuple[str, ...]:
    judging = [kill for kill in row.kills.values() if kill.lens in matrix.judges]
    return (
        row.fault.id,
        ("*At times:* " if row.fault.conditional else "") + row.fault.behaviour,
        " ".join(row.fault.breaks),
        ", ".join(f"**{kill.outcome}**" if kill.outcome in _HOLES else kill.outcome for kill in judging),
        " ".join(dict.fromkeys(name for kill in judging for name in kill.declared)),
        " ".join(dict.fromkeys(name for kill in judging for name in kill.collateral)),
        *(_reported(row.kills.get(lens)) for lens in others),
    )


def _reported(kill: Kill | None) -> str:
    if kill is None:
        return ""
    return kill.error or " ".join((*kill.declared, *kill.collateral)) or "missed"


def _tripped(one: Tripped) -> tuple[str, ...]:
    faults = (f"{fault.id} (at times)" if fault.conditional else fault.id for fault in one.faults)
    return (one.requirement, ", ".join(one.contracts), ", ".join(faults), ", ".join(fault.id for fault in one.others))


def _dearest(matrix: Matrix) -> Iterator[tuple[str, ...]]:
    for clean in matrix.cleans:
        for cost in clean.costs[:5]:
            name = f"`{cost.name}`" if cost.name else "set-up and clean-up"
            yield clean.contract, clean.lens, name, cost.requirement, f"{cost.requests:,}", f"{cost.seconds:.2f}"
        if not clean.costs:
            whole = f"{clean.spent.requests:,}"
            yield clean.contract, clean.lens, "all together", "", whole, f"{clean.spent.seconds:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(text: str) -> str:
    """On one line, with nothing in it that would end the cell, be a link or be HTML."""
    one_line = " ".join(visible(text).split())
    return re.sub(r"([|<\[])", r"\\\1", one_line)
