"""The frame around a lens that needs no pytest: prepared, looked through, cleaned up, judged, written and shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console

from sessionproof.baseline import load
from sessionproof.outputs import write_reports
from sessionproof.prepare import Prepared, prepare
from sessionproof.report.document import Report
from sessionproof.report.making import STOPPED, make_report
from sessionproof.report.progress import Progress
from sessionproof.report.terminal import render
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.verdicts import CheckResult, Verdict

__all__ = ["Lens", "look_through"]


class Lens(Protocol):
    """Looks at the target of a run. What it has to say afterwards counts as well where its look was interrupted."""

    interrupted: bool  # where Ctrl-C came and went no further
    broken: list[str]  # what went wrong on our side

    def look(self, progress: Progress) -> None:
        """Raises TargetError where nothing can be looked at."""

    @property
    def selected(self) -> frozenset[str]:
        """The requirements that it was asked for."""

    def results(self) -> Iterable[CheckResult]: ...

    def notes(self) -> Iterable[str]:
        """What a reader of the report has to know besides."""


def look_through(name: str, lens: Callable[[Run], Lens], settings: Settings, *, quiet: bool) -> Report:
    """Prepare a run for the lens of that `name`, have it look, and show what it saw.

    Raises UsageError and TargetError before anything is judged. Sessions made on the way are deleted again, also after
    Ctrl-C.
    """
    prepared = prepare(settings, name)
    try:
        report = _seen(prepared, lens, settings, Progress(Console(stderr=True, highlight=False), quiet=quiet))
    finally:
        prepared.run.close()
    write_reports(report, settings)
    render(report, Console(soft_wrap=False, highlight=False))
    return report


def _seen(prepared: Prepared, make: Callable[[Run], Lens], settings: Settings, progress: Progress) -> Report:
    run, started, clock = prepared.run, datetime.now(UTC), time.monotonic()
    lens, stopped = make(run), False
    try:
        lens.look(progress)
    except KeyboardInterrupt:
        stopped = True
    finally:
        progress.stop()
        left = run.clean_up()
    results = list(lens.results())
    run.notes = (*run.notes, *lens.notes())
    interrupted = STOPPED if stopped or lens.interrupted else None
    return make_report(
        prepared.ran(started, time.monotonic() - clock, run.recorder.count, left),
        results,
        selected=lens.selected,
        baseline=load(settings.baseline) if settings.baseline else None,
        broken=[run.lost] if run.lost else lens.broken,
        interrupted=(Verdict.ERROR, run.lost) if run.lost else interrupted,
    )
