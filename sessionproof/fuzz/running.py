"""A whole fuzz run, from settings to a report: the target is found or started, kept cases and new ones are tried."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from sessionproof.baseline import load
from sessionproof.caller import SetUpFailed
from sessionproof.cases import default_folder
from sessionproof.errors import TargetError, UsageError
from sessionproof.fuzz.builtin import BUILTIN
from sessionproof.fuzz.exploring import Explorer
from sessionproof.fuzz.looks import LOOKS
from sessionproof.outputs import write_reports
from sessionproof.prepare import Prepared, prepare
from sessionproof.report.document import Report
from sessionproof.report.making import make_report
from sessionproof.report.progress import Progress
from sessionproof.report.terminal import render
from sessionproof.requirements import select
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.verdicts import Verdict
from sessionproof.verify import deployment, interruptible

__all__ = ["Asked", "fuzz"]


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
    with _target(settings) as settings, interruptible():
        prepared = prepare(settings, "fuzz")
        run = prepared.run
        try:
            run.again = run.again.replace("sessionproof verify", "sessionproof fuzz", 1)
            progress = Progress(Console(stderr=True, highlight=False), quiet=quiet)
            report = _judged(prepared, settings, asked, progress)
        finally:
            _close(run)
        write_reports(report, settings)
        render(report, Console(soft_wrap=False, highlight=False))
        return report


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


def _judged(prepared: Prepared, settings: Settings, asked: Asked, progress: Progress) -> Report:
    run, started, clock = prepared.run, datetime.now(UTC), time.monotonic()
    wanted = _wanted(settings)
    explorer = Explorer.of(run, wanted, asked.max_time, asked.cases or default_folder(), asked.reports)
    interrupted: tuple[Verdict, str] | None = None
    try:
        try:
            explorer.begin()
        except SetUpFailed as failure:
            raise TargetError(f"{run.sender.base_url}: no session to explore with: {failure}") from failure
        explorer.explore(progress)
    except KeyboardInterrupt:
        interrupted = Verdict.UNPROVEN, "stopped before it was looked at"
    finally:
        progress.stop()
        left = run.clean_up()
    if explorer.interrupted:
        interrupted = Verdict.UNPROVEN, "stopped before it was looked at"
    if run.lost:
        interrupted = Verdict.ERROR, run.lost
    results = list(explorer.results())
    run.notes = (*run.notes, *explorer.notes())
    ran = prepared.ran(started, time.monotonic() - clock, run.recorder.count, left)
    return make_report(
        ran,
        results,
        selected=explorer.selected,
        baseline=load(settings.baseline) if settings.baseline else None,
        broken=[run.lost] if run.lost else explorer.broken,
        interrupted=interrupted,
    )


def _close(run: Run) -> None:
    run.recorder.close()
    run.sender.close()
    if run.clock is not None:
        run.clock.close()
