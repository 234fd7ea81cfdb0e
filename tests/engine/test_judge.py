"""From capabilities, means, selection and what the checks found to one verdict for every requirement."""

from __future__ import annotations

import pytest

from sessionproof.judge import judge, lacking
from sessionproof.requirements import load_requirements, select
from sessionproof.verdicts import CheckResult, RequirementResult, Verdict

KNOWN = load_requirements()
EVERY = frozenset(KNOWN)
ALL_CAPABILITIES = frozenset().union(*(row.capabilities for row in KNOWN.values()))
ALL_MEANS = frozenset().union(*(row.means for row in KNOWN.values()))
FREE = KNOWN["LIF-01"]
USERS = KNOWN["ISO-01"]
TIMED = next(row for row in KNOWN.values() if row.means == {"clock"} and row.level == "MUST")
DRIVEN = next(row for row in KNOWN.values() if "client" in row.means)
P, F, U, E = Verdict.PASSED, Verdict.FAILED, Verdict.UNPROVEN, Verdict.ERROR


def verdict_of(
    id: str,
    *found: Verdict,
    capabilities: frozenset[str] = ALL_CAPABILITIES,
    means: frozenset[str] = ALL_MEANS,
    selected: frozenset[str] = EVERY,
    interrupted: tuple[Verdict, str] | None = None,
) -> RequirementResult:
    checks = [CheckResult("check", id, verdict, exercised=1) for verdict in found]
    results = judge(checks, capabilities, means, selected=selected, interrupted=interrupted)
    assert [result.requirement.id for result in results] == list(KNOWN), "one for each, in the file's order"
    return next(result for result in results if result.requirement.id == id)


def test_lacking_names_capabilities_before_means() -> None:
    assert lacking(USERS, ALL_CAPABILITIES, ALL_MEANS) is None
    assert lacking(USERS, frozenset(), frozenset()) == (Verdict.NOT_APPLICABLE, tuple(sorted(USERS.capabilities)))
    assert lacking(USERS, ALL_CAPABILITIES, frozenset()) == (Verdict.UNPROVEN, tuple(sorted(USERS.means)))
    assert lacking(FREE, FREE.capabilities, frozenset()) is None


@pytest.mark.parametrize("found", [P, F, U, E])
def test_a_check_that_ran_decides(found: Verdict) -> None:
    assert verdict_of(USERS.id, found).verdict is found


def test_what_was_not_selected_is_not_judged() -> None:
    result = verdict_of(USERS.id, selected=frozenset())
    assert (result.verdict, result.reason) == (Verdict.NOT_SELECTED, "this run was asked for others")
    assert verdict_of(USERS.id, selected=frozenset(), capabilities=frozenset()).verdict is Verdict.NOT_SELECTED


def test_what_was_seen_counts_even_where_it_was_not_selected() -> None:
    assert verdict_of(USERS.id, F, selected=frozenset()).verdict is F


def test_a_missing_capability_is_not_applicable_whatever_the_means() -> None:
    for means in (ALL_MEANS, frozenset[str]()):
        result = verdict_of(USERS.id, capabilities=ALL_CAPABILITIES - {"identity", "read"}, means=means)
        assert result.verdict is Verdict.NOT_APPLICABLE
        assert "read" in result.missing
        assert result.reason.startswith("the contract doesn't declare ")


def test_no_identity_is_isolation_not_provided() -> None:
    result = verdict_of(USERS.id, capabilities=ALL_CAPABILITIES - {"identity"})
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.reason.startswith("isolation not provided")


def test_missing_means_are_unproven_and_named() -> None:
    result = verdict_of(TIMED.id, means=ALL_MEANS - {"clock"})
    assert (result.verdict, result.reason, result.missing) == (U, "the run lacks clock", ("clock",))
    assert verdict_of(TIMED.id, P, means=ALL_MEANS - {"clock"}).verdict is U, "a pass without means is none"


def test_what_is_broken_is_broken_whatever_is_missing() -> None:
    assert verdict_of(TIMED.id, F, means=frozenset()).verdict is F
    assert verdict_of(USERS.id, F, capabilities=frozenset()).verdict is F


def test_what_only_a_client_shows_is_for_another_lens() -> None:
    result = verdict_of(DRIVEN.id, means=ALL_MEANS - {"client"})
    assert (result.verdict, result.reason) == (Verdict.NOT_SELECTED, "judged by driving a client")


def test_without_a_check_there_is_no_verdict() -> None:
    result = verdict_of(FREE.id)
    assert (result.verdict, result.reason) == (Verdict.NOT_SELECTED, "no check of this run looks at it")


@pytest.mark.parametrize("early", [(E, "the target stopped answering"), (U, "stopped before it was looked at")])
def test_a_run_that_ended_early(early: tuple[Verdict, str]) -> None:
    result = verdict_of(FREE.id, interrupted=early)
    assert (result.verdict, result.reason) == early
    assert verdict_of(FREE.id, P, interrupted=early).verdict is P, "what was judged before stays"
    assert verdict_of(FREE.id, selected=frozenset(), interrupted=early).verdict is Verdict.NOT_SELECTED
    lacking_all = verdict_of(USERS.id, capabilities=frozenset(), interrupted=early)
    assert lacking_all.verdict is Verdict.NOT_APPLICABLE


def test_names_select_ids_groups_and_prefixes_in_any_case() -> None:
    assert select(()) == EVERY
    assert select(("res-01",)) == {"RES-01"}
    assert select(("RES-01", "RES-02")) == {"RES-01", "RES-02"}
    isolation = {id for id, row in KNOWN.items() if row.group == "isolation"}
    assert select(("Isolation",)) == select(("ISO",)) == isolation
