"""What one test found out: its report and transcript, turned into check results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from _pytest.outcomes import Failed, Skipped

from sessionproof.caller import SetUpFailed
from sessionproof.errors import TargetError
from sessionproof.expect import Expect, NotCome, NotDeclared, Unproven, Violation
from sessionproof.history.timeline import timeline_of
from sessionproof.plugin.history import judged, repeat
from sessionproof.repeat import exchange, with_test
from sessionproof.run import CURRENT, MissingUser, Run, TargetLost
from sessionproof.timeline import Timeline
from sessionproof.verdicts import CheckResult, Evidence, Verdict, from_counts
from sessionproof.wire import Reply

__all__ = ["NotJudged", "findings", "from_properties", "to_properties"]

_PROPERTY = "sessionproof"
_SHOW_ENDS = ("create", "list", "stats")


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
) -> Iterator[CheckResult]:
    """The check's own result, then what the history of its calls shows besides."""
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
    yield from (aside for aside in judged(name, requirement, run) if not _is_told(aside, own))


def _is_told(aside: CheckResult, own: CheckResult) -> bool:
    """Whether the check says as much itself."""
    return aside.requirement == own.requirement and own.verdict is Verdict.FAILED


def _decided(own: CheckResult) -> CheckResult:
    """A check of which too many probes could tell nothing has proven nothing."""
    words = "came too near the end to tell anything; try when it is quieter"
    verdict, reason = from_counts(own.exercised, own.undecided, undecided_ones=words)
    return replace(own, verdict=verdict, reason=reason)


def _with_error(own: CheckResult, error: BaseException, run: Run) -> CheckResult:
    silent = isinstance(error, Violation) and error.reply is not None and error.reply.status is None
    if silent and not run.is_there():
        return replace(own, verdict=Verdict.ERROR, reason=run.lost)
    knows_lives = isinstance(error, Violation) and error.test  # a walk
    if isinstance(error, Violation | SetUpFailed) and not knows_lives and (why := _outlived(error.reply, run)):
        return replace(own, verdict=Verdict.UNPROVEN, reason=why)
    if isinstance(error, Violation):
        failed = _failed(
            own, error.expected, error.seen, error.reply, run, shows_later=error.shows_later, shown=error.shown
        )
        return replace(failed, verdict=Verdict.FAILED, repeat=with_test(failed.repeat, error.test))
    if isinstance(error, NotJudged):
        return replace(own, verdict=error.verdict, reason=error.reason)
    if isinstance(error, MissingUser):
        return replace(own, verdict=Verdict.UNPROVEN, reason=str(error), missing=("users",))
    if isinstance(error, NotCome):
        return replace(own, verdict=Verdict.NOT_SELECTED, reason=str(error))
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


def _outlived(reply: Reply | None, run: Run) -> str:
    """Why an answer says nothing: a check that doesn't wait took longer than its sessions live; "" where it didn't.

    The end of a session shows as a refusal, as an entry less, or as a new session where one was to be resumed.
    """
    calls, contract, rules = _of_this_round(run), run.contract, run.rules
    life = min(rules.life, rules.absolute)
    if reply is None or not calls or CURRENT.get().timed or not rules.life_kind:
        return ""
    could_show = reply.status in contract.gone | contract.unknown or reply.request.binding.operation in _SHOW_ENDS
    took = calls[-1].ended - calls[0].began
    if not could_show or took < life - rules.early:
        return ""
    return f"took {took:.0f} s, and sessions live {life:g} s: some may have ended meanwhile; try longer lives"


def _of_this_round(run: Run) -> list[Reply]:
    rounds = CURRENT.get().rounds
    return run.transcript[rounds[-1] :] if rounds else run.transcript


def _failed(
    own: CheckResult,
    expected: str,
    seen: str,
    reply: Reply | None,
    run: Run,
    *,
    shows_later: bool = False,
    shown: Sequence[Reply] = (),
) -> CheckResult:
    last = reply or (run.transcript[-1] if run.transcript else None)
    if last is None:
        return replace(own, reason=f"expected {expected}; seen {seen}", evidence=(Evidence(expected, seen),))
    redactor = run.redactor
    calls = _of_this_round(run)
    calls = calls if any(call is last for call in calls) else run.transcript
    place = _place(calls, last)
    picture = _picture(run, calls[: None if shows_later else place + 1], last)
    evidence = Evidence(redactor.text(expected), redactor.text(seen), exchange(last, redactor), picture)
    shown = shown or (calls[place:] if shows_later else [last])
    return replace(
        own,
        reason=f"expected {evidence.expected}; seen {evidence.seen}",
        evidence=(evidence,),
        repeat=repeat(own.requirement, run, calls, shown, expected, seen),
    )


def _place(transcript: list[Reply], wanted: Reply) -> int:
    return next((place for place, reply in enumerate(transcript) if reply is wanted), len(transcript) - 1)


def _picture(run: Run, replies: list[Reply], wrong: Reply) -> Timeline | None:
    """The calls up to the one that is wrong; a single one needs no picture."""
    events = [run.recorder.shown(reply) for reply in replies]
    marked = [event for event, reply in zip(events, replies, strict=True) if reply is wrong]
    return timeline_of(events, marked, "not as expected") if len(events) > 1 else None


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
