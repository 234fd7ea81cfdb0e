"""`sessionproof verify`: judge a deployment, or the bundled reference server."""

from __future__ import annotations

from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof verify
  sessionproof verify http://127.0.0.1:8002 --html report.html
  sessionproof verify URL --contract my-api.yaml --user alice=Authorization:env:ALICE --user bob=Authorization:env:BOB
  sessionproof verify URL --only RES-01 --only isolation --effort quick
  sessionproof verify URL -- -k resumption -x

Settings also come from SESSIONPROOF_* variables and from sessionproof.toml in the current folder.
Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target or set-up error, 4 usage."""


@click.command("verify", epilog=EPILOG)
@click.argument("url", required=False)
@run_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(url: str | None, pytest_args: tuple[str, ...], quiet: bool, **given: Any) -> int:
    """Judge the session API at URL, requirement by requirement; without URL, the bundled reference server.

    What follows `--` goes to pytest as it is.
    """
    if url is not None and url.startswith("-"):  # there was no URL, so that the first of pytest's took its place
        pytest_args, url = (url, *pytest_args), None
    settings = gather({**given, "base_url": url})
    from sessionproof.verify import verify

    return int(verify(settings, pytest_args, quiet=quiet).exit)
