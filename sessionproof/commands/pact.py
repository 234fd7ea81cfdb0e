"""`sessionproof pact`: what consumers say that they expect, against a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sessionproof.commands.options import run_options
from sessionproof.settings import gather

EPILOG = """\b
Examples:
  sessionproof pact verify
  sessionproof pact verify http://127.0.0.1:8000
  sessionproof pact verify URL --pact pacts/ --provider sessions --junit pacts.xml
  sessionproof pact verify --list-states

Exit codes: 0 proven, 1 failed, 2 unproven or stale baseline, 3 target or set-up error, 4 usage or nothing to do."""


def _list_states(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from sessionproof.pacts.states import ALWAYS, STATES

    for name, state in STATES.items():
        click.echo(f"{name}\n    {state.means}; gives {', '.join((*ALWAYS, *state.gives))}")
    context.exit()


@click.group("pact", epilog="\b\nExample:\n  sessionproof pact verify http://127.0.0.1:8000")
def command() -> None:
    """Replay pacts: what consumers send, and which answers they can live with."""


@command.command("verify", epilog=EPILOG)
@click.argument("url", required=False)
@click.option(
    "--pact", "places", multiple=True, metavar="FILE|DIR", type=click.Path(path_type=Path, exists=True),
    help="A pact file, or a folder of them (default: those that come with SessionProof). Repeatable.",
)  # fmt: skip
@click.option("--provider", default="", metavar="NAME", help="Only pacts with this provider.")
@click.option(
    "--list-states", is_flag=True, is_eager=True, expose_value=False, callback=_list_states,
    help="Show the provider states that can be made, with the values they give.",
)  # fmt: skip
@run_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, only the result.")
def verify(url: str | None, places: tuple[Path, ...], provider: str, quiet: bool, **given: Any) -> int:
    """Replay every interaction against the session API at URL; without URL, against the bundled reference server.

    Provider states are made through the API itself, by users of the run's own.
    """
    settings = gather({**given, "base_url": url})
    from sessionproof.pacts.verify import verify_pacts

    return int(verify_pacts(settings, places, provider, quiet=quiet).exit)
