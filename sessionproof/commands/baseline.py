"""`sessionproof baseline`: what is accepted today, written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.errors import UsageError
from sessionproof.settings import gather


@click.group("baseline", epilog="Example: sessionproof baseline write URL --owner team-sessions")
def command() -> None:
    """Write down what is accepted today, so that only what gets worse fails."""


@command.command("write", epilog="Example: sessionproof baseline write URL --owner team-sessions --until 2027-03-31")
@click.argument("url", required=False)
@click.option("--owner", required=True, help="Who answers for these outcomes.")
@click.option("--until", metavar="YYYY-MM-DD", help="When they have to be looked at again (default: in 90 days).")
@run_options
def write(url: str | None, owner: str, until: str | None, **given: Any) -> int:
    """Verify URL and write every outcome that isn't a pass to the baseline file.

    The file is --baseline, or sessionproof-baseline.toml. Reasons and dates of entries that are still true are kept.
    """
    settings = gather({**given, "base_url": url})
    file = settings.baseline or Path("sessionproof-baseline.toml")
    end = _date(until) if until else datetime.now(UTC).date() + timedelta(days=90)
    from sessionproof.baseline import load
    from sessionproof.baseline import write as write_baseline
    from sessionproof.verdicts import Exit
    from sessionproof.verify import verify

    existing = load(file) if file.exists() else None
    if not settings.base_url:
        raise UsageError("baseline write needs the URL of your deployment; the bundled server has its own baseline")
    report = verify(replace(settings, baseline=None))
    if report.exit is Exit.TARGET:
        return int(report.exit)
    written = write_baseline(file, report.results, owner, end, existing)
    click.echo(f"{file}: {len(written.entries)} accepted outcomes until {end}; use it with --baseline {file}")
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--until {text}: not a date; write it like 2027-03-31") from error
