"""What came of a load run, and the report on it: the same verdicts, files and exit codes as of every other run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sessionproof.baseline import load
from sessionproof.contract import Contract
from sessionproof.load.plan import Plan
from sessionproof.load.tally import Tally
from sessionproof.report.document import Report
from sessionproof.report.load import Call, Load
from sessionproof.report.making import STOPPED, Ran, make_report
from sessionproof.requirements import load_requirements, select
from sessionproof.verdicts import CheckResult, Verdict, from_counts

__all__ = ["Outcome", "report_on"]

_ERRORS = 0.01  # the largest share of calls without an answer below 500, where no other limit is declared
_ABOUT_THE_FLAG = "RES-02"  # nothing can be said of it where no answer has a place for `resumed`


@dataclass
class Outcome:
    """What the processes of one run have seen, put together."""

    shape: str
    about: tuple[str, ...]  # requirements that the shape is for
    users: int
    workers: int  # 0: one process
    began: float  # seconds since the epoch
    seconds: float
    means: frozenset[str]
    tally: Tally
    calls: tuple[Call, ...]
    left_behind: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # what went wrong on our side
    interrupted: bool = False


def report_on(outcome: Outcome, plan: Plan, host: str) -> Report:
    """The verdict on every requirement, and what the run was."""
    wanted = select(plan.settings.only)
    checks = [check for check in _checks(outcome, plan.contract) if check.requirement in wanted]
    order = list(load_requirements())
    ran = Ran(
        target=host,
        contract=plan.contract,
        means=outcome.means,
        started=datetime.fromtimestamp(outcome.began, UTC),
        duration_s=outcome.seconds,
        requests=sum(call.requests for call in outcome.calls),
        clock=plan.settings.clock or "none",
        seed=plan.seed,
        effort=plan.settings.effort.value,
        recognised=plan.recognised,
        left_behind=tuple(outcome.left_behind),
        load=Load(
            shape=outcome.shape,
            users=outcome.users,
            workers=outcome.workers,
            seconds=outcome.seconds,
            looked={id: outcome.tally.looked[id] for id in sorted(outcome.tally.looked, key=order.index)},
            violations=dict(outcome.tally.violations),
            calls=outcome.calls,
        ),
    )
    return make_report(
        ran,
        checks,
        selected=frozenset(check.requirement for check in checks),
        baseline=load(plan.settings.baseline) if plan.settings.baseline else None,
        broken=outcome.broken or ([] if outcome.calls else ["no call was made"]),
        interrupted=STOPPED if outcome.interrupted else None,
    )


def _checks(outcome: Outcome, contract: Contract) -> Iterable[CheckResult]:
    """One check for each requirement that was looked at, or that the shape is for."""
    tally = outcome.tally
    has_flag = any("resumed" in binding.returns for binding in contract.all("create"))
    about = [requirement for requirement in outcome.about if has_flag or requirement != _ABOUT_THE_FLAG]
    for requirement in dict.fromkeys((*about, *tally.looked, *tally.undecided)):
        if load_requirements()[requirement].capabilities <= contract.capabilities or tally.violations[requirement]:
            yield _errors(outcome) if requirement == "CON-06" else _check(outcome.shape, requirement, tally)


def _check(shape: str, requirement: str, tally: Tally) -> CheckResult:
    looked, undecided, broken = tally.looked[requirement], tally.undecided[requirement], tally.violations[requirement]
    verdict, reason = from_counts(looked, undecided, broken=f"{broken:,} of {looked:,} looks" if broken else "")
    return CheckResult(
        name=shape,
        requirement=requirement,
        verdict=verdict,
        reason=reason,
        exercised=looked,
        undecided=undecided,
        evidence=tuple(tally.examples.get(requirement, ())),
    )


def _errors(outcome: Outcome) -> CheckResult:
    """No contract declares limits yet, so few errors are only told; many fail."""
    tally = outcome.tally
    looked, errors = tally.looked["CON-06"], tally.violations["CON-06"]
    slowest = max((call.p95 for call in outcome.calls), default=0.0)
    told = f"{errors:,} of {looked:,} calls without an answer below 500; 95 % of each call within {slowest:,.0f} ms"
    verdict, reason = Verdict.NOT_APPLICABLE, "the contract declares no limits"
    if errors > _ERRORS * looked:
        verdict, reason = Verdict.FAILED, f"more than {_ERRORS:.0%} of all calls failed: {errors:,} of {looked:,}"
    evidence = tuple(tally.examples.get("CON-06", ())) if verdict is Verdict.FAILED else ()
    return CheckResult(outcome.shape, "CON-06", verdict, reason, observed=(told,), exercised=looked, evidence=evidence)
