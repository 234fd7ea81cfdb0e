"""What random walks alone find and how soon, beside the plain Schemathesis command on the same contracts and faults.

    python load/benchmarks/exploring.py [--only F-RES] [--contract NAME] [--plain] [--seconds 60] [--json FILE]

Takes the faults of the reference server that break a requirement which walks judge, each under the first of its
contracts. For each it prints the first requirement that broke, with the requests and seconds until then; with `--plain`
also what `schemathesis run` reports of it that it doesn't report of a server without faults. Prints a Markdown table.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from plain import Plain, options_of, plain_of, told_of

from sessionproof.contract import bundled_contracts
from sessionproof.deployments.bundled import bundled_server
from sessionproof.effort import Effort
from sessionproof.explore.campaign import BUDGETS, Campaign
from sessionproof.explore.exploration import JUDGED
from sessionproof.prepare import prepare
from sessionproof.selfcheck.faults import Fault, chosen, known_faults
from sessionproof.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Row(Plain):
    """What was seen of one fault."""

    fault: str
    contract: str
    breaks: tuple[str, ...]
    found: str  # a requirement, "" where it was missed
    steps: int
    requests: int
    seconds: float


def main() -> int:
    options = options_of(__doc__)
    options.add_argument("--seconds", type=float, default=60.0)
    told = options.parse_args()
    print(table(told_of(looked(told), line, told.json)))
    return 0


def line(row: Row) -> str:
    return f"{row.fault}: {row.found or 'missed'}, {row.requests} requests, {row.seconds:.1f} s"


def looked(told: argparse.Namespace) -> Iterator[Row]:
    for fault in chosen(known_faults(), told.contract or list(bundled_contracts()), told.only):
        if set(JUDGED) & set(fault.breaks):
            row = walked(fault, told.seconds, told.seed)
            plain = plain_of(row.fault, row.contract, "normal") if told.plain else Plain()
            yield replace(row, **asdict(plain))


def walked(fault: Fault, seconds: float, seed: int) -> Row:
    contract = fault.contracts[0]
    with bundled_server(contract, "--clock", "control", "--fault", fault.id) as url:
        run = prepare(Settings(base_url=url, contract=contract, clock="control", seed=seed, timeout=5)).run
        budget = replace(BUDGETS[Effort.NORMAL], requests=None, seconds=seconds, smaller=0.0)
        began = time.monotonic()
        campaign = Campaign(run, frozenset(JUDGED), budget, enough=lambda found: True)
        campaign.explore()
        run.sender.close()
    requests, seconds = run.recorder.count, time.monotonic() - began
    name, steps = "", 0
    for found in list(campaign.found.values())[:1]:
        name, steps, requests, seconds = found.requirement, len(found.steps), found.requests, found.at
    return Row(
        fault=fault.id,
        contract=contract,
        breaks=fault.breaks,
        found=name,
        steps=steps,
        requests=requests,
        seconds=round(seconds, 1),
    )


def table(rows: list[Row]) -> str:
    lines = ["| fault | contract | found | requests | seconds | plain Schemathesis |", "|---|---|---|---|---|---|"]
    for one in rows:
        plain = "" if one.plain is None else f"{', '.join(one.plain) or '-'} ({one.plain_requests} requests)"
        lines.append(
            f"| {one.fault} | {one.contract} | {one.found or '**missed**'} | {one.requests} | {one.seconds} | {plain} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
