"""`sessionproof completion`: tab completion for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

EPILOG = """\b
Examples:
  eval "$(sessionproof completion bash)"        in ~/.bashrc
  eval "$(sessionproof completion zsh)"         in ~/.zshrc
  sessionproof completion fish > ~/.config/fish/completions/sessionproof.fish"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the completion script for SHELL."""
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, "sessionproof", "_SESSIONPROOF_COMPLETE").source())
    return 0
