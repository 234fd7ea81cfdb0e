"""`sessionproof browser`: judge a browser extension by driving it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.commands.verify import WithPytestArguments
from sessionproof.errors import UsageError
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof browser
  sessionproof browser --extension ./dist --client client.yaml
  sessionproof browser http://127.0.0.1:8000 --extension ./dist --client client.yaml --only CLI-06
  sessionproof browser --fault F-CLI-01
  sessionproof browser --list-faults

The browser is the one that SESSIONPROOF_CHROMIUM names, else Playwright's own, else a Chromium on PATH.
Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target, browser or set-up error, 4 usage."""

_FOLDER = click.Path(path_type=Path)


@click.command("browser", epilog=EPILOG, cls=WithPytestArguments)
@click.argument("url", required=False)
@click.option("--extension", type=_FOLDER, metavar="DIR", help="The unpacked extension (default: the bundled one).")
@click.option("--client", type=_FOLDER, metavar="FILE", help="How it is driven (docs/browser.md).")
@click.option("--fault", metavar="ID", help="Break the bundled extension on purpose.")
@click.option("--list-faults", is_flag=True, help="List the faults of the bundled extension.")
@run_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
@click.pass_context
def command(
    context: click.Context,
    /,
    url: str | None,
    extension: Path | None,
    client: Path | None,
    fault: str | None,
    list_faults: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Drive a browser extension in a real Chromium against the session API at URL, and judge what it does.

    Without URL against the bundled reference server, without --extension the bundled extension.
    What follows `--` goes to pytest as it is.
    """
    from sessionproof.browser.client import bundled_extension, read_client
    from sessionproof.browser.faults import faulty, known_faults

    if list_faults:
        for known in known_faults():
            click.echo(f"{known.id}  {' '.join(known.breaks)}\n    {known.behaviour}")
        return 0
    if (extension is None) != (client is None):
        lacking, there = ("--client FILE", "extension") if client is None else ("--extension DIR", "file")
        raise UsageError(f"{lacking} is missing: an {there} and how it is driven belong together (docs/browser.md)")
    if extension is not None and fault is not None:
        raise UsageError("--fault is for the bundled extension; leave --extension and --client out")
    settings = gather({**given, "base_url": url})
    folder, file = (extension, client) if extension and client else bundled_extension()
    with faulty(folder, fault) as broken:
        from sessionproof.browser.running import drive

        called = ("--fault", fault) if fault else ("--extension", str(folder), "--client", str(file)) * bool(extension)
        return int(drive(settings, read_client(broken, file), called, context.meta["pytest"], quiet=quiet).exit)
