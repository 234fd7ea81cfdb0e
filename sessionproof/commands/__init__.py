"""The `sessionproof` command. Each subcommand is a module of its own, imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from sessionproof import __version__
from sessionproof.errors import SessionProofError
from sessionproof.suggest import did_you_mean

__all__ = ["main"]

# name -> (module, one line for --help)
_COMMANDS = {
    "verify": ("verify", "Judge a session API, requirement by requirement."),
    "browser": ("browser", "Judge a browser extension by driving it."),
    "fuzz": ("fuzz", "Explore a session API by its contract, with living sessions."),
    "pact": ("pact", "Replay what consumers expect against a session API."),
    "load": ("load", "Put a session API under load, and judge every answer meanwhile."),
    "check": ("check", "Judge recorded traffic: a history, or a HAR file."),
    "init": ("init", "Write a contract for your API from its OpenAPI document."),
    "report": ("report", "Put the reports of several runs side by side."),
    "baseline": ("baseline", "Write down what is accepted today."),
    "contract": ("contract", "Check a contract, or list the bundled ones."),
    "requirements": ("requirements", "List what a session API is judged by."),
    "serve": ("serve", "Run the bundled reference server, with faults if you like."),
    "selfcheck": ("selfcheck", "See whether the checks catch the reference server's faults."),
    "completion": ("completion", "Print the completion script for your shell."),
}


class _Lazy(click.Group):
    """Knows its commands by name and loads one only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            hint = did_you_mean(cmd_name, _COMMANDS) or "`sessionproof --help` lists the commands"
            raise click.UsageError(f"no command {cmd_name!r}; {hint}", ctx)
        module = import_module(f"sessionproof.commands.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Docs: docs/ in the source, or each command's --help. Exit codes: 0 proven, 1 failed, 2 unproven or stale "
    "baseline, 3 target or set-up error, 4 usage.",
)
@click.version_option(__version__, prog_name="sessionproof")
def cli() -> None:
    """Proves that a session API resumes the right session, keeps sessions apart, and ends them on time.

    \b
    Examples:
      sessionproof verify                          the bundled reference server
      sessionproof verify http://127.0.0.1:8002    your deployment
      sessionproof verify URL --only resumption --effort quick
    """


def main() -> None:
    """Run the command line. Mistakes get one line on stderr and exit code 4, an unusable target 3."""
    try:
        sys.exit(cli.main(standalone_mode=False, prog_name="sessionproof"))
    except SessionProofError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), 4)
    except (click.Abort, KeyboardInterrupt):
        _fail("stopped", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


def _fail(message: str, code: int) -> None:
    click.echo(f"sessionproof: {' '.join(message.split())}", err=True)
    sys.exit(code)
