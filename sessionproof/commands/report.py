"""`sessionproof report`: the reports of several runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  sessionproof report ours.json theirs.json
  sessionproof report before.json after.json
  sessionproof report *.json --html matrix.html --markdown matrix.md

Each FILE is one that `sessionproof verify --json FILE` wrote. Reports of one target and contract are shown in the
order of time, with what changed. Exit codes: 0 shown, whatever the verdicts are, 4 a file can't be read or isn't a
report of this format."""


@click.command("report", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write one HTML page.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Also write a Markdown page.")
def command(files: tuple[Path, ...], html: Path | None, markdown: Path | None) -> int:
    """Put the JSON reports of several runs side by side: each requirement's verdicts, what differs first."""
    from rich.console import Console

    from sessionproof.report.compare import compare
    from sessionproof.report.compare_read import read_columns
    from sessionproof.report.compare_terminal import render_comparison

    _check_outputs(files, [file for file in (html, markdown) if file])
    comparison = compare(read_columns(files))
    if html:
        from sessionproof.report.compare_html import write_comparison_html

        write_comparison_html(comparison, html)
    if markdown:
        from sessionproof.report.compare_markdown import write_markdown

        write_markdown(comparison, markdown)
    render_comparison(comparison, Console(soft_wrap=False, highlight=False))
    return 0


def _check_outputs(files: tuple[Path, ...], outputs: list[Path]) -> None:
    taken = {file.resolve() for file in files}
    for output in outputs:
        if output.resolve() in taken:
            raise click.UsageError(f"{output}: is another of the files already; give another path")
        taken.add(output.resolve())
