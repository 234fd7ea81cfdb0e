"""The history of every check is judged: what it shows besides is a result of its own, with its witnesses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.console import Console

from sessionproof.caller import Caller
from sessionproof.contract import Contract, find_contract, load_contract
from sessionproof.expect import Expect, Violation
from sessionproof.plugin.findings import findings
from sessionproof.report.terminal import render
from sessionproof.run import Run
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.wire import Answer, Request
from tests.engine.running import judged, reference_server, verdicts
from tests.engine.scripted import answered, scripted_run

FM = load_contract(find_contract("fm-session-service"))
AGENTIC = load_contract(find_contract("agentic-multi-client"))


def a_run(contract: Contract, answer: Callable[[Request], Answer]) -> Run:
    run = scripted_run(contract, answer)
    run.begin("a_check")
    return run


def revives(request: Request) -> Answer:
    """A server whose deletes are acknowledged, and do nothing."""
    if request.method == "DELETE":
        return answered(status=204)
    return answered({"session_id": "5e55-1d", "session_resumed": False}, 201 if request.method == "POST" else 200)


def results(contract: Contract, requirement: str = "LIF-01", error: Exception | None = None) -> list[CheckResult]:
    """A check that reads a session which it has deleted, and thinks nothing of it."""
    run = a_run(contract, revives)
    alice = Caller(run, run.actor("alice"))
    session = alice.create().session
    alice.delete(session)
    alice.read(session)
    expect = Expect()
    expect.exercised = 1
    return list(findings("a_check", requirement, error, expect, run))


@pytest.mark.parametrize("contract", [FM, AGENTIC], ids=["fm-session-service", "agentic-multi-client"])
def test_an_anomaly_is_a_result_aside_with_the_calls_that_show_it(contract: Contract) -> None:
    own, aside = results(contract)
    assert own.verdict is Verdict.PASSED
    assert (aside.requirement, aside.verdict, aside.aside) == ("LIF-05", Verdict.FAILED, True)
    assert aside.name == "a_check (seen on the way)"
    assert aside.reason.startswith("resurrected: ")
    (evidence,) = aside.evidence
    assert evidence.timeline is not None
    assert [call.wrong for call in evidence.timeline.calls][-1]
    assert "DELETE" in aside.repeat
    assert "--only LIF-01" in aside.repeat, "which runs the check that saw it"


def test_what_the_check_says_itself_isnt_said_twice() -> None:
    (own,) = results(FM, "LIF-05", Violation("gone", "200", None))
    assert own.verdict is Verdict.FAILED


def test_nothing_is_said_of_what_isnt_declared() -> None:
    run = a_run(AGENTIC, lambda request: answered({"session_id": f"s{len(run.transcript)}"}, 201))
    alice = Caller(run, run.actor("alice"))
    for _ in range(2):
        alice.create(client="one")  # two sessions of one client: nothing here resumes
    assert [result.requirement for result in findings("a_check", "LIF-01", None, Expect(), run)] == ["LIF-01"]


def test_the_evidence_can_be_read_on_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with reference_server("F-LIF-04") as url:
        report = judged(url, only=("CON-04",), seed=1)
    assert verdicts(report)["CON-04"] is Verdict.FAILED
    capsys.readouterr()
    render(report, Console(width=80, soft_wrap=False, highlight=False))
    text = capsys.readouterr().out
    assert "the change is lost" in text
    assert "# calls at the same moment show it, so it takes a race:" in text
    assert "--only CON-04 --seed 1" in text
