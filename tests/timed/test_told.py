"""What is told of timed checks: too many undecided looks prove nothing, and a script that repeats one waits as well."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from sessionproof.clocks.kind import Passing
from sessionproof.expect import Expect, Violation
from sessionproof.plugin.findings import findings
from sessionproof.report.document import Report
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.wire import Reply, build_request
from tests.engine.documents import ALICE
from tests.engine.running import REFERENCE, judged, plain_environment, served
from tests.engine.scripted import answered, scripted_run

from .made_up import Jumping, contract


def found(exercised: int, undecided: int) -> CheckResult:
    expect = Expect()
    expect.exercised, expect.undecided = exercised, undecided
    run = scripted_run(contract(), lambda _: answered({}))
    (own,) = findings("a_check", "EXP-01", None, expect, run)
    return own


@pytest.mark.parametrize(
    ("exercised", "undecided", "verdict"),
    [
        (8, 0, Verdict.PASSED),
        (75, 25, Verdict.PASSED),
        (74, 25, Verdict.UNPROVEN),
        (1, 1, Verdict.UNPROVEN),
        (0, 8, Verdict.UNPROVEN),
    ],
)
def test_more_than_a_quarter_undecided_is_unproven(exercised: int, undecided: int, verdict: Verdict) -> None:
    own = found(exercised, undecided)
    assert (own.verdict, own.exercised, own.undecided) == (verdict, exercised, undecided)
    words = f"{undecided} of {exercised + undecided} looks came too near the end to tell anything"
    assert (words in own.reason) is (verdict is Verdict.UNPROVEN)


def said(run: Run, operation: str, began: float) -> Reply:
    """A call of half a second."""
    request = build_request(contract(), contract().first(operation), ALICE, {"session": "s1"})
    return Reply(contract(), request, answered({"id": "s1"}, 200), (), began, began + 0.5)


@pytest.mark.parametrize(("clock", "pause"), [(Jumping(), "later 3600.5"), (Passing(), "sleep 3600.5")])
def test_a_script_pauses_where_the_check_did(clock: Jumping | Passing, pause: str) -> None:
    run = scripted_run(contract(), lambda _: answered({}))
    run.clock = clock
    talk = [said(run, "create", 100.0), said(run, "read", 100.6), said(run, "read", 3701.6)]
    CURRENT.set(Talk("a_check", talk, timed=True))
    (own,) = findings("a_check", "EXP-01", Violation("404", "200", talk[-1]), Expect(), run)
    lines = [line.split(" ")[0] for line in own.repeat.splitlines() if re.match(r"(later|sleep|curl|session1)", line)]
    assert lines == ["session1=$(curl", "curl", pause.split(" ")[0], "curl"]
    assert pause in own.repeat.splitlines()
    CURRENT.set(Talk("a_check", talk))
    (own,) = findings("a_check", "EXP-01", Violation("404", "200", talk[-1]), Expect(), run)
    assert pause not in own.repeat, "an untimed check waits for nothing"


@pytest.fixture(scope="module")
def failed() -> Iterator[tuple[str, Report]]:
    """The URL of a server that renews a life with each read, and what is found out about it."""
    with served(*REFERENCE, "--clock", "control", "--fault", "F-EXP-03") as url:
        yield url, judged(url, clock="control", contract="fm-session-service", only=("EXP-07",))


def repeat(report: Report) -> str:
    (script,) = [row.repeat for row in report.results if row.requirement.id == "EXP-07"]
    return script


def last_status(script: str, url: str) -> str:
    """The status that a script ends with when it is run on this server."""
    script = re.sub(r"^URL=\S+", f"URL={url}", script, flags=re.MULTILINE)
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=plain_environment(), timeout=60)
    assert ended.returncode == 0, ended.stderr
    statuses: list[str] = re.findall(r"^HTTP/1.1 (\d+)", ended.stdout, re.MULTILINE)
    return statuses[-1]


def test_a_script_shows_the_fault_again_at_once(failed: tuple[str, Report]) -> None:
    url, report = failed
    assert last_status(repeat(report), url) == "200"


def test_and_shows_it_mended_on_a_server_without_it(failed: tuple[str, Report]) -> None:
    _, report = failed
    with served(*REFERENCE, "--clock", "control") as url:
        assert last_status(repeat(report), url) == "404"


def test_it_names_the_clock(failed: tuple[str, Report]) -> None:
    url, report = failed
    options = "--contract fm-session-service --clock control --explore no --only EXP-07 --seed"
    assert f"verify {url} {options}" in repeat(report)
