"""From what the checks found to a verdict for every requirement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sessionproof.requirements import Requirement, load_requirements
from sessionproof.verdicts import CheckResult, RequirementResult, Verdict, combine

__all__ = ["judge", "lacking"]


def lacking(
    requirement: Requirement, capabilities: frozenset[str], means: frozenset[str]
) -> tuple[Verdict, tuple[str, ...]] | None:
    """Why a requirement can't be judged: what the contract doesn't declare, else what the run doesn't have."""
    undeclared = requirement.capabilities - capabilities
    if undeclared:
        return Verdict.NOT_APPLICABLE, tuple(sorted(undeclared))
    missing = requirement.means - means
    return (Verdict.UNPROVEN, tuple(sorted(missing))) if missing else None


def judge(
    checks: Iterable[CheckResult],
    capabilities: frozenset[str],
    means: frozenset[str],
    *,
    selected: frozenset[str],
    interrupted: tuple[Verdict, str] | None = None,
) -> tuple[RequirementResult, ...]:
    """One result for every requirement, in the file's order.

    `selected` are the requirements that the run was asked for; `interrupted` is the verdict and reason of those
    whose checks were not carried out because the run ended early.
    """
    by_requirement: dict[str, list[CheckResult]] = {}
    for check in checks:
        by_requirement.setdefault(check.requirement, []).append(check)
    return tuple(
        _one(requirement, by_requirement, capabilities, means, selected, interrupted)
        for requirement in load_requirements().values()
    )


def _one(
    requirement: Requirement,
    checks: Mapping[str, list[CheckResult]],
    capabilities: frozenset[str],
    means: frozenset[str],
    selected: frozenset[str],
    interrupted: tuple[Verdict, str] | None,
) -> RequirementResult:
    lack = lacking(requirement, capabilities, means)
    found = checks.get(requirement.id, [])
    if requirement.id not in selected and not found:
        return RequirementResult(requirement, Verdict.NOT_SELECTED, "this run was asked for others")
    if lack is not None and not _broken(found):
        verdict, names = lack
        if verdict is Verdict.UNPROVEN and "client" in names:
            return RequirementResult(requirement, Verdict.NOT_SELECTED, "judged by driving a client", missing=names)
        words = "the contract doesn't declare" if verdict is Verdict.NOT_APPLICABLE else "the run lacks"
        reason = f"{words} {', '.join(names)}"
        if names == ("identity",):
            reason = "isolation not provided: the contract declares no identity, the session id is the credential"
        return RequirementResult(requirement, verdict, reason, tuple(found), names)
    if not found:
        if interrupted:
            return RequirementResult(requirement, *interrupted)
        return RequirementResult(requirement, Verdict.NOT_SELECTED, "no check of this run looks at it")
    return combine(requirement, found)


def _broken(checks: Iterable[CheckResult]) -> bool:
    """A violation seen on the way counts even where the requirement wasn't to be judged."""
    return any(check.verdict is Verdict.FAILED for check in checks)
