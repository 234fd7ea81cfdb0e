"""The report on a load run: what nobody can look at in this contract isn't unproven."""

from __future__ import annotations

from collections import Counter

import pytest

from sessionproof.load.outcome import Outcome, report_on
from sessionproof.load.plan import Plan
from sessionproof.load.tally import Tally
from sessionproof.report.load import Call
from sessionproof.settings import Settings
from sessionproof.verdicts import Verdict
from tests.engine.documents import contract_of

FLAG = ", resumed: $response.body#/known"
PATHS = """
POST /s:
  x-session: {{does: create, client: $request.body#/c, session: $response.body#/id{flag}}}
  requestBody: {{content: {{application/json: {{}}}}}}
  responses: {{200: {{content: {{application/json: {{}}}}}}}}
"""
TOP = "{identity: {header: X-User}, resume: {scope: [user, client]}}"


@pytest.mark.parametrize(("flag", "verdict"), [(FLAG, Verdict.UNPROVEN), ("", Verdict.NOT_SELECTED)])
def test_a_flag_is_looked_for_where_the_contract_has_one(flag: str, verdict: Verdict) -> None:
    plan = Plan(Settings(), contract_of(PATHS.format(flag=flag), TOP), seed=1)
    tally = Tally(looked=Counter({"RES-01": 5}))
    calls = (Call("create", "POST /s", 5, 0, 1.0, 1.0, 1.0, 1.0),)
    outcome = Outcome("resumption-storm", ("RES-01", "RES-02"), 1, 0, 0.0, 1.0, frozenset(), tally, calls)
    report = report_on(outcome, plan, "http://127.0.0.1:9")
    verdicts = {result.requirement.id: result.verdict for result in report.results}
    assert (verdicts["RES-01"], verdicts["RES-02"]) == (Verdict.PASSED, verdict)
