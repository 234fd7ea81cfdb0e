"""What a fuzz run has counted becomes verdicts like those of every other check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessionproof.contract import find_contract, load_contract
from sessionproof.expect import Expect
from sessionproof.fuzz.exploring import Explorer
from sessionproof.fuzz.tally import Tally
from sessionproof.verdicts import Verdict
from tests.engine.scripted import answered, scripted_run


@pytest.mark.parametrize(("undecided", "verdict"), [(0, Verdict.PASSED), (1, Verdict.PASSED), (2, Verdict.UNPROVEN)])
def test_looks_that_tell_nothing_too_often_prove_nothing(undecided: int, verdict: Verdict) -> None:
    tally, expect = Tally(), Expect()
    expect.exercised, expect.undecided = 3, undecided
    tally.add("stays_dead", "LIF-05", expect)
    run = scripted_run(load_contract(find_contract("fm-session-service")), lambda request: answered())
    [result] = tally.results(run, frozenset({"LIF-05"}), ())
    assert (result.verdict, result.exercised, result.undecided) == (verdict, 3, undecided)


@pytest.mark.parametrize(("guests", "judged"), [(False, {"LIF-01", "ISO-05"}), (True, {"LIF-01"})])
def test_where_guests_are_let_in_nobody_is_looked_for_who_is_refused(guests: bool, judged: set[str]) -> None:
    contract = load_contract(find_contract("faultmaven"))
    run = scripted_run(replace(contract, identity=replace(contract.identity, guests=guests)), lambda _: answered())
    explorer = Explorer.of(run, frozenset({"LIF-01", "ISO-05"}))
    assert {result.requirement for result in explorer.results()} == judged
