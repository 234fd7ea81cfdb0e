"""How surely races are caught: `sessionproof verify` again and again, each time by another seed.

    python load/benchmarks/races.py [--times N] [--clean N] [--jobs N] [--effort normal] [--redis URL] [--only FAULT]...

Each fault that needs calls at the same moment is served anew, and looked for `--times` times by the requirements that
it breaks; a server without faults is judged `--clean` times by all of these requirements (`--only none`: nothing but
that), and with `--redis` two nodes that share this store as well. Prints a table in Markdown.
Exit code 1 where a fault was caught less often than in 19 of 20 runs, or the server without faults was accused.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sessionproof.deployments.bundled import bundled_server
from sessionproof.effort import Effort
from sessionproof.selfcheck.faults import known_faults
from sessionproof.settings import Settings
from sessionproof.verdicts import Verdict
from sessionproof.verify import verify

GOAL = 0.95
CONTRACTS = ("fm-session-service", "faultmaven", "agentic-multi-client")
RACES = ("RES-05", "RES-06", "MSG-03", "MSG-09", "MSG-11", "CAS-06", "CON-01", "CON-02", "CON-04", "CON-05")
FAULTS = (
    *("F-RES-03", "F-RES-38", "F-RES-39", "F-RES-40"),
    *("F-MSG-02", "F-MSG-40", "F-MSG-51", "F-MSG-68", "F-MSG-69", "F-MSG-70", "F-MSG-71", "F-MSG-72"),
    *("F-CAS-02", "F-CAS-38", "F-CAS-60", "F-LIF-04", "F-ISO-12", "F-ISO-70", "F-CON-02", "F-CON-03", "F-CON-04"),
    *("F-CON-40", "F-CON-41", "F-CON-42", "F-CON-43", "F-CON-44", "F-CON-45"),
)


@dataclass(frozen=True)
class Subject:
    """A server with one fault or none, and what of it is judged."""

    contract: str
    fault: str
    only: tuple[str, ...]
    store: str = ""  # of two nodes; "": one node, with a store of its own

    @property
    def told(self) -> str:
        return self.fault or ("none, two nodes" if self.store else "none")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--times", type=int, default=20, help="runs for each fault")
    options.add_argument("--clean", type=int, default=50, help="runs for each contract without faults")
    options.add_argument("--jobs", type=int, default=2, help="runs at a time")
    options.add_argument("--effort", default="normal")
    options.add_argument("--redis", default="", metavar="URL", help="the store of two nodes")
    options.add_argument("--only", action="append", default=[], metavar="FAULT")
    told = options.parse_args()
    print("| contract | fault | judged by | caught in | requests a run |\n|---|---|---|---|---|")
    reached = True
    with ProcessPoolExecutor(told.jobs) as pool:  # a process each, for pytest runs once at a time
        for subject in subjects(told.only, told.redis):
            times = told.times if subject.fault else told.clean
            with served(subject) as nodes:
                seen = list(pool.map(partial(look, nodes, subject, told.effort), range(times)))
            caught, requests = sum(bool(found) for found, _ in seen), sum(spent for _, spent in seen)
            named = sorted({name for found, _ in seen for name in found})
            print(
                f"| {subject.contract} | {subject.told} | {', '.join(named) or '-'} | {caught} of {times} "
                f"| {requests // max(1, times)} |",
                flush=True,
            )
            reached &= caught >= GOAL * times if subject.fault else not caught
    return int(not reached)


def subjects(only: Sequence[str], redis: str) -> Iterator[Subject]:
    for fault in known_faults():
        if fault.id in (only or FAULTS):
            broken = tuple(name for name in fault.breaks if name in RACES)
            yield from (Subject(contract, fault.id, broken) for contract in fault.contracts)
    if not only or "none" in only:
        for store in dict.fromkeys(("", redis)):
            yield from (Subject(contract, "", RACES, store) for contract in CONTRACTS)


@contextmanager
def served(subject: Subject) -> Iterator[tuple[str, ...]]:
    """The base URLs of its nodes."""
    broken = ("--fault", subject.fault) if subject.fault else ()
    store = ("--store", subject.store) if subject.store else ()
    with ExitStack() as stack:
        number = 2 if subject.store else 1
        yield tuple(stack.enter_context(bundled_server(subject.contract, *broken, *store)) for _ in range(number))


def look(nodes: tuple[str, ...], subject: Subject, effort: str, seed: int) -> tuple[list[str], int]:
    """The requirements that one run finds broken, and its requests."""
    settings = Settings(
        base_url=nodes[0],
        node=nodes[1:],
        contract=subject.contract,
        only=subject.only,
        effort=Effort(effort),
        seed=seed,
        timeout=30,
    )
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        report = verify(settings, quiet=True)
    found = [each.requirement.id for each in report.results if each.verdict in (Verdict.FAILED, Verdict.WARNED)]
    return found, report.requests


if __name__ == "__main__":
    sys.exit(main())
