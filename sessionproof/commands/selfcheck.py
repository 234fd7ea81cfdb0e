"""`sessionproof selfcheck`: every fault of the reference server against the suites."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

EPILOG = """\b
Examples:
  sessionproof selfcheck
  sessionproof selfcheck --only F-RES --effort quick
  sessionproof selfcheck --json kills.json"""


@click.command("selfcheck", epilog=EPILOG)
@click.option("--only", multiple=True, metavar="ID|PREFIX", help="Only these faults. Repeatable.")
@click.option("--contract", default="fm-session-service", show_default=True, help="A bundled contract.")
@click.option("--effort", default="normal", show_default=True, type=click.Choice(["quick", "normal", "thorough"]))
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1, 16), help="Faults at a time.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the kill matrix as JSON.")
def command(only: tuple[str, ...], contract: str, effort: str, jobs: int, file: Path | None) -> int:
    """Switch on each fault of the reference server and see whether the checks catch it.

    Exit code 1 when a fault within reach of the checks isn't caught by a requirement that it was declared to break.
    """
    from sessionproof.selfcheck import Kill, known_faults, selfcheck

    faults = known_faults(contract, only)
    width = max(len(fault.id) for fault in faults)

    def show(kill: Kill) -> None:
        words = "caught" if kill.declared else "MISSED" if kill.in_reach else "out of reach"
        others = f"  (also {' '.join(kill.collateral)})" if kill.collateral else ""
        wanted = " ".join(kill.declared or kill.fault.breaks)
        click.echo(f"{kill.fault.id:{width}}  {words:12}  {wanted}{others}")

    kills = selfcheck(faults, contract, effort, jobs, show)
    missed = [kill for kill in kills if kill.in_reach and not kill.declared]
    by_requirement = Counter(name for kill in kills for name in kill.declared)
    if file is not None:
        rows = [{**asdict(kill), "declared": kill.declared, "collateral": kill.collateral} for kill in kills]
        file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    caught = sum(bool(kill.declared) for kill in kills)
    out = sum(not kill.in_reach for kill in kills)
    once = sorted(name for name, number in by_requirement.items() if number < 2)
    click.echo(
        f"{caught} caught, {len(missed)} missed, {out} out of reach of this version's checks; "
        f"{len(by_requirement)} requirements tripped, fewer than twice: {' '.join(once) or 'none'}; "
        f"{sum(kill.requests for kill in kills):,} requests"
    )
    return 1 if missed else 0
