"""What a fuzz run has counted becomes verdicts like those of every other check."""

from __future__ import annotations

import pytest

from sessionproof.contract import find_contract, load_contract
from sessionproof.expect import Expect
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
