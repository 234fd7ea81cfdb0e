"""`sessionproof check`: judge recorded traffic."""

from __future__ import annotations

from typing import Any

import click

from sessionproof.commands.options import check_options
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof check history.jsonl
  sessionproof check history-1.jsonl history-2.jsonl --html report.html
  sessionproof check history.jsonl.gz --contract my-api.yaml --only messages
  sessionproof check traffic.har --contract my-api.yaml
  zcat yesterday.gz | sessionproof check -

A history is what `--history FILE` of verify, browser, load and pact writes (docs/history.md); `-` is standard input.
Several files are judged as one: their clocks may differ, and ids that are in several are one session each.
Settings also come from SESSIONPROOF_* variables and from sessionproof.toml in the current folder.
Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 4 usage, or a file that can't be judged."""


@click.command("check", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@check_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
def command(files: tuple[str, ...], quiet: bool, **given: Any) -> int:
    """Judge recorded traffic by what a right implementation can have answered; nothing is sent.

    What fails is shown by the fewest calls that are still wrong, which are left as a history of their own.
    """
    settings = gather(given)
    from sessionproof.check.running import check

    return int(check(files, settings, quiet=quiet).exit)
