"""The faults that the reference server and the reference client can be given."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sessionproof.browser.client import bundled_extension, read_client
from sessionproof.browser.faults import known_faults as faults_of_the_extension
from sessionproof.deployments.bundled import server_command, server_environment
from sessionproof.errors import TargetError, UsageError
from sessionproof.suggest import did_you_mean

__all__ = ["Fault", "chosen", "known_faults"]

_LISTED_WITHIN = 300  # seconds


@dataclass(frozen=True)
class Fault:
    """A switch of the reference server or client, and the requirements that it was declared to break."""

    id: str
    breaks: tuple[str, ...]  # the most direct one first
    behaviour: str
    conditional: bool  # it breaks them only at times
    contracts: tuple[str, ...]
    of: str = "server"  # or client


def known_faults() -> list[Fault]:
    """Every fault of the server, then of the client. Raises TargetError when the server can't list its own."""
    return [*_of_the_server(), *_of_the_client()]


def _of_the_client() -> list[Fault]:
    contract = read_client(*bundled_extension()).contract
    return [
        Fault(one.id, one.breaks, one.behaviour, one.conditional, (contract,), "client")
        for one in faults_of_the_extension()
    ]


def _of_the_server() -> list[Fault]:
    """As it lists them itself."""
    command = server_command("--list-faults", "--json")
    try:
        listed = subprocess.run(
            command, env=server_environment(), capture_output=True, text=True, timeout=_LISTED_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise TargetError(f"the bundled server didn't list its faults within {_LISTED_WITHIN} s") from None
    if listed.returncode:
        said = listed.stderr.strip().splitlines()
        raise TargetError(f"the bundled server can't list its faults: {said[-1] if said else listed.returncode}")
    return [
        Fault(row["id"], tuple(row["breaks"]), row["behaviour"], row["conditional"], tuple(row["contracts"]))
        for row in json.loads(listed.stdout)
    ]


def chosen(faults: Sequence[Fault], contracts: Sequence[str], only: Sequence[str] = ()) -> list[Fault]:
    """The faults for any of `contracts` that `only` (ids or prefixes) names, each with these contracts alone.

    Raises UsageError for a contract without faults, and for a name that no fault of these contracts begins with.
    """
    for contract in contracts:
        if not any(contract in fault.contracts for fault in faults):
            raise UsageError(f"--contract {contract}: the reference server has no faults for it")
    there = [
        replace(fault, contracts=tuple(name for name in contracts if name in fault.contracts))
        for fault in faults
        if set(contracts) & set(fault.contracts)
    ]
    for name in only:
        if not any(fault.id.startswith(name) for fault in there):
            raise UsageError(f"--only {name}: no such fault{_hint(name, faults, there)}")
    return [fault for fault in there if not only or fault.id.startswith(tuple(only))]


def _hint(name: str, faults: Sequence[Fault], there: Sequence[Fault]) -> str:
    elsewhere = sorted({contract for fault in faults if fault.id.startswith(name) for contract in fault.contracts})
    if elsewhere:
        return f" for this contract; it is for {', '.join(elsewhere)}"
    return f"; {did_you_mean(name, [fault.id for fault in there]) or '`sessionproof serve --list-faults` lists them'}"
