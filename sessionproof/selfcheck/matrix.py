"""The kill matrix: what every lens saw of every fault, beside what it sees of a server without faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import CheckCost, Seen

__all__ = ["Clean", "Kill", "Matrix", "Outcome", "Part", "Row", "Spent", "Tripped", "both", "clean_of", "kill_of"]


class Outcome(StrEnum):
    """What became of one fault under one lens."""

    CAUGHT = "caught"  # by a requirement that it was declared to break; where a lens names none, by anything new
    ELSEWHERE = "caught elsewhere"  # other requirements only, although a declared one was looked at
    MISSED = "missed"
    OUT_OF_REACH = "out of reach"  # what it breaks first of all is not judged, even without it
    ERROR = "error"  # the run came to no result


@dataclass(frozen=True)
class Spent:
    """What runs cost. Seconds are as they passed: with several at a time they pass more slowly for each."""

    requests: int = 0
    judging: float = 0.0  # seconds, as the lens counts
    starting: float = 0.0  # of the lens: interpreter, imports, reports
    server: float = 0.0  # until it listened, and until it had ended

    @property
    def seconds(self) -> float:
        return self.judging + self.starting + self.server

    def shared(self, runs: int) -> Spent:
        """By each of so many runs, on average."""
        return Spent(round(self.requests / runs), self.judging / runs, self.starting / runs, self.server / runs)

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.requests + other.requests,
            self.judging + other.judging,
            self.starting + other.starting,
            self.server + other.server,
        )


@dataclass(frozen=True)
class Clean:
    """What a lens sees of a server without faults."""

    contract: str
    lens: str
    passed: tuple[str, ...]  # requirements
    not_judged: Mapping[str, str]  # requirement -> why
    noise: tuple[str, ...]  # findings; of a lens that names requirements there must be none
    spent: Spent
    costs: tuple[CheckCost, ...]  # of the first look
    of: str = "server"  # whose faults the lens looks for; or client


@dataclass(frozen=True)
class Kill:
    """What a lens saw of one fault under one contract."""

    fault: Fault
    contract: str
    lens: str
    outcome: Outcome
    declared: tuple[str, ...]  # requirements it was declared to break, found broken
    unnoticed: tuple[str, ...]  # those found to hold, although they are judged
    beyond: Mapping[str, str]  # those that aren't judged on any server -> why
    collateral: tuple[str, ...]  # everything else that was reported and isn't noise
    error: str
    spent: Spent


def clean_of(contract: str, lens: str, looks: Sequence[Seen], spent: Spent, of: str = "server") -> Clean:
    """All looks at one clean server as one: the first tells what passes, everything reported in any is noise."""
    first = looks[0]
    noise = dict.fromkeys(finding for look in looks for finding in look.findings)
    return Clean(contract, lens, first.passed, first.not_judged, tuple(noise), spent, first.costs, of)


def both(one: Clean, nodes: Clean) -> Clean:
    """What is seen of one clean server, with what is seen besides of several that share a store."""
    return replace(
        one,
        passed=(*one.passed, *(name for name in nodes.passed if name not in one.passed)),
        not_judged={name: why for name, why in one.not_judged.items() if name not in nodes.passed},
        noise=tuple(dict.fromkeys((*one.noise, *nodes.noise))),
        spent=one.spent + nodes.spent,
    )


def kill_of(fault: Fault, clean: Clean, names_requirements: bool, seen: Seen | None, error: str, spent: Spent) -> Kill:
    """What `seen` says of the fault; None when the run came to no result, for the reason `error`."""
    found = [finding for finding in seen.findings if finding not in clean.noise] if seen else []
    declared = tuple(name for name in fault.breaks if name in found)
    beyond = {
        name: clean.not_judged.get(name, "no requirement of this name")
        for name in fault.breaks
        if names_requirements and name not in (*clean.passed, *declared)
    }
    unnoticed = tuple(name for name in fault.breaks if names_requirements and name not in (*declared, *beyond))
    collateral = tuple(name for name in found if name not in declared)
    if seen is None:
        outcome, unnoticed = Outcome.ERROR, ()
    elif declared or (collateral and not names_requirements):
        outcome = Outcome.CAUGHT
    elif names_requirements and (not unnoticed or fault.breaks[0] in beyond):
        outcome = Outcome.OUT_OF_REACH
    else:
        outcome = Outcome.ELSEWHERE if collateral else Outcome.MISSED
    return Kill(fault, clean.contract, clean.lens, outcome, declared, unnoticed, beyond, collateral, error, spent)


@dataclass(frozen=True)
class Row:
    """One fault under one contract, as every lens saw it."""

    fault: Fault
    contract: str
    kills: Mapping[str, Kill]  # by lens

    @property
    def silent(self) -> bool:
        """Whether it is out of reach, and nothing else looked or noticed either."""
        outcomes = {kill.outcome for kill in self.kills.values()}
        return Outcome.OUT_OF_REACH in outcomes and outcomes <= {Outcome.OUT_OF_REACH, Outcome.MISSED}


@dataclass(frozen=True)
class Part:
    """What belongs together under one contract: the server's faults, or the client's."""

    contract: str
    of: str
    cleans: tuple[Clean, ...]  # in the order of the lenses
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        return self.contract if self.of == "server" else f"{self.contract}: its client"

    @property
    def lenses(self) -> list[str]:
        """Those that looked at it."""
        return [clean.lens for clean in self.cleans]


@dataclass(frozen=True)
class Tripped:
    """A requirement that passes on a clean server, and what makes it fail."""

    requirement: str
    contracts: tuple[str, ...]  # under which it passes
    faults: tuple[Fault, ...]  # declared to break it
    others: tuple[Fault, ...]

    @property
    def conditional(self) -> bool:
        return any(fault.conditional for fault in self.faults)


@dataclass(frozen=True)
class Matrix:
    """Everything that a selfcheck found out, ready to be shown."""

    lenses: tuple[str, ...]
    contracts: tuple[str, ...]
    effort: str
    jobs: int
    started: str  # RFC 3339, UTC
    duration_s: float
    command: str  # what repeats it
    narrowed: bool  # not every fault was to be tried
    complete: bool  # everything that was to be tried was
    cleans: tuple[Clean, ...]
    kills: tuple[Kill, ...]
    judges: frozenset[str] = frozenset({"suites"})  # lenses that name requirements
    abouts: Mapping[str, str] = field(default_factory=dict)  # lens -> what it is, and what it is tried on
    version: str = ""

    @cached_property
    def parts(self) -> list[Part]:
        """By contract, the server's before the client's."""
        found = []
        for contract in self.contracts:
            for of in ("server", "client"):
                cleans = tuple(clean for clean in self.cleans if (clean.contract, clean.of) == (contract, of))
                rows = tuple(row for row in self.rows if (row.contract, row.fault.of) == (contract, of))
                found += [Part(contract, of, cleans, rows)] if cleans else []
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """By contract, then by fault; kills in the order of the lenses, whichever ended first."""
        found: dict[tuple[str, str], dict[str, Kill]] = {}
        for kill in sorted(self.kills, key=lambda kill: self.lenses.index(kill.lens)):
            found.setdefault((kill.contract, kill.fault.id), {})[kill.lens] = kill
        order = {name: place for place, name in enumerate(self.contracts)}
        keys = sorted(found, key=lambda key: (order[key[0]], key[1]))
        return [Row(next(iter(found[key].values())).fault, key[0], found[key]) for key in keys]

    @cached_property
    def tripped(self) -> list[Tripped]:
        """Every requirement that passes on a clean server, by id, with the faults that a judging lens caught by it."""
        judged = [kill for kill in self.kills if kill.lens in self.judges]
        cleans = [clean for clean in self.cleans if clean.lens in self.judges]
        passing = {
            name: tuple(dict.fromkeys(clean.contract for clean in cleans if name in clean.passed))
            for name in sorted({name for clean in cleans for name in clean.passed})
        }
        return [
            Tripped(
                name,
                contracts,
                _faults(kill for kill in judged if name in kill.declared),
                _faults(kill for kill in judged if name in kill.collateral),
            )
            for name, contracts in passing.items()
        ]

    @property
    def spent(self) -> Spent:
        """By all runs together."""
        return sum((*(clean.spent for clean in self.cleans), *(kill.spent for kill in self.kills)), Spent())

    def clean(self, contract: str, lens: str) -> Clean | None:
        return next((one for one in self.cleans if (one.contract, one.lens) == (contract, lens)), None)

    def count(self, lens: str, outcome: Outcome) -> int:
        return sum(kill.lens == lens and kill.outcome is outcome for kill in self.kills)


def _faults(kills: Iterator[Kill]) -> tuple[Fault, ...]:
    """Each once, however many contracts it was tried under."""
    return tuple({kill.fault.id: kill.fault for kill in kills}.values())
