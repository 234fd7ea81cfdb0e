"""`sessionproof serve`: the bundled reference server."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  sessionproof serve --port 8002
  sessionproof serve --port 8002 --fault F-RES-02
  sessionproof serve --list-faults
  sessionproof serve --port 8002 --clock control --minute-seconds 1"""


@click.command(
    "serve",
    epilog=EPILOG,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(context: click.Context, arguments: tuple[str, ...]) -> int:
    """Run the bundled reference server on this machine until Ctrl-C.

    ARGUMENTS are the server's own; `sessionproof serve --help` shows them.
    """
    from sessionproof.deployments.bundled import run_server

    if "--help" in arguments or "-h" in arguments:
        click.echo(context.get_help() + "\n\nThe server's own help:\n")
    return run_server(arguments)
