"""Servers that are started for a test and stopped with it, and runs against them."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sessionproof.commands import main
from sessionproof.report.document import Report
from sessionproof.settings import Settings
from sessionproof.verdicts import Verdict
from sessionproof.verify import verify

from .documents import ROOT

__all__ = ["REFERENCE", "Ended", "command", "judged", "reference_server", "said", "served", "subcommand", "verdicts"]

REFERENCE = (sys.executable, "-m", "reference_server", "--until-stdin-closes", "--port", "0")


def plain_environment(**more: str) -> dict[str, str]:
    """Ours without what would change a run or pytest."""
    ours = ("SESSIONPROOF_", "PYTEST", "NO_COLOR", "COLUMNS", "COV_")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, **more}


@contextmanager
def served(*server: str | Path, log: Path | None = None) -> Iterator[str]:
    """The URL of a server that says `listening on URL`; what it says on stderr is in `log`, whole, at the end."""
    with open(log or os.devnull, "wb") as errors:
        process = subprocess.Popen(
            server, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=plain_environment()
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            found = re.search(r"listening on (http://\S+)", line)
            assert found, f"{server} said {line!r}"
            yield found[1]
        finally:
            process.kill()  # there is nothing that it would have to put away
            process.communicate(timeout=30)


@contextmanager
def reference_server(*faults: str, log: Path | None = None) -> Iterator[str]:
    with served(*REFERENCE, *(part for fault in faults for part in ("--fault", fault)), log=log) as url:
        yield url


def judged(url: str, **settings: Any) -> Report:
    """The report of `sessionproof verify` on `url`, run in this process; it says so on stdout as well.

    There are no walks, unless they are asked for.
    """
    with patch.dict(os.environ, plain_environment(), clear=True):
        return verify(Settings(base_url=url, **{"explore": "no", **settings}), quiet=True)


def verdicts(report: Report, *ids: str) -> dict[str, Verdict]:
    """The verdict of each requirement that was selected, or of those that are named."""
    return {
        result.requirement.id: result.verdict
        for result in report.results
        if (result.requirement.id in ids if ids else result.verdict is not Verdict.NOT_SELECTED)
    }


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def _paper() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _on(paper: io.TextIOWrapper) -> str:
    paper.seek(0)
    return paper.read()


def said(*arguments: str | Path, folder: Path | None = None, **environment: str) -> Ended:
    """The `sessionproof` command, run in this process; with `folder` for its current one."""
    out, err, before = _paper(), _paper(), os.getcwd()
    with (
        patch.dict(os.environ, plain_environment(**environment), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        os.chdir(folder or before)
        try:
            with patch.object(sys, "argv", ["sessionproof", *map(str, arguments)]):
                main()
        except SystemExit as ended:
            return Ended(ended.code if isinstance(ended.code, int) else 0, _on(out), _on(err))
        finally:
            os.chdir(before)
    raise AssertionError("the command didn't end by sys.exit")


def command(*arguments: str | Path) -> list[str]:
    """The command line of `sessionproof` with these arguments."""
    return [sys.executable, "-m", "sessionproof", *map(str, arguments)]


def subcommand(
    arguments: Sequence[str | Path], folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> Ended:
    """A program of its own, run to its end; how long that may take is pytest's --timeout to say."""
    ended = subprocess.run(
        list(map(str, arguments)),
        cwd=folder,
        env=plain_environment(**{"PYTHONPATH": str(ROOT), **(environment or {})}),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
