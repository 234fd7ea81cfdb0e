"""What a lens reports becomes one of five outcomes, and a matrix counts each fault once."""

from __future__ import annotations

import pytest

from sessionproof.selfcheck import Outcome, Seen
from sessionproof.selfcheck.matrix import Spent, clean_of

from .sample import CONTRACT, OTHER, clean, fault, kill, matrix, noisy

BOTH = fault("F-RES-01", "RES-01", "RES-03")
CLEAN = clean("RES-01", "RES-03", "RES-05", EXP_01="the run lacks clock", RES_06="no check looks")


@pytest.mark.parametrize(
    ("breaks", "findings", "outcome"),
    [
        (("RES-01", "RES-03"), ("RES-01", "RES-03"), Outcome.CAUGHT),
        (("RES-01", "RES-03"), ("RES-03", "RES-05"), Outcome.CAUGHT),
        (("RES-01", "RES-03"), ("RES-05",), Outcome.ELSEWHERE),
        (("RES-01", "RES-03"), (), Outcome.MISSED),
        (("EXP-01",), (), Outcome.OUT_OF_REACH),
        (("EXP-01", "RES-06"), ("RES-05",), Outcome.OUT_OF_REACH),
        (("EXP-01", "RES-01"), (), Outcome.OUT_OF_REACH),  # the first is what it breaks most directly
        (("RES-01", "EXP-01"), (), Outcome.MISSED),
        (("EXP-01",), ("EXP-01",), Outcome.CAUGHT),  # seen on the way to something else
        (("NEW-01",), (), Outcome.OUT_OF_REACH),
    ],
)
def test_the_outcome_of_a_fault(breaks: tuple[str, ...], findings: tuple[str, ...], outcome: Outcome) -> None:
    assert kill(fault("F-RES-01", *breaks), CLEAN, *findings).outcome is outcome


def test_what_it_breaks_is_told_apart() -> None:
    one = kill(fault("F-RES-01", "RES-01", "RES-03", "EXP-01"), CLEAN, "RES-05", "RES-03")
    assert one.declared == ("RES-03",)
    assert one.unnoticed == ("RES-01",)
    assert one.beyond == {"EXP-01": "the run lacks clock"}
    assert one.collateral == ("RES-05",)


def test_a_run_without_a_result_is_neither_caught_nor_missed() -> None:
    one = kill(BOTH, CLEAN, error="no report")
    assert (one.outcome, one.declared, one.unnoticed, one.collateral) == (Outcome.ERROR, (), (), ())
    assert one.error == "no report"


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [(("a", "b"), Outcome.MISSED), (("a", "c"), Outcome.CAUGHT), ((), Outcome.MISSED)],
)
def test_of_a_lens_that_names_no_requirements_only_what_is_new_counts(
    findings: tuple[str, ...], outcome: Outcome
) -> None:
    one = kill(BOTH, noisy("a", "b"), *findings)
    assert one.outcome is outcome
    assert one.declared == one.unnoticed == ()
    assert one.beyond == {}
    assert one.collateral == tuple(name for name in findings if name == "c")


def test_noise_is_what_any_look_at_a_clean_server_reported() -> None:
    looks = [Seen(("a",), 1, 1.0, ("RES-01",)), Seen(("b", "a"), 2, 1.0), Seen((), 3, 1.0)]
    one = clean_of(CONTRACT, "other", looks, Spent(6))
    assert one.noise == ("a", "b")
    assert one.passed == ("RES-01",)


def test_rows_are_by_contract_and_fault_with_a_kill_for_each_lens() -> None:
    there, plain = clean("RES-01", contract=OTHER), noisy()
    second = fault("F-LIF-01", "LIF-01")
    kills = [kill(BOTH, there), kill(BOTH, plain), kill(second, CLEAN), kill(BOTH, CLEAN)]
    rows = matrix([CLEAN, plain, there], kills).rows
    assert [(row.contract, row.fault.id, list(row.kills)) for row in rows] == [
        (CONTRACT, "F-LIF-01", ["suites"]),
        (CONTRACT, "F-RES-01", ["suites", "schemathesis"]),
        (OTHER, "F-RES-01", ["suites"]),
    ]


def test_a_fault_counts_once_for_a_requirement_however_many_contracts_it_is_for() -> None:
    there, other = clean("RES-01", contract=OTHER), fault("F-RES-02", "RES-03", conditional=True)
    kills = [kill(BOTH, CLEAN, "RES-01"), kill(BOTH, there, "RES-01"), kill(other, CLEAN, "RES-03", "RES-01")]
    tripped = {one.requirement: one for one in matrix([CLEAN, there], kills).tripped}
    assert list(tripped) == ["RES-01", "RES-03", "RES-05"]
    assert tripped["RES-01"].contracts == (CONTRACT, OTHER)
    assert tripped["RES-01"].faults == (BOTH,)
    assert tripped["RES-01"].others == (other,)
    assert not tripped["RES-01"].conditional
    assert tripped["RES-03"].conditional


def test_what_other_lenses_report_trips_nothing() -> None:
    plain = noisy()
    (one,) = matrix([clean("RES-01"), plain], [kill(BOTH, plain, "RES-01")]).tripped
    assert one.faults == one.others == ()


def test_costs_add_up() -> None:
    whole = matrix([CLEAN, noisy()], [kill(BOTH, CLEAN), kill(BOTH, CLEAN)]).spent
    assert whole == Spent(42 + 10 + 80, 5.0, 2.5, 2.0)
    assert whole.seconds == 9.5
    assert whole.shared(2) == Spent(66, 2.5, 1.25, 1.0)
