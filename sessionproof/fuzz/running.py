"""A whole fuzz run, from settings to a report: the target is found or started, kept cases and new ones are tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sessionproof.cases import default_folder
from sessionproof.errors import UsageError
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.exploring import Explorer
from sessionproof.fuzz.looks import LOOKS
from sessionproof.lens import look_through
from sessionproof.report.document import Report
from sessionproof.requirements import select
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.verify import deployment, interruptible

__all__ = ["Asked", "about", "fuzz"]


@dataclass(frozen=True)
class Asked:
    """What a fuzz run is told besides the settings of every run."""

    max_time: float | None = None  # seconds
    cases: Path | None = None  # the folder of kept cases
    reports: Path | None = None  # the folder for Schemathesis's own reports


def fuzz(settings: Settings, asked: Asked, *, quiet: bool = False) -> Report:
    """Explore the deployment that `settings` name, or the bundled server when they name none, and show the result.

    Raises UsageError and TargetError before anything is judged. Sessions made on the way are deleted again, also after
    Ctrl-C and SIGTERM.
    """

    def lens(run: Run) -> Explorer:
        run.again = run.again.replace("sessionproof verify", "sessionproof fuzz", 1)
        return Explorer.of(run, _wanted(settings), asked.max_time, asked.cases or default_folder(), asked.reports)

    with _target(settings) as settings, interruptible():
        return look_through("fuzz", lens, settings, quiet=quiet)


@contextmanager
def _target(settings: Settings) -> Iterator[Settings]:
    """The bundled server's time stands still for nobody here, and its baseline is about the suites."""
    with deployment(settings) as found:
        yield replace(found, clock=settings.clock, baseline=settings.baseline)


def about() -> frozenset[str]:
    """The requirements that exploration can say something of."""
    own = {requirement for look in LOOKS for requirement in look.counts_for}
    return frozenset(own | {builtin.requirement for builtin in BUILTIN.values() if builtin.requirement})


def _wanted(settings: Settings) -> frozenset[str]:
    wanted = select(settings.only) & about()
    if not wanted:
        raise UsageError(
            f"--only {' '.join(settings.only)}: exploring says nothing of that; it says of {' '.join(sorted(about()))}"
        )
    return wanted
