"""What one test found out: its report and transcript, turned into check results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from _pytest.outcomes import Failed, Skipped

from sessionproof.caller import SetUpFailed
from sessionproof.errors import TargetError
from sessionproof.expect import Expect, NotDeclared, Unproven, Violation, whose
from sessionproof.history.timeline import timeline_of
from sessionproof.repeat import exchange, repeat_script
from sessionproof.run import CURRENT, MissingUser, Run, TargetLost
from sessionproof.timeline import Timeline
from sessionproof.verdicts import CheckResult, Evidence, Verdict
from sessionproof.wire import Reply

__all__ = ["NotJudged", "findings", "from_properties", "to_properties"]

_PROPERTY = "sessionproof"
_UNDECIDED = 0.25  # the largest share of looks that may tell nothing


class NotJudged(Skipped):
    """The requirement can't be judged here; `verdict` says how that counts."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


def findings(
    name: str,
    requirement: str,
    error: BaseException | None,
    expect: Expect | None,
    run: Run,
    contract_is_silent: bool,
) -> Iterator[CheckResult]:
    """The check's own result, then what its calls showed besides (another user's canaries).

    `contract_is_silent` says that no identity is declared, so that nothing can leak between users.
    """
    own = CheckResult(
        name=name,
        requirement=requirement,
        verdict=Verdict.PASSED,
        exercised=expect.exercised if expect else 0,
        undecided=expect.undecided if expect else 0,
        observed=tuple(expect.observations) if expect else (),
    )
    own = _with_error(own, error, run) if error is not None else _decided(own)
    yield own
    if not contract_is_silent:
        yield from _leaks(name, own, run)


def _decided(own: CheckResult) -> CheckResult:
    """A check of which too many probes could tell nothing has proven nothing."""
    probes = own.exercised + own.undecided
    if own.undecided <= _UNDECIDED * probes:
        return own
    words = f"{own.undecided} of {probes} looks came too near the end to tell anything; try when it is quieter"
    return replace(own, verdict=Verdict.UNPROVEN, reason=words)


def _with_error(own: CheckResult, error: BaseException, run: Run) -> CheckResult:
    silent = isinstance(error, Violation) and error.reply is not None and error.reply.status is None
    if silent and not run.is_there():
        return replace(own, verdict=Verdict.ERROR, reason=run.lost)
    if isinstance(error, Violation):
        failed = _failed(own, error.expected, error.seen, error.reply, run, shows_later=error.shows_later)
        return replace(failed, verdict=Verdict.FAILED)
    if isinstance(error, NotJudged):
        return replace(own, verdict=error.verdict, reason=error.reason)
    if isinstance(error, MissingUser):
        return replace(own, verdict=Verdict.UNPROVEN, reason=str(error), missing=("users",))
    if isinstance(error, Unproven | Skipped):
        return replace(own, verdict=Verdict.UNPROVEN, reason=str(error))
    if isinstance(error, NotDeclared):
        return replace(own, verdict=Verdict.NOT_APPLICABLE, reason=str(error))
    if isinstance(error, SetUpFailed):
        shown = _failed(own, "the set-up to succeed", str(error), error.reply, run)
        return replace(shown, verdict=Verdict.ERROR, reason=f"set-up failed: {error}")
    if isinstance(error, AssertionError | Failed):
        return replace(
            own,
            verdict=Verdict.FAILED,
            reason=str(error).splitlines()[0] if str(error) else "assertion failed",
        )
    words = (
        str(error) if isinstance(error, TargetError | TargetLost) else f"harness fault: {type(error).__name__}: {error}"
    )
    return replace(own, verdict=Verdict.ERROR, reason=run.redactor.text(words))


def _failed(
    own: CheckResult, expected: str, seen: str, reply: Reply | None, run: Run, *, shows_later: bool = False
) -> CheckResult:
    last = reply or (run.transcript[-1] if run.transcript else None)
    if last is None:
        return replace(own, reason=f"expected {expected}; seen {seen}", evidence=(Evidence(expected, seen),))
    redactor = run.redactor
    place = _place(run.transcript, last)
    picture = _picture(run, run.transcript[: None if shows_later else place + 1], last)
    evidence = Evidence(redactor.text(expected), redactor.text(seen), exchange(last, redactor), picture)
    shown = run.transcript[place:] if shows_later else [last]
    pause = run.clock.in_shell if run.clock and CURRENT.get().timed else None
    script = ""
    if not run.client:  # what a client does, no script of calls repeats
        script = repeat_script(run.transcript, shown, redactor, run.sender.base_url, expected, seen, pause)
    again = f"{run.again} --only {own.requirement} --seed {run.seed}"
    return replace(
        own,
        reason=f"expected {evidence.expected}; seen {evidence.seen}",
        evidence=(evidence,),
        repeat=f"{script}\n\n# or: {again}" if script else again,
    )


def _place(transcript: list[Reply], wanted: Reply) -> int:
    return next((place for place, reply in enumerate(transcript) if reply is wanted), len(transcript) - 1)


def _picture(run: Run, replies: list[Reply], wrong: Reply) -> Timeline | None:
    """The calls up to the one that is wrong; a single one needs no picture."""
    events = [run.recorder.shown(reply) for reply in replies]
    marked = [event for event, reply in zip(events, replies, strict=True) if reply is wrong]
    return timeline_of(events, marked, "not as expected") if len(events) > 1 else None


def _leaks(name: str, own: CheckResult, run: Run) -> Iterator[CheckResult]:
    for reply in run.transcript:
        operation = reply.request.binding.operation
        if not reply.leaks or (operation == "list" and run.contract.list_scope == "all"):
            continue
        requirement = "ISO-03" if operation in ("list", "stats") else "ISO-01"
        if requirement != own.requirement or own.verdict is not Verdict.FAILED:
            bare = CheckResult(f"{name} (seen on the way)", requirement, Verdict.FAILED, aside=True)
            expected = f"nothing of another user's in an answer to {reply.request.actor.name}"
            seen = f"a canary of {whose(reply)}"
            yield replace(_failed(bare, expected, seen, reply, run), exercised=1)
        return


def to_properties(results: list[CheckResult]) -> tuple[str, list[dict[str, Any]]]:
    """As a pytest user property, so that it survives the way from a worker process."""
    return _PROPERTY, [{**asdict(result), "verdict": result.verdict.value} for result in results]


def from_properties(properties: list[tuple[str, Any]]) -> list[CheckResult]:
    for name, value in properties:
        if name == _PROPERTY:
            return [_result(row) for row in value]
    return []


def _result(row: dict[str, Any]) -> CheckResult:
    evidence = tuple(_evidence(one) for one in row["evidence"])
    return CheckResult(
        **{
            **row,
            "verdict": Verdict(row["verdict"]),
            "observed": tuple(row["observed"]),
            "missing": tuple(row["missing"]),
            "evidence": evidence,
        }
    )


def _evidence(row: dict[str, Any]) -> Evidence:
    timeline = row["timeline"]
    return Evidence(**{**row, "timeline": Timeline.from_dict(timeline) if timeline else None})
