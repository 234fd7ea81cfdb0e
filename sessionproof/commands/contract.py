"""`sessionproof contract`: check a contract, list the bundled ones."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("contract", epilog="Examples: sessionproof contract list | sessionproof contract check my-api.yaml")
def command() -> None:
    """Check a contract, or list the bundled ones."""


@command.command("check", epilog="Example: sessionproof contract check my-api.yaml")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sidecar", type=click.Path(path_type=Path), help="The x-session file beside a plain OpenAPI FILE.")
def check(file: Path, sidecar: Path | None) -> int:
    """Say what is wrong with a contract (file, line, reason, fix), or what it declares."""
    from sessionproof.contract import contract_problems, find_contract, load_contract
    from sessionproof.requirements import load_requirements

    file = find_contract(str(file))
    found = contract_problems(file, sidecar)
    for problem in found:
        click.echo(str(problem), err=True)
    if found:
        return 4
    contract = load_contract(file, sidecar)
    reach = [row.id for row in load_requirements().values() if row.capabilities <= contract.capabilities]
    click.echo(f"{contract.name}: {len(contract.bindings)} operations; {len(reach)} requirements apply")
    for binding in contract.bindings:
        click.echo(f"  {binding.operation:12} {binding.name}")
    click.echo(f"  declares     {', '.join(sorted(contract.capabilities))}")
    return 0


@command.command("list", epilog="Example: sessionproof contract list")
def list_bundled() -> int:
    """The bundled contracts and their files."""
    from sessionproof.contract import bundled_contracts

    for name, file in bundled_contracts().items():
        click.echo(f"{name}  {file}")
    return 0
