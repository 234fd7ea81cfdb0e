"""What a kill matrix is worth and what it cost, in words: the same ones on terminal, page and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sessionproof.report.words import Headline, count
from sessionproof.selfcheck.holes import Hole, Judged, Kind
from sessionproof.selfcheck.matrix import Kill, Matrix, Outcome, Spent
from sessionproof.verdicts import Exit

__all__ = ["by_kind", "headline", "out_of_reach", "seconds", "spent_line", "where_it_goes"]

_WORDS = {Exit.PROVEN: "NO HOLES", Exit.FAILED: "HOLES", Exit.UNPROVEN: "STOPPED", Exit.TARGET: "ERROR"}
_DEAREST = 5  # checks that are named


def headline(judged: Judged) -> Headline:
    """One word for the matrix, and the counts behind it."""
    return Headline(_WORDS[judged.exit], tuple(_parts(judged)))


def _parts(judged: Judged) -> Iterator[str]:
    matrix = judged.matrix
    if judged.failing:
        yield count(len(judged.failing), "hole", "holes")
    yield count(len({kill.fault.id for kill in matrix.kills}), "fault", "faults")
    for lens in dict.fromkeys(kill.lens for row in matrix.rows for kill in row.kills.values()):
        counts = {outcome: matrix.count(lens, outcome) for outcome in Outcome}
        yield f"{lens}: " + ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number)
    if matrix.judges and matrix.kills:
        yield f"{sum(bool(one.faults) for one in matrix.tripped)} of {len(matrix.tripped)} requirements tripped"
    yield f"{count(matrix.spent.requests, 'request', 'requests')} in {seconds(matrix.duration_s)}"
    yield f"exit {int(judged.exit)}"


def by_kind(found: Iterable[Hole]) -> dict[Kind, list[Hole]]:
    """Holes by what is missing, in the order of the kinds."""
    groups: dict[Kind, list[Hole]] = {}
    for hole in found:
        groups.setdefault(hole.kind, []).append(hole)
    return groups


def out_of_reach(kills: Iterable[Kill]) -> dict[str, list[str]]:
    """Faults that nothing could notice, by why: that of the requirement that each breaks first of all."""
    groups: dict[str, list[str]] = {}
    for kill in kills:
        if kill.outcome is Outcome.OUT_OF_REACH:
            groups.setdefault(next(iter(kill.beyond.values())), []).append(kill.fault.id)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def where_it_goes(matrix: Matrix) -> Iterator[str]:
    """What a fault costs, and on what requests and seconds are spent."""
    for lens in matrix.lenses:
        kills = [kill for kill in matrix.kills if kill.lens == lens and kill.outcome is not Outcome.ERROR]
        if kills:
            spent = sum((kill.spent for kill in kills), Spent())
            yield f"a fault costs {lens} {spent_line(spent.shared(len(kills)))}"
    for clean in matrix.cleans:
        dearest = [f"{cost.name or 'set-up and clean-up'} {cost.requests:,}" for cost in clean.costs[:_DEAREST]]
        if dearest:
            total = sum(cost.requests for cost in clean.costs)
            yield f"of {total:,} requests to {clean.contract}: {', '.join(dearest)}"
    yield f"{count(matrix.jobs, 'server', 'servers')} at a time; all of them together: {spent_line(matrix.spent)}"


def spent_line(spent: Spent) -> str:
    """Requests, and the seconds with their parts."""
    return (
        f"{count(spent.requests, 'request', 'requests')}, {seconds(spent.seconds)} "
        f"({seconds(spent.judging)} judging, {seconds(spent.starting)} starting, {seconds(spent.server)} the server)"
    )


def seconds(number: float) -> str:
    """One decimal below 100 s, minutes above."""
    if number < 100:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest} s"
