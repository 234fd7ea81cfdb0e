"""A selfcheck as it is watched: progress on stderr, an orderly end at Ctrl-C and SIGTERM."""

from __future__ import annotations

import time

from rich.console import Console

from sessionproof.report.progress import Progress
from sessionproof.selfcheck.matrix import Clean, Kill, Matrix, Outcome
from sessionproof.selfcheck.running import Plan, selfcheck
from sessionproof.verdicts import Verdict
from sessionproof.verify import interruptible

__all__ = ["watched"]


def watched(plan: Plan, console: Console, *, quiet: bool = False) -> Matrix:
    """The kill matrix. A log is told at every tenth of the way how far it is, nobody when quiet."""
    progress = Progress(console, quiet=quiet or not console.is_terminal)
    begin, seen = time.monotonic(), 0

    def done(one: Clean | Kill) -> None:
        nonlocal seen
        seen += 1
        left = (time.monotonic() - begin) / seen * (plan.steps - seen)
        progress.step(f"{_what(one)} · {_about(left)} left", _verdict(one))
        if not console.is_terminal and not quiet and seen * 10 // plan.steps > (seen - 1) * 10 // plan.steps:
            console.print(f"{seen}/{plan.steps}  {_about(left)} left")

    progress.start(plan.steps)
    try:
        with interruptible():
            return selfcheck(plan, done)
    finally:
        progress.stop()


def _what(one: Clean | Kill) -> str:
    if isinstance(one, Clean):
        return f"{one.contract} without faults"
    return f"{one.fault.id} {one.outcome}" + (f" by {one.lens}" if one.outcome is Outcome.CAUGHT else "")


def _verdict(one: Clean | Kill) -> Verdict:
    """Missed by a judging lens counts as failed; another lens isn't judged."""
    judging = isinstance(one, Kill) and (one.declared or one.unnoticed or one.beyond)
    missed = isinstance(one, Kill) and one.outcome in (Outcome.MISSED, Outcome.ELSEWHERE)
    return Verdict.FAILED if judging and missed else Verdict.PASSED


def _about(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
