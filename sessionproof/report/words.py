"""What a run is worth, in words: the same ones on the terminal and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionproof.verdicts import Exit, RequirementResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionproof.report.document import Report

__all__ = ["MEANS", "Headline", "Means", "by_need", "count", "duration", "headline", "help_for", "pending", "seconds"]


@dataclass(frozen=True)
class Means:
    """Something that a run can have or lack, and how to give it to a run."""

    name: str
    help: str


MEANS = {
    "clock": Means(
        "a clock",
        "--clock wall, scaled:SECONDS_PER_MINUTE, control, redis:URL,PATTERN or faketime:COMMAND (docs/clocks.md)",
    ),
    "users": Means("a second user", "--user alice=X-User-ID:alice --user bob=X-User-ID:bob"),
    "nodes": Means("a second node", "--node URL, another address of the same deployment (docs/nodes.md)"),
    "store": Means("a store to stop", "--stop-store COMMAND --start-store COMMAND, not with -n (docs/nodes.md)"),
    "client": Means("a client to drive", "sessionproof browser --extension DIR --client FILE (docs/browser.md)"),
}

_WORDS = {
    Exit.FAILED: "FAILED",
    Exit.UNPROVEN: "UNPROVEN",
    Exit.TARGET: "ERROR",
    Exit.USAGE: "USAGE ERROR",
}
_SHOWN_IDS = 5


@dataclass(frozen=True)
class Headline:
    """One word for the run, and the counts behind it."""

    word: str
    parts: tuple[str, ...]


def headline(report: Report) -> Headline:
    """The verdict on the run; it never says PROVEN of a run in which nothing passed."""
    return Headline(_word(report), tuple(_parts(report)))


def _word(report: Report) -> str:
    if report.exit is Exit.PROVEN:
        return "PROVEN" if report.summary[Verdict.PASSED] else "NOTHING JUDGED"
    if report.exit is Exit.UNPROVEN and not pending(report, Verdict.UNPROVEN) and report.stale:
        return "STALE BASELINE"
    return _WORDS[report.exit]


def _parts(report: Report) -> Iterable[str]:
    failed, unproven = pending(report, Verdict.FAILED), pending(report, Verdict.UNPROVEN)
    errors, warned = pending(report, Verdict.ERROR), pending(report, Verdict.WARNED)
    accepted = [result for result in report.results if result.accepted]
    if failed:
        yield f"{_ids(failed)} broken"
    if errors:
        yield f"{len(errors)} not judged (error)"
    yield f"{report.summary[Verdict.PASSED]} passed"
    if warned:
        yield f"{len(warned)} warned"
    if unproven:
        lacking = sorted({name for result in unproven for name in result.missing})
        yield f"{len(unproven)} unproven" + (f" (needs {', '.join(lacking)})" if lacking else "")
    if accepted:
        yield f"{len(accepted)} accepted by the baseline"
    if report.stale:
        yield count(len(report.stale), "stale baseline entry", "stale baseline entries")
    yield f"{count(report.requests, 'request', 'requests')} in {duration(report)}"
    yield f"exit {int(report.exit)}"


def pending(report: Report, verdict: Verdict) -> list[RequirementResult]:
    """The requirements with this verdict that the baseline doesn't accept."""
    return [result for result in report.results if result.verdict is verdict and not result.accepted]


def by_need(results: Iterable[RequirementResult]) -> dict[str, list[RequirementResult]]:
    """Unproven requirements by what would prove them: "needs a clock", or else by their reason."""
    groups: dict[str, list[RequirementResult]] = {}
    for result in results:
        groups.setdefault(_need(result), []).append(result)
    return groups


def _need(result: RequirementResult) -> str:
    if not result.missing:
        return result.reason or "no reason given"
    return "needs " + " and ".join(MEANS[name].name if name in MEANS else name for name in result.missing)


def help_for(result: RequirementResult) -> list[str]:
    """What would give the run the means that it lacked, a line each."""
    return [MEANS[name].help for name in result.missing if name in MEANS]


def count(number: int, one: str, many: str) -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many}"


def _ids(results: list[RequirementResult]) -> str:
    ids = [result.requirement.id for result in results]
    if len(ids) <= _SHOWN_IDS:
        return ", ".join(ids)
    return f"{', '.join(ids[:_SHOWN_IDS])} and {len(ids) - _SHOWN_IDS} more"


def duration(report: Report) -> str:
    """How long the run took and, if it had to wait for lives to end, how much of that one probe has waited."""
    waited = f" (waited {seconds(report.waited_s)})" if report.waited_s else ""
    return seconds(report.duration_s) + waited


def seconds(number: float) -> str:
    """A duration, with minutes where it is long."""
    if number < 100:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest} s"
