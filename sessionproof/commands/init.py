"""`sessionproof init`: a first contract, guessed from an OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  sessionproof init http://127.0.0.1:8002
  sessionproof init openapi.yaml --output session.yaml
  sessionproof init http://127.0.0.1:8002 --output -

A target is asked by GET only. Exit codes: 3 for a target, 4 for a file that isn't or hasn't an OpenAPI 3 document, or
from which no create and read of a session can be told."""


@click.command("init", epilog=EPILOG)
@click.argument("source", metavar="URL|FILE")
@click.option(
    "--output",
    default="sessionproof-contract.yaml",
    show_default=True,
    metavar="FILE",
    help="Where to write the sidecar; - is the standard output.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(source: str, output: str, force: bool) -> int:
    """Write a contract for the API at URL, or of the OpenAPI document in FILE, as far as it can be guessed.

    What is sure or likely is written as it is, what is unsure as a comment with the reason.
    """
    from sessionproof.guess import guess
    from sessionproof.guess.checked import read_back
    from sessionproof.guess.document import read_origin
    from sessionproof.guess.draft import NotGuessable
    from sessionproof.guess.sidecar import sidecar_text
    from sessionproof.guess.summary import summary

    to_stdout = output == "-"
    file = Path(output)
    _must_be_free(file, force or to_stdout)
    origin = read_origin(source)
    try:
        draft = guess(origin.document)
    except NotGuessable as error:
        raise origin.error(str(error)) from error
    text = sidecar_text(draft, origin.named_from(Path() if to_stdout else file.parent), origin.label)
    contract = read_back(origin, text)
    if to_stdout:
        click.echo(text, nl=False)
    else:
        _write(file, text)
    for line in summary(draft, contract, origin, "FILE" if to_stdout else output):
        click.echo(line, err=to_stdout)
    return 0


def _must_be_free(file: Path, may_overwrite: bool) -> None:
    from sessionproof.errors import UsageError

    if file.exists() and not may_overwrite:
        raise UsageError(f"{file}: is there already; --force writes over it, --output FILE writes elsewhere")


def _write(file: Path, text: str) -> None:
    from sessionproof.errors import UsageError

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: can't be written ({error.strerror})") from error
