"""How checks add up to a verdict, and verdicts to an exit code."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from sessionproof.requirements import Requirement, load_requirements
from sessionproof.verdicts import (
    CheckResult,
    Evidence,
    Exit,
    RequirementResult,
    Verdict,
    combine,
    exit_code,
    from_counts,
)

MUST = next(row for row in load_requirements().values() if row.level == "MUST")
SHOULD = next(row for row in load_requirements().values() if row.level == "SHOULD")
P, F, W, N, S, U, E = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.WARNED,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_SELECTED,
    Verdict.UNPROVEN,
    Verdict.ERROR,
)


def check(verdict: Verdict, exercised: int = 1, *, aside: bool = False, name: str = "check") -> CheckResult:
    return CheckResult(name, MUST.id, verdict, str(verdict), exercised=exercised, aside=aside)


def result(verdict: Verdict, accepted: str = "", requirement: Requirement = MUST) -> RequirementResult:
    return RequirementResult(requirement, verdict, accepted=accepted)


def test_verdicts_and_exit_codes_are_closed_sets() -> None:
    assert {str(verdict) for verdict in Verdict} == {
        "passed",
        "failed",
        "warned",
        "not applicable",
        "not selected",
        "unproven",
        "error",
    }
    assert {code.name: int(code) for code in Exit} == {"PROVEN": 0, "FAILED": 1, "UNPROVEN": 2, "TARGET": 3, "USAGE": 4}


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([P], P),
        ([F], F),
        ([U], U),
        ([E], E),
        ([N], N),
        ([P, P], P),
        ([P, N], P),
        ([P, U], U),
        ([P, E], E),
        ([P, F], F),
        ([U, E], E),
        ([E, F], F),
        ([U, F, E, P, N], F),
        ([N, U], U),
    ],
)
def test_the_loudest_check_is_the_verdict_in_any_order(checks: list[Verdict], verdict: Verdict) -> None:
    for order in permutations(checks):
        combined = combine(MUST, [check(one) for one in order])
        assert (combined.verdict, combined.reason) == (verdict, str(verdict))
        assert len(combined.checks) == len(checks)


def test_a_broken_should_is_a_warning() -> None:
    assert combine(SHOULD, [check(F)]).verdict is W
    assert combine(SHOULD, [check(P), check(F)]).verdict is W
    assert combine(SHOULD, [check(E)]).verdict is E
    assert combine(SHOULD, [check(P)]).verdict is P


def test_what_exercised_nothing_has_passed_nothing() -> None:
    combined = combine(MUST, [check(P, 0), check(P, 0)])
    assert (combined.verdict, combined.reason) == (U, "nothing was exercised")
    assert combine(MUST, [check(P, 0), check(P, 1)]).verdict is P
    assert combine(MUST, [check(N, 0)]).verdict is N


def test_of_what_was_seen_aside_one_is_enough() -> None:
    own = check(P)
    combined = combine(MUST, [check(F, aside=True, name="first"), own, check(F, aside=True, name="second")])
    assert combined.verdict is F
    assert [one.name for one in combined.checks] == ["check", "first"]


def test_missing_means_are_those_of_the_verdict() -> None:
    lacking = replace(check(U), missing=("users",))
    assert combine(MUST, [lacking]).missing == ("users",)
    assert combine(MUST, [lacking, check(F)]).missing == ()


def test_a_result_adds_up_its_checks() -> None:
    first = replace(check(P, 3), observed=("a", "b"), undecided=1)
    second = replace(check(F, 4), observed=("b", "c"), undecided=2, evidence=(Evidence("e", "s"),), repeat="curl")
    combined = combine(MUST, [first, second])
    assert (combined.exercised, combined.undecided) == (7, 3)
    assert combined.observed == ("a", "b", "c")
    assert combined.evidence == (Evidence("e", "s"),)
    assert combined.repeat == "curl"


@pytest.mark.parametrize(
    ("seen", "stale", "code"),
    [
        ([P], False, Exit.PROVEN),
        ([P, N, S, W], False, Exit.PROVEN),
        ([P, F], False, Exit.FAILED),
        ([P, F, E, U], True, Exit.FAILED),
        ([P, E], False, Exit.TARGET),
        ([P, E, U], True, Exit.TARGET),
        ([P, U], False, Exit.UNPROVEN),
        ([P], True, Exit.UNPROVEN),
        ([], False, Exit.UNPROVEN),
        ([N, S], False, Exit.UNPROVEN),
        ([W], False, Exit.UNPROVEN),
        ([E], False, Exit.TARGET),
    ],
)
def test_exit_codes(seen: list[Verdict], stale: bool, code: Exit) -> None:
    assert exit_code(map(result, seen), stale_baseline=stale) is code


@pytest.mark.parametrize("verdict", [F, U, E])
def test_what_the_baseline_accepts_does_not_count(verdict: Verdict) -> None:
    assert exit_code([result(P), result(verdict, "known")], stale_baseline=False) is Exit.PROVEN
    assert exit_code([result(verdict, "known")], stale_baseline=False) is Exit.PROVEN
    assert exit_code([result(verdict, "known"), result(verdict)], stale_baseline=False) is not Exit.PROVEN
    assert exit_code([result(P), result(verdict, "known")], stale_baseline=True) is Exit.UNPROVEN


@pytest.mark.parametrize(
    ("looked", "undecided", "broken", "verdict", "reason"),
    [
        (3, 1, "", P, ""),
        (0, 0, "", P, ""),
        (2, 1, "", U, "1 of 3 looks could tell nothing"),
        (3000, 2000, "", U, "2,000 of 5,000 looks could tell nothing"),
        (0, 1, "1 of 1 looks", F, "1 of 1 looks"),
    ],
)
def test_a_quarter_of_the_looks_may_tell_nothing(
    looked: int, undecided: int, broken: str, verdict: Verdict, reason: str
) -> None:
    assert from_counts(looked, undecided, broken=broken) == (verdict, reason)
