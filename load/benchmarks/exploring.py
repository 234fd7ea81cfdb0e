"""What random walks alone find and how soon, beside the plain Schemathesis command on the same contracts and faults.

    python load/benchmarks/exploring.py [--only F-RES] [--contract NAME] [--plain] [--seconds 60] [--json FILE]

Takes the faults of the reference server that break a requirement which walks judge, each under the first of its
contracts. For each it prints the first requirement that broke, with the requests and seconds until then; with `--plain`
also what `schemathesis run` reports of it that it doesn't report of a server without faults. Prints a Markdown table.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from sessionproof.contract import bundled_contracts
from sessionproof.deployments.bundled import bundled_server
from sessionproof.effort import Effort
from sessionproof.explore.campaign import BUDGETS, Campaign
from sessionproof.explore.exploration import JUDGED
from sessionproof.prepare import prepare
from sessionproof.selfcheck.faults import Fault, chosen, known_faults
from sessionproof.selfcheck.plain_schemathesis import PlainSchemathesis
from sessionproof.selfcheck.programs import Programs
from sessionproof.settings import Settings

LONGEST = 300  # seconds a look


@dataclass(frozen=True)
class Row:
    """What was seen of one fault; `plain` is None where it wasn't looked at."""

    fault: str
    contract: str
    breaks: tuple[str, ...]
    found: str  # a requirement, "" where it was missed
    steps: int
    requests: int
    seconds: float
    plain: tuple[str, ...] | None = None
    plain_requests: int = 0
    plain_seconds: float = 0.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--contract", action="append", default=[])
    options.add_argument("--plain", action="store_true")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", type=Path)
    told = options.parse_args()
    rows = []
    for row in looked(told):
        rows.append(row)
        print(f"{row.fault}: {row.found or 'missed'}, {row.requests} requests, {row.seconds:.1f} s", flush=True)
        if told.json:
            told.json.write_text(json.dumps([asdict(one) for one in rows], indent=1), encoding="utf-8")
    print(table(rows))
    return 0


def looked(told: argparse.Namespace) -> Iterator[Row]:
    for fault in chosen(known_faults(), told.contract or list(bundled_contracts()), told.only):
        if set(JUDGED) & set(fault.breaks):
            row = walked(fault, told.seconds, told.seed)
            yield beside(row) if told.plain else row


def walked(fault: Fault, seconds: float, seed: int) -> Row:
    contract = fault.contracts[0]
    with bundled_server(contract, "--clock", "control", "--fault", fault.id) as url:
        run = prepare(Settings(base_url=url, contract=contract, clock="control", seed=seed, timeout=5)).run
        budget = replace(BUDGETS[Effort.NORMAL], requests=10**9, seconds=seconds, smaller=0.0)
        began = time.monotonic()
        campaign = Campaign(run, frozenset(JUDGED), budget, enough=lambda found: True)
        campaign.explore()
        run.sender.close()
    for found in campaign.found.values():
        return Row(
            fault.id, contract, fault.breaks, found.requirement, len(found.steps), found.requests, round(found.at, 1)
        )
    return Row(fault.id, contract, fault.breaks, "", 0, run.recorder.count, round(time.monotonic() - began, 1))


def beside(row: Row) -> Row:
    with bundled_server(row.contract, "--fault", row.fault) as url:
        seen = PlainSchemathesis("normal").look(url, row.contract, 0, Programs(LONGEST))
    new = tuple(sorted(set(seen.findings) - noise_of(row.contract)))
    return replace(row, plain=new, plain_requests=seen.requests, plain_seconds=seen.seconds)


@cache
def noise_of(contract: str) -> frozenset[str]:
    """What the plain command reports of a server without faults, in any of three runs."""
    plain, programs = PlainSchemathesis("normal"), Programs(LONGEST)
    with bundled_server(contract) as url:
        return frozenset(one for turn in range(3) for one in plain.look(url, contract, turn, programs).findings)


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
