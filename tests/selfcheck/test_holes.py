"""Each rule of the kill matrix fails the command, says what to do, and is only told where faults were left out."""

from __future__ import annotations

import pytest

from sessionproof.selfcheck import Fault
from sessionproof.selfcheck.holes import Kind
from sessionproof.verdicts import Exit

from .sample import clean, fault, judged, kill, noisy

MUST, SHOULD = "RES-01", "ISO-04"
ALWAYS, ALWAYS_TOO = fault("F-RES-01", MUST), fault("F-RES-02", MUST)
AT_TIMES, AT_TIMES_TOO = fault("F-RES-03", MUST, conditional=True), fault("F-RES-04", MUST, conditional=True)


@pytest.mark.parametrize("faults", [(ALWAYS, AT_TIMES), (AT_TIMES, AT_TIMES_TOO), (ALWAYS, ALWAYS_TOO, AT_TIMES)])
def test_two_faults_of_which_one_is_conditional_are_enough_for_a_must(faults: tuple[Fault, ...]) -> None:
    here = clean(MUST)
    one = judged([here], [kill(each, here, MUST) for each in faults])
    assert (one.holes, one.exit) == ((), Exit.PROVEN)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ((ALWAYS,), "RES-01 (MUST): only F-RES-01 trips it; write a conditional one"),
        ((AT_TIMES,), "RES-01 (MUST): only F-RES-03 trips it; write another"),
        (
            (ALWAYS, ALWAYS_TOO),
            "RES-01 (MUST): all that trip it (F-RES-01, F-RES-02) break it always; write a conditional one",
        ),
    ],
)
def test_less_isnt(faults: tuple[Fault, ...], words: str) -> None:
    here = clean(MUST)
    one = judged([here], [kill(each, here, MUST) for each in faults])
    assert [(hole.kind, hole.line, hole.fails) for hole in one.holes] == [(Kind.THIN, words, True)]
    assert one.exit is Exit.FAILED


def test_one_fault_is_enough_for_a_should() -> None:
    here = clean(SHOULD)
    assert judged([here], [kill(fault("F-ISO-01", SHOULD), here, SHOULD)]).holes == ()


@pytest.mark.parametrize("level", [MUST, SHOULD])
def test_a_requirement_that_passes_and_that_no_fault_trips(level: str) -> None:
    here, other = clean(level, "LIF-07"), fault("F-LIF-01", "LIF-07")
    one = judged([here], [kill(other, here, "LIF-07", level)])
    (hole,) = (hole for hole in one.holes if hole.kind is Kind.UNTRIPPED)
    assert hole.subject == level
    assert "(undeclared: F-LIF-01); write one" in hole.line
    assert one.exit is Exit.FAILED


def test_a_requirement_that_isnt_judged_needs_no_fault() -> None:
    here = clean(EXP_01="the run lacks clock")
    one = judged([here], [kill(fault("F-EXP-01", "EXP-01"), here)])
    assert (one.holes, one.exit) == ((), Exit.PROVEN)


def test_a_fault_in_reach_that_nothing_notices() -> None:
    here, second = clean(MUST, "RES-03"), fault("F-RES-09", MUST, "RES-03")
    one = judged([here], [kill(second, here)], narrowed=True)
    (hole,) = one.failing
    assert (hole.kind, one.exit) == (Kind.UNCAUGHT, Exit.FAILED)
    assert hole.line.startswith("F-RES-09 (fm-session-service), What F-RES-09 does")
    assert hole.line.endswith("RES-01, RES-03 pass and nothing noticed; make a check of RES-01 see it")


def test_a_fault_that_only_others_notice() -> None:
    here = clean(MUST, "RES-03")
    (hole,) = judged([here], [kill(ALWAYS, here, "RES-03")], narrowed=True).failing
    assert "RES-01 passes, only RES-03 noticed; make a check of RES-01 see it, or correct" in hole.line


def test_where_faults_were_left_out_requirements_are_only_told() -> None:
    here = clean(MUST, SHOULD)
    one = judged([here], [kill(ALWAYS, here, MUST)], narrowed=True)
    assert {hole.kind for hole in one.told} == {Kind.THIN, Kind.UNTRIPPED}
    assert one.failing == []
    assert one.exit is Exit.PROVEN


def test_what_was_stopped_is_unproven_whatever_it_saw() -> None:
    here = clean(MUST)
    one = judged([here], [kill(ALWAYS, here)], complete=False)
    assert [hole.kind for hole in one.failing] == [Kind.UNCAUGHT]
    assert one.exit is Exit.UNPROVEN
    assert judged([here], [], complete=False).holes == ()


def test_a_run_without_a_result_is_an_error_unless_there_is_a_hole_as_well() -> None:
    here = clean(EXP_01="the run lacks clock")
    broken = kill(fault("F-EXP-01", "EXP-01"), here, error="no report")
    assert judged([here], [broken]).exit is Exit.TARGET
    there = clean(MUST)
    assert judged([there], [broken, kill(ALWAYS, there)]).exit is Exit.FAILED


def test_lenses_that_name_no_requirements_are_measured_and_not_judged() -> None:
    here, plain = clean(EXP_01="the run lacks clock"), noisy("a")
    assert judged([here, plain], [kill(ALWAYS, plain), kill(ALWAYS, plain, "a")]).exit is Exit.PROVEN


def test_holes_come_kind_by_kind() -> None:
    here = clean(MUST, SHOULD, "RES-03", "LIF-07")
    kills = [kill(ALWAYS, here, MUST), kill(fault("F-RES-05", "RES-03"), here), kill(ALWAYS_TOO, here, error="x")]
    kinds = [hole.kind for hole in judged([here], kills).holes]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert set(kinds) == set(Kind)
