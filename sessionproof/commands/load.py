"""`sessionproof load`: put a deployment under load, and judge every answer meanwhile."""

from __future__ import annotations

from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.errors import UsageError

EPILOG = """\b
Examples:
  sessionproof load http://127.0.0.1:8002 --shape isolation
  sessionproof load http://127.0.0.1:8002 --shape resumption-storm --users 50 --duration 60 --workers 2
  sessionproof load http://127.0.0.1:8002 --shape my_locustfile.py --html report.html
  sessionproof load https://staging.example --shape expiry-churn --allow-host staging.example

Shapes: resumption-storm, isolation, expiry-churn, or a locustfile's path. Needs the extra: sessionproof[load].
Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target or set-up error, 4 usage."""


@click.command("load", epilog=EPILOG)
@click.argument("url")
@click.option("--shape", default="isolation", show_default=True, metavar="NAME|FILE", help="What the users do.")
@click.option("--users", default=20, show_default=True, type=click.IntRange(1, 100_000), help="Users at once.")
@click.option(
    "--duration", default=20.0, show_default=True, metavar="SECONDS", type=click.FloatRange(1, 86_400),
    help="Stop after this time.",
)  # fmt: skip
@click.option(
    "--workers", default=0, show_default=True, type=click.IntRange(0, 64),
    help="Processes that speak, each for its share of the users, besides one that judges; 0: one process for all.",
)  # fmt: skip
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="HOST", help="Load for this host, which isn't this machine."
)
@run_options
def command(
    url: str, shape: str, users: int, duration: float, workers: int, allowed: tuple[str, ...], **given: Any
) -> int:
    """Put the session API at URL under load, and judge every answer meanwhile.

    The users speak the contract, each with an identity and canaries of its own. Sessions are deleted at the end.
    """
    if workers > users:
        raise UsageError(f"--workers {workers}: there are only {users} users")
    if given.get("max_rps"):
        raise UsageError("--max-rps: a load run goes as fast as it can; give fewer --users")
    from sessionproof.load.plan import check_host, make_plan
    from sessionproof.load.processes import Load, run_locust
    from sessionproof.load.shapes import locustfile
    from sessionproof.settings import gather
    from sessionproof.target import check_url
    from sessionproof.verify import interruptible

    file = locustfile(shape)
    for address in (url, *gather(given).node):
        check_host(check_url(address), allowed)
    plan = make_plan({**given, "base_url": url}, quiet=True)
    with interruptible():
        return run_locust(Load(file, plan.settings.base_url.rstrip("/"), users, duration, workers, allowed), plan)
