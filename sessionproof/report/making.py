"""The one way from what a run's checks found to its report, whichever lens looked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sessionproof import __version__
from sessionproof.baseline import Baseline, apply
from sessionproof.contract import Contract
from sessionproof.judge import judge
from sessionproof.report.document import Report
from sessionproof.report.load import Load
from sessionproof.verdicts import CheckResult, Exit, RequirementResult, Verdict, exit_code

__all__ = ["STOPPED", "Ran", "make_report"]

STOPPED = (Verdict.UNPROVEN, "stopped before it was looked at")  # what an interrupted run didn't get to


@dataclass(frozen=True)
class Ran:
    """What a run was, apart from what it found; times in seconds."""

    target: str
    contract: Contract
    means: frozenset[str]
    started: datetime
    duration_s: float
    requests: int
    clock: str = "none"
    seed: int = 0
    effort: str = "normal"
    recognised: str = ""  # why this contract, "" when the user named it
    waited_s: float = 0.0  # the longest that one probe has waited for lives to end
    left_behind: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    load: Load | None = None


def make_report(
    ran: Ran,
    checks: Iterable[CheckResult],
    *,
    selected: frozenset[str],
    baseline: Baseline | None = None,
    broken: Sequence[str] = (),
    interrupted: tuple[Verdict, str] | None = None,
) -> Report:
    """The verdict on every requirement, measured by the baseline, and what the run is worth as an exit code.

    `selected` are the requirements that the run was asked for. `broken` says what went wrong on our side, so that
    nothing is proven; `interrupted` is the verdict and reason of what the run didn't get to.
    """
    results = judge(checks, ran.contract.capabilities, ran.means, selected=selected, interrupted=interrupted)
    stale: tuple[str, ...] = ()
    if baseline is not None:
        results, stale = apply(baseline, results, datetime.now(UTC).date())
    return Report(
        target=ran.target,
        contract=ran.contract.name,
        recognised=ran.recognised,
        clock=ran.clock,
        waited_s=ran.waited_s,
        seed=ran.seed,
        effort=ran.effort,
        started=ran.started.isoformat(timespec="seconds"),
        duration_s=ran.duration_s,
        requests=ran.requests,
        results=results,
        exit=_worth(results, stale=bool(stale), broken=bool(broken), interrupted=interrupted is not None),
        stale=stale,
        left_behind=ran.left_behind,
        notes=(*ran.notes, *broken),
        version=__version__,
        load=ran.load,
    )


def _worth(results: Sequence[RequirementResult], *, stale: bool, broken: bool, interrupted: bool) -> Exit:
    """What failed stays failed; what broke or was interrupted has proven nothing."""
    worth = exit_code(results, stale_baseline=stale)
    if broken and worth is not Exit.FAILED:
        return Exit.TARGET
    return Exit.UNPROVEN if interrupted and worth is Exit.PROVEN else worth
