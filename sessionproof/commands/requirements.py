"""`sessionproof requirements`: what a session API is judged by."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from sessionproof.requirements import Requirement, load_requirements, select


@click.command(
    "requirements",
    epilog="Examples: sessionproof requirements | sessionproof requirements RES-01 isolation | ... --json",
)
@click.argument("names", nargs=-1, metavar="[ID|GROUP]...")
@click.option("--json", "as_json", is_flag=True, help="All fields, as JSON.")
def command(names: tuple[str, ...], as_json: bool) -> int:
    """List the requirements, or show those that are named in full."""
    chosen = select(names)
    rows = [requirement for id, requirement in load_requirements().items() if id in chosen]
    if as_json:
        click.echo(json.dumps([_plain(row) for row in rows], indent=2, ensure_ascii=False))
    elif names:
        click.echo("\n\n".join(map(_whole, rows)))
    else:
        for row in rows:
            click.echo(f"{row.id}  {row.level:6}  {row.sentence}")
    return 0


def _plain(row: Requirement) -> dict[str, object]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(row).items()}


def _whole(row: Requirement) -> str:
    lines = [f"{row.id}  {row.level}  ({row.group}, {row.tier})", row.sentence, f"Why: {row.why}"]
    lines.append(f"Needs of the contract: {', '.join(sorted(row.capabilities)) or 'nothing'}")
    lines.append(f"Needs of the run: {', '.join(sorted(row.means)) or 'nothing'}")
    return "\n  ".join([*lines, *(f"Source: {source}" for source in row.sources)])
