"""`sessionproof fuzz`: Schemathesis explores a deployment by its contract, with living sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof fuzz
  sessionproof fuzz http://127.0.0.1:8002 --effort quick
  sessionproof fuzz URL --contract openapi.yaml --sidecar sessions.yaml --max-time 300
  sessionproof fuzz URL --only SEC-03 --seed 7
  sessionproof fuzz URL --cases fuzz-cases/ --schemathesis-report reports/

Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target or set-up error, 4 usage."""


@click.command("fuzz", epilog=EPILOG)
@click.argument("url", required=False)
@click.option(
    "--schemathesis-report", "reports", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    envvar="SESSIONPROOF_SCHEMATHESIS_REPORT",
    help="Write Schemathesis's own junit.xml, traffic.har and events.ndjson. [env: SESSIONPROOF_SCHEMATHESIS_REPORT]",
)  # fmt: skip
@run_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
def command(url: str | None, reports: Path | None, quiet: bool, **given: Any) -> int:
    """Explore the session API at URL by its contract; without URL, the bundled reference server.

    Schemathesis generates the requests; most of them meet sessions that live, some of another user, some that ended.
    """
    settings = gather({**given, "base_url": url})
    from sessionproof.fuzz.running import Asked, fuzz

    return int(fuzz(settings, Asked(settings.max_time, settings.cases, reports), quiet=quiet).exit)
