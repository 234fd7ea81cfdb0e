"""What exploring finds and how soon, beside the plain Schemathesis command on the same contracts and faults.

    python load/benchmarks/fuzzing.py [--only F-SEC] [--contract NAME] [--plain] [--effort normal] [--json FILE]

Takes the faults of the reference server that break a requirement which exploring says something of. For each it
prints the check that was the first to name one of the broken requirements, with the requests and seconds until then.
With `--plain` also what `schemathesis run` reports of it that it doesn't report of a server without faults. Prints a
Markdown table.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from plain import Plain, options_of, plain_of, told_of
from rich.console import Console

from sessionproof.caller import SetUpFailed
from sessionproof.contract import bundled_contracts
from sessionproof.deployments.bundled import bundled_server
from sessionproof.effort import Effort
from sessionproof.fuzz.exploring import Explorer
from sessionproof.fuzz.running import about
from sessionproof.prepare import prepare
from sessionproof.report.progress import Progress
from sessionproof.selfcheck.faults import Fault, chosen, known_faults
from sessionproof.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Row(Plain):
    """What was seen of one fault under one contract."""

    fault: str
    contract: str
    breaks: tuple[str, ...]
    by: str  # check and requirement, "" where it was missed
    requests: int
    seconds: float


def main() -> int:
    options = options_of(__doc__)
    options.add_argument("--effort", default="normal", choices=[effort.value for effort in Effort])
    told = options.parse_args()
    print(table(told_of(looked(told), line, told.json)))
    return 0


def line(row: Row) -> str:
    return f"{row.fault} {row.contract}: {row.by or 'missed'}, {row.requests} requests, {row.seconds:.1f} s"


def looked(told: argparse.Namespace) -> Iterator[Row]:
    for fault in chosen(known_faults(), told.contract or list(bundled_contracts()), told.only):
        if about() & set(fault.breaks):
            for contract in fault.contracts:
                yield row(fault, contract, told)


def row(fault: Fault, contract: str, told: argparse.Namespace) -> Row:
    with bundled_server(contract, "--fault", fault.id) as url:
        by, requests, seconds = explored(url, contract, fault, Effort(told.effort), told.seed)
    plain = plain_of(fault.id, contract, told.effort) if told.plain else Plain()
    return Row(
        fault=fault.id,
        contract=contract,
        breaks=fault.breaks,
        by=by,
        requests=requests,
        seconds=seconds,
        **asdict(plain),
    )


def explored(url: str, contract: str, fault: Fault, effort: Effort, seed: int) -> tuple[str, int, float]:
    """The first check that names a broken requirement ("" for none), with requests and seconds until then."""
    run = prepare(Settings(base_url=url, contract=contract, effort=effort, seed=seed, timeout=5), "fuzz").run
    began = time.monotonic()
    explorer = Explorer.of(run, about())
    explorer.enough = lambda found: found.requirement in fault.breaks
    try:
        explorer.begin()
        explorer.explore(Progress(Console(stderr=True), quiet=True))
    except SetUpFailed as failure:
        print(f"{fault.id}: {failure}")
    finally:
        found = [one for one in explorer.stage.tally.found if one.requirement in fault.breaks]
        requests = run.recorder.count
        run.sender.close()
    if found:
        return f"{found[0].check} ({found[0].requirement})", found[0].requests, found[0].at
    return "", requests, time.monotonic() - began


def table(rows: list[Row]) -> str:
    lines = [
        "| fault | contract | breaks | found by | requests | seconds | plain Schemathesis |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in rows:
        plain = (
            ""
            if one.plain is None
            else f"{', '.join(one.plain) or '-'} ({one.plain_requests}, {one.plain_seconds:.0f} s)"
        )
        lines.append(
            f"| {one.fault} | {one.contract} | {' '.join(one.breaks)} | {one.by or '**missed**'} | {one.requests} "
            f"| {one.seconds:.1f} | {plain} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
