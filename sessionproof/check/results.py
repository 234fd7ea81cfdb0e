"""From a judgement to the results of checks, one for each requirement that the history shows anything of."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from sessionproof.check.showing import Shown
from sessionproof.model import Judgement
from sessionproof.requirements import load_requirements
from sessionproof.settings import Settings
from sessionproof.verdicts import CheckResult, from_counts

__all__ = ["check_results"]

_NAME = "history"


def check_results(judgement: Judgement, shown: Sequence[Shown], settings: Settings) -> Iterator[CheckResult]:
    """What the history says of each requirement; `shown` are those of its anomalies that are evidence."""
    counted = dict.fromkeys(one.requirement for one in judgement.anomalies)
    seen = {*(+judgement.looked), *(+judgement.undecided), *counted}  # those that were looked at more than never
    for requirement in (id for id in load_requirements() if id in seen):
        yield _result(
            requirement, judgement, [one for one in shown if one.anomaly.requirement == requirement], settings
        )


def _result(requirement: str, judgement: Judgement, shown: Sequence[Shown], settings: Settings) -> CheckResult:
    looked, undecided = judgement.looked[requirement], judgement.undecided[requirement]
    broken = sum(one.requirement == requirement for one in judgement.anomalies)
    words = f"{broken:,} {'anomaly' if broken == 1 else 'anomalies'} in {looked:,} looks"
    verdict, reason = from_counts(looked, undecided, broken=words if broken else "")
    return CheckResult(
        name=_NAME,
        requirement=requirement,
        verdict=verdict,
        reason=reason,
        exercised=looked,
        undecided=undecided,
        evidence=tuple(one.evidence for one in shown),
        repeat="\n".join(_again(one, settings) for one in shown if one.file is not None),
    )


def _again(shown: Shown, settings: Settings) -> str:
    """The command that judges the few calls alone."""
    given = {"--contract": settings.contract, "--sidecar": settings.sidecar, "--life": settings.life}
    options = [f"{name} {shlex.quote(f'{value}')}" for name, value in given.items() if value]
    return " ".join(["sessionproof check", shlex.quote(str(shown.file)), *options])
