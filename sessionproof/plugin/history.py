"""What the history of a check's calls shows, whatever the check was about: judged by the model, with its witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sessionproof.burst import overlapping
from sessionproof.judge import lacking
from sessionproof.model import Anomaly, judge, seen
from sessionproof.repeat import exchange, repeat_script
from sessionproof.requirements import load_requirements
from sessionproof.run import CURRENT, Run
from sessionproof.verdicts import CheckResult, Verdict
from sessionproof.wire import Reply

__all__ = ["judged", "repeat"]


def judged(name: str, requirement: str, run: Run) -> Iterator[CheckResult]:
    """A failed result for each anomaly that the calls of the check `name` show, one of a kind and requirement.

    `requirement` is what the check itself is of: to judge that again makes the same calls. Nothing is said of
    requirements that the contract doesn't declare, and nothing of leaks where there are no users: there, whoever has
    an id has the session.
    """
    found = judge([seen(event) for event, _ in CURRENT.get().history], run.rules)
    kinds = {(anomaly.requirement, anomaly.name): anomaly for anomaly in reversed(found.anomalies)}
    for anomaly in reversed(kinds.values()):
        if _is_declared(anomaly, run):
            yield _result(name, requirement, anomaly, run)


def _is_declared(anomaly: Anomaly, run: Run) -> bool:
    if anomaly.name == "leak" and not run.rules.users:
        return False
    lack = lacking(load_requirements()[anomaly.requirement], run.contract.capabilities, run.means)
    return lack is None or lack[0] is not Verdict.NOT_APPLICABLE


def _result(name: str, requirement: str, anomaly: Anomaly, run: Run) -> CheckResult:
    from sessionproof.check.showing import evidence_of, few_of

    history = CURRENT.get().history
    events, told = few_of(anomaly, [event for event, _ in history], run.rules)
    kept = {event.n for event in events}
    about = {event.session for event in events if event.session}
    calls = [
        reply for event, reply in history if event.n in kept or event.session in about or event.op == "login"
    ]  # fewer would show it in the history, but it takes all of them to bring the target there
    if anomaly.name == "leak":  # one answer shows it, but whose words they are was said before
        calls = [reply for _, reply in history]
    witnesses = [reply for event, reply in history if event.n in kept]
    evidence = evidence_of(told, events)
    return CheckResult(
        name=f"{name} (seen on the way)",
        requirement=anomaly.requirement,
        verdict=Verdict.FAILED,
        reason=f"{anomaly.name}: {told.sentence}",
        exercised=1,
        evidence=(replace(evidence, exchange=exchange(witnesses[-1], run.redactor)),),
        repeat=repeat(requirement, run, calls, witnesses[-1:], evidence.expected, evidence.seen),
        aside=True,
    )


def repeat(requirement: str, run: Run, calls: Sequence[Reply], shown: Sequence[Reply], expected: str, seen: str) -> str:
    """How to see it again: a script of `calls` up to the last of `shown`, where one can be made, and the command.

    Calls that were under way at one moment can't be repeated by a script, which makes one after the other.
    """
    talk = CURRENT.get()
    again = f"{run.again} --only {requirement} --seed {run.seed}"
    if run.client:  # what a client does, no script of calls repeats
        return again
    until = next((place for place, call in enumerate(calls) if call is shown[-1]), len(calls) - 1)
    if overlapping(calls[: until + 1]) > 1:
        return f"# calls at the same moment show it, so it takes a race:\n{again}"
    pause = run.clock.in_shell if run.clock and talk.timed else None
    script = repeat_script(calls, shown, run.redactor, run.sender.base_url, expected, seen, pause, talk.commands)
    return f"{script}\n\n# or: {again}" if script else again
