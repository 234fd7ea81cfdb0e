"""An earlier kill matrix beside this one, so that its hours can be spent one lens, or some faults, at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from sessionproof import __version__
from sessionproof.errors import UsageError
from sessionproof.selfcheck.document import FORMAT
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import LENSES, CheckCost, How
from sessionproof.selfcheck.matrix import Clean, Kill, Matrix, Outcome, Spent, both
from sessionproof.selfcheck.running import Plan

__all__ = ["read_earlier", "together"]


class _Spent(msgspec.Struct):
    requests: int
    judging_s: float
    starting_s: float
    server_s: float

    def whole(self) -> Spent:
        return Spent(self.requests, self.judging_s, self.starting_s, self.server_s)


class _Clean(msgspec.Struct):
    contract: str
    lens: str
    passed: tuple[str, ...]
    not_judged: dict[str, str]
    noise: tuple[str, ...]
    checks: tuple[CheckCost, ...]
    spent: _Spent


class _Fault(msgspec.Struct):
    id: str
    breaks: tuple[str, ...]
    behaviour: str
    conditional: bool
    of: str


class _Kill(msgspec.Struct):
    fault: str
    contract: str
    lens: str
    outcome: Outcome
    declared: tuple[str, ...]
    unnoticed: tuple[str, ...]
    beyond: dict[str, str]
    collateral: tuple[str, ...]
    error: str
    spent: _Spent


class _Document(msgspec.Struct):
    """What `as_dict` writes, as far as a matrix is made of it."""

    format: int
    sessionproof: str
    command: str
    started: str
    duration_s: float
    effort: str
    jobs: int
    contracts: tuple[str, ...]
    lenses: tuple[str, ...]
    about: dict[str, str]
    narrowed: bool
    complete: bool
    without_faults: tuple[_Clean, ...]
    faults: tuple[_Fault, ...]
    kills: tuple[_Kill, ...]


def read_earlier(file: Path, plan: Plan) -> Matrix:
    """The matrix that `selfcheck --json` has written to `file`.

    Raises UsageError where there is none, and where its rows can't be compared with those of `plan`.
    """
    try:
        document = msgspec.json.decode(file.read_bytes(), type=_Document)
    except OSError as error:
        raise UsageError(f"--beside {file}: can't be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"--beside {file}: is no kill matrix that `selfcheck --json` wrote: {error}") from error
    unknown = sorted(set(document.lenses) - set(LENSES))
    if document.format != FORMAT or unknown:
        why = f"lens {unknown[0]}" if unknown else f"format {document.format}"
        raise UsageError(f"--beside {file}: has {why}, which this version doesn't know")
    for what, seen, wanted in (
        ("version", document.sessionproof, __version__),
        ("effort", document.effort, plan.effort),
    ):
        if seen != wanted:
            raise UsageError(f"--beside {file}: is of another {what}; measure it anew")
    lenses = {name: LENSES[name](How(document.effort)) for name in document.lenses}
    faults = {fault.id: fault for fault in _faults(document)}
    return Matrix(
        lenses=document.lenses,
        contracts=document.contracts,
        effort=document.effort,
        jobs=document.jobs,
        started=document.started,
        duration_s=document.duration_s,
        command=document.command,
        narrowed=document.narrowed,
        complete=document.complete,
        cleans=tuple(_clean(one, lenses[one.lens].of) for one in document.without_faults),
        kills=tuple(_kill(one, faults[one.fault]) for one in document.kills),
        judges=frozenset(name for name, lens in lenses.items() if lens.names_requirements),
        abouts=document.about,
        version=document.sessionproof,
    )


def _faults(document: _Document) -> Iterator[Fault]:
    for one in document.faults:
        contracts = tuple(dict.fromkeys(kill.contract for kill in document.kills if kill.fault == one.id))
        yield Fault(one.id, one.breaks, one.behaviour, one.conditional, contracts, one.of)


def _clean(one: _Clean, of: str) -> Clean:
    return Clean(one.contract, one.lens, one.passed, one.not_judged, one.noise, one.spent.whole(), one.checks, of)


def _kill(one: _Kill, fault: Fault) -> Kill:
    return Kill(
        fault,
        one.contract,
        one.lens,
        one.outcome,
        one.declared,
        one.unnoticed,
        one.beyond,
        one.collateral,
        one.error,
        one.spent.whole(),
    )


def together(matrix: Matrix, earlier: Iterable[Matrix]) -> Matrix:
    """`matrix` with the columns that it lacks and an earlier one has and, if not all faults were tried, the rows."""
    for other in earlier:
        here = {(one.fault.id, one.contract, one.lens) for one in matrix.kills}
        lacking = [one for one in other.kills if matrix.narrowed or one.lens not in matrix.lenses]
        kills = [one for one in lacking if (one.fault.id, one.contract, one.lens) not in here]
        matrix = replace(
            matrix,
            lenses=tuple(dict.fromkeys((*matrix.lenses, *other.lenses))),
            contracts=tuple(dict.fromkeys((*matrix.contracts, *other.contracts))),
            started=min(matrix.started, other.started),
            duration_s=matrix.duration_s + other.duration_s,
            narrowed=_lenses_narrowed(matrix, other),
            complete=matrix.complete and other.complete,
            cleans=_cleans(matrix, other),
            kills=(*matrix.kills, *kills),
            judges=matrix.judges | other.judges,
            abouts={**other.abouts, **matrix.abouts},
        )
    return matrix


def _lenses_narrowed(*matrices: Matrix) -> bool:
    """Whether some lens was tried on all its faults in none of them."""
    lenses = {name for matrix in matrices for name in matrix.lenses}
    return any(all(matrix.narrowed for matrix in matrices if name in matrix.lenses) for name in lenses)


def _cleans(matrix: Matrix, other: Matrix) -> tuple[Clean, ...]:
    """A lens looks at a clean server for what the faults of its run break: both runs have seen some."""
    found = {(one.contract, one.lens): one for one in matrix.cleans}
    for one in other.cleans:
        here = found.get((one.contract, one.lens))
        found[one.contract, one.lens] = both(here, one) if here else one
    return tuple(found.values())
