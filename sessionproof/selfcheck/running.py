"""Every lens on every fault, several at a time, until the end or until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sessionproof import __version__
from sessionproof.deployments.bundled import bundled_server
from sessionproof.deployments.nodes import bundled_nodes
from sessionproof.deployments.redis import installed_redis, redis_is_installed
from sessionproof.errors import TargetError
from sessionproof.requirements import load_requirements
from sessionproof.selfcheck.faults import Fault
from sessionproof.selfcheck.lenses import Lens, LooksAtNodes, Seen
from sessionproof.selfcheck.matrix import Clean, Kill, Matrix, Spent, both, clean_of, kill_of
from sessionproof.selfcheck.programs import Programs

__all__ = ["Plan", "selfcheck"]

T = TypeVar("T")
Done = Callable[[Clean | Kill], None]


@dataclass(frozen=True)
class Plan:
    """What is to be tried: each fault once under each of its contracts, with each lens that reaches it."""

    faults: tuple[Fault, ...]
    contracts: tuple[str, ...]
    lenses: tuple[Lens, ...]
    effort: str
    jobs: int
    longest: float  # seconds for one look at one server
    narrowed: bool = False
    command: str = "sessionproof selfcheck"  # what repeats it

    @property
    def steps(self) -> int:
        """How many servers will be looked at."""
        return sum(1 + len(self.reached(contract, lens)) for contract, lens in self.pairs)

    @property
    def pairs(self) -> list[tuple[str, Lens]]:
        """The contracts, each with every lens that reaches a fault there."""
        pairs = [(contract, lens) for contract in self.contracts for lens in self.lenses]
        return [(contract, lens) for contract, lens in pairs if self.reached(contract, lens)]

    def reached(self, contract: str, lens: Lens) -> list[Fault]:
        """The faults that this lens is tried on under this contract."""
        return [
            fault
            for fault in self.faults
            if contract in fault.contracts and fault.of == lens.of and lens.reaches(fault, contract)
        ]


def selfcheck(plan: Plan, done: Done) -> Matrix:
    """The kill matrix; `done` is told of each clean run and of each fault as it ends, in this thread.

    Raises TargetError when a server without faults isn't without findings: then nothing can be said about faults.
    KeyboardInterrupt ends it early: the matrix holds what was seen until then. No server and no program outlives it.
    """
    started, clock, programs = datetime.now(UTC), time.monotonic(), Programs(plan.longest)
    cleans: list[Clean] = []
    kills: list[Kill] = []
    complete = False
    pool = ThreadPoolExecutor(plan.jobs)
    try:
        _all(pool, _clean_looks(plan, programs), cleans, done)
        _must_be_clean(plan, cleans)
        _all(pool, _faulty_looks(plan, cleans, programs), kills, done)
        complete = True
    except KeyboardInterrupt:
        pass
    finally:
        programs.stop()
        pool.shutdown(cancel_futures=True)
    return Matrix(
        lenses=tuple(lens.name for lens in plan.lenses),
        contracts=plan.contracts,
        effort=plan.effort,
        jobs=plan.jobs,
        started=started.isoformat(timespec="seconds"),
        duration_s=round(time.monotonic() - clock, 3),
        narrowed=plan.narrowed,
        command=plan.command,
        complete=complete,
        cleans=tuple(sorted(cleans, key=_place(plan))),
        kills=tuple(kills),
        judges=frozenset(lens.name for lens in plan.lenses if lens.names_requirements),
        abouts={lens.name: lens.about for lens in plan.lenses},
        version=__version__,
    )


def _all(pool: ThreadPoolExecutor, looks: Sequence[Callable[[], T]], into: list[T], done: Callable[[T], None]) -> None:
    """Puts each result where it belongs as soon as it is there."""
    futures: list[Future[T]] = [pool.submit(look) for look in looks]
    for future in as_completed(futures):
        into.append(future.result())
        done(into[-1])


def _place(plan: Plan) -> Callable[[Clean], tuple[int, int]]:
    """Orders by contract, then by lens, as they were asked for."""
    lenses = [lens.name for lens in plan.lenses]
    return lambda clean: (plan.contracts.index(clean.contract), lenses.index(clean.lens))


def _clean_looks(plan: Plan, programs: Programs) -> list[Callable[[], Clean]]:
    return [partial(_clean, contract, lens, programs, _needing_nodes(plan, contract)) for contract, lens in plan.pairs]


def _needing_nodes(plan: Plan, contract: str) -> tuple[str, ...]:
    """The requirements that a fault for this contract breaks, and that only several nodes show."""
    named = dict.fromkeys(name for fault in plan.faults if contract in fault.contracts for name in fault.breaks)
    return tuple(filter(_needs_nodes, named))


def _needs_nodes(requirement: str) -> bool:
    known = load_requirements().get(requirement)
    return known is not None and not known.means.isdisjoint(("nodes", "store"))


def _clean(contract: str, lens: Lens, programs: Programs, on_nodes: tuple[str, ...]) -> Clean:
    looks, spent = _looks(contract, lens, lens.clean_runs, programs)
    clean = clean_of(contract, lens.name, looks, spent, lens.of)
    if not on_nodes or not isinstance(lens, LooksAtNodes) or not redis_is_installed():
        return clean
    look, spent = _look_at_nodes(contract, lens, programs, (), on_nodes)
    return both(clean, clean_of(contract, lens.name, [look], spent, lens.of))


def _must_be_clean(plan: Plan, cleans: Sequence[Clean]) -> None:
    judging = {lens.name for lens in plan.lenses if lens.names_requirements}
    for clean in cleans:
        errors = [name for name, why in clean.not_judged.items() if why.startswith("error: ")]
        if clean.lens in judging and (clean.noise or errors):
            names = " ".join([*clean.noise, *errors])
            raise TargetError(
                f"{clean.contract}: a server without faults fails {names}, so nothing can be said about faults; "
                f"look at `sessionproof serve --contract {clean.contract}`"
            )


def _faulty_looks(plan: Plan, cleans: Sequence[Clean], programs: Programs) -> list[Callable[[], Kill]]:
    by = {(clean.contract, clean.lens): clean for clean in cleans}
    return [
        partial(_faulty, fault, by[contract, lens.name], lens, programs)
        for contract, lens in plan.pairs
        for fault in plan.reached(contract, lens)
    ]


def _faulty(fault: Fault, clean: Clean, lens: Lens, programs: Programs) -> Kill:
    try:
        looks, spent = _looks_at_fault(fault, clean.contract, lens, programs)
    except TargetError as error:
        return kill_of(fault, clean, lens.names_requirements, None, str(error), Spent())
    return kill_of(fault, clean, lens.names_requirements, looks[0], "", spent)


def _looks_at_fault(fault: Fault, contract: str, lens: Lens, programs: Programs) -> tuple[list[Seen], Spent]:
    """At one server or, where only several show what it breaks, at two with one store, if there can be any."""
    on_nodes = any(map(_needs_nodes, fault.breaks)) and redis_is_installed()
    if not on_nodes or not isinstance(lens, LooksAtNodes):
        return _looks(contract, lens, 1, programs, fault)
    look, spent = _look_at_nodes(contract, lens, programs, ("--fault", fault.id), fault.breaks)
    return [look], spent


def _look_at_nodes(
    contract: str, lens: Lens, programs: Programs, broken: tuple[str, ...], breaks: tuple[str, ...]
) -> tuple[Seen, Spent]:
    """One look at two fresh servers with one store."""
    assert isinstance(lens, LooksAtNodes)
    begin = time.monotonic()
    with installed_redis() as store, bundled_nodes(contract, store.url, *lens.server, *broken) as nodes:
        listening = time.monotonic()
        look = lens.look_at_nodes(nodes, store, contract, 0, programs, breaks)
        looked = time.monotonic()
    return look, _spent([look], begin, listening, looked)


def _looks(
    contract: str, lens: Lens, times: int, programs: Programs, fault: Fault | None = None
) -> tuple[list[Seen], Spent]:
    """`times` looks at one fresh server, one after the other."""
    begin = time.monotonic()
    broken = ("--fault", fault.id) if fault is not None and fault.of == "server" else ()
    with bundled_server(contract, *lens.server, *broken) as url:
        listening = time.monotonic()
        looks = [lens.look(url, contract, turn, programs, fault) for turn in range(times)]
        looked = time.monotonic()
    return looks, _spent(looks, begin, listening, looked)


def _spent(looks: Sequence[Seen], begin: float, listening: float, looked: float) -> Spent:
    """What these looks cost until now; times are readings of the monotonic clock."""
    judging = sum(look.seconds for look in looks)
    server = time.monotonic() - begin - (looked - listening)
    requests = sum(look.requests for look in looks)
    return Spent(requests, judging, max(0.0, looked - listening - judging), server)
