"""What a Locust process has to know before it begins: settings and contract, found out by another process.

A process that Locust has patched shouldn't run the sender's event loop, so whoever starts Locust asks the target first
and leaves a plan in a file; a plain `locust -f FILE` has `python -m sessionproof.load.plan` make one.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sessionproof.contract import Contract
from sessionproof.errors import SessionProofError, TargetError, UsageError
from sessionproof.settings import Settings, gather

__all__ = ["ALLOW_HOST", "PLAN", "Plan", "asked_elsewhere", "check_host", "make_plan", "read_plan", "write_plan"]

PLAN = "SESSIONPROOF_LOAD_PLAN"  # the file's path, for Locust processes that `sessionproof load` starts
ALLOW_HOST = "SESSIONPROOF_ALLOW_HOST"  # names of hosts, separated by spaces, that may be put under load


@dataclass(frozen=True)
class Plan:
    """One run: what it was told, and the contract that the target follows."""

    settings: Settings
    contract: Contract
    seed: int
    recognised: str = ""  # why this contract, "" when it was named
    command: str = ""  # what repeats the run
    quiet: bool = False  # Locust's own tables are not wanted


def check_host(url: str, allowed: Iterable[str] = ()) -> None:
    """Raises UsageError unless `url` leads to this machine or to a host that was allowed by name."""
    host = urlsplit(url).hostname or ""
    if host in {name.lower() for name in (*allowed, *os.environ.get(ALLOW_HOST, "").split())}:
        return
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here:
        raise UsageError(
            f"{url}: load is for this machine, unless you allow another by name: --allow-host {host or 'HOST'}, or "
            f"{ALLOW_HOST}={host or 'HOST'} for plain locust"
        )


def make_plan(given: Mapping[str, Any], *, command: str = "", quiet: bool = False) -> Plan:
    """Asks the target, by GET alone, and everything else that can be wrong. Raises UsageError and TargetError."""
    from sessionproof.prepare import prepare

    settings = gather(given)
    prepared = prepare(replace(settings, history=None), "load")
    prepared.run.sender.close()
    if prepared.run.clock is not None:
        prepared.run.clock.close()
    return Plan(settings, prepared.run.contract, prepared.run.seed, prepared.recognised, command, quiet)


def write_plan(plan: Plan, file: Path) -> None:
    """Only we can read the file: what was told on the command line may hold secrets."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        pickle.dump(plan, out)


def read_plan(file: Path) -> Plan:
    """A plan that one of our own processes wrote a moment ago."""
    with file.open("rb") as source:
        plan: Plan = pickle.load(source)  # noqa: S301
    return plan


def asked_elsewhere(url: str) -> Plan:
    """The plan for `url`, made by a process of its own. Raises UsageError and TargetError, as that one did."""
    process = subprocess.run([sys.executable, "-m", "sessionproof.load.plan", url], stdout=subprocess.PIPE, check=False)
    if process.returncode:
        error: dict[str, Any] = json.loads(process.stdout or b"{}")
        kind = UsageError if error.get("exit_code") == UsageError.exit_code else TargetError
        raise kind(error.get("error", "the target couldn't be asked; see above"))
    plan: Plan = pickle.loads(process.stdout)  # noqa: S301
    return plan


def _main(url: str) -> int:
    try:
        sys.stdout.buffer.write(pickle.dumps(make_plan({"base_url": url}, command=f"locust --host {url}")))
    except SessionProofError as error:
        print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
        return 1
    return 0


if __name__ == "__main__":
    # Under the module's own name, so that another process can read what is written.
    from sessionproof.load.plan import _main as main

    sys.exit(main(sys.argv[1]))
