"""Verdicts: a closed set, how checks add up to one, and what a whole run is worth as an exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sessionproof.requirements import Requirement
from sessionproof.timeline import Timeline

__all__ = [
    "MEASURED",
    "CheckResult",
    "Evidence",
    "Exit",
    "RequirementResult",
    "Verdict",
    "combine",
    "exit_code",
    "from_counts",
]


class Verdict(StrEnum):
    """What is known about a requirement after a run. Only `passed` counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOT_APPLICABLE = "not applicable"
    NOT_SELECTED = "not selected"
    UNPROVEN = "unproven"
    ERROR = "error"


class Exit(IntEnum):
    """The exit codes of every command that judges."""

    PROVEN = 0
    FAILED = 1
    UNPROVEN = 2
    TARGET = 3
    USAGE = 4


MEASURED = "measured: "  # begins what a check says of its own work, and not of the target
_UNDECIDED = 0.25  # the largest share of looks that may tell nothing

# What speaks louder when several checks look at one requirement: a later one hides an earlier one.
_LOUDNESS = (
    Verdict.NOT_SELECTED,
    Verdict.NOT_APPLICABLE,
    Verdict.PASSED,
    Verdict.UNPROVEN,
    Verdict.WARNED,
    Verdict.ERROR,
    Verdict.FAILED,
)


@dataclass(frozen=True)
class Evidence:
    """One thing that was expected, what was seen instead, and the exchange that shows it (redacted)."""

    expected: str
    seen: str
    exchange: str = ""  # request line, headers and body, then the answer's, as text
    timeline: Timeline | None = None  # the calls that show it, where it takes several


@dataclass(frozen=True)
class CheckResult:
    """What one check function found out."""

    name: str
    requirement: str
    verdict: Verdict
    reason: str = ""
    observed: tuple[str, ...] = ()
    exercised: int = 0  # expectations that were looked at
    undecided: int = 0  # probes that could be neither held nor broken
    evidence: tuple[Evidence, ...] = ()
    repeat: str = ""  # a shell script that shows the same thing
    aside: bool = False  # seen on the way to something else
    missing: tuple[str, ...] = ()  # means that the run would have needed


@dataclass(frozen=True)
class RequirementResult:
    """What a run knows about one requirement, from all the checks that looked at it."""

    requirement: Requirement
    verdict: Verdict
    reason: str = ""
    checks: tuple[CheckResult, ...] = ()
    missing: tuple[str, ...] = ()  # capabilities or means that would be needed
    accepted: str = ""  # the baseline's reason, when it accepts this outcome

    @property
    def observed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for check in self.checks for text in check.observed))

    @property
    def exercised(self) -> int:
        return sum(check.exercised for check in self.checks)

    @property
    def undecided(self) -> int:
        return sum(check.undecided for check in self.checks)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(evidence for check in self.checks for evidence in check.evidence)

    @property
    def repeat(self) -> str:
        return next((check.repeat for check in self.checks if check.repeat), "")


def from_counts(
    looked: int, undecided: int, *, broken: str = "", undecided_ones: str = "could tell nothing"
) -> tuple[Verdict, str]:
    """The verdict on so many looks, and its reason: with too many that could tell nothing, nothing is proven.

    `broken` says what broke, "" for nothing. `undecided_ones` says what became of the looks that told nothing.
    """
    if broken:
        return Verdict.FAILED, broken
    looks = looked + undecided
    if undecided > _UNDECIDED * looks:
        return Verdict.UNPROVEN, f"{undecided:,} of {looks:,} looks {undecided_ones}"
    return Verdict.PASSED, ""


def combine(requirement: Requirement, checks: Iterable[CheckResult]) -> RequirementResult:
    """The loudest of the checks' verdicts; a failed SHOULD is `warned`. Of what was seen aside, one is enough.

    A requirement whose checks passed but never exercised anything is `unproven`.
    """
    checks = tuple(checks)
    checks = (*(check for check in checks if not check.aside), *[check for check in checks if check.aside][:1])
    loudest = max(checks, key=lambda check: _LOUDNESS.index(check.verdict))
    verdict, reason = loudest.verdict, loudest.reason
    if verdict is Verdict.FAILED and requirement.level == "SHOULD":
        verdict = Verdict.WARNED
    if verdict is Verdict.PASSED and not sum(check.exercised for check in checks):
        verdict, reason = Verdict.UNPROVEN, "nothing was exercised"
    missing = loudest.missing if verdict is Verdict.UNPROVEN else ()
    return RequirementResult(requirement, verdict, reason, checks, missing)


def exit_code(results: Iterable[RequirementResult], *, stale_baseline: bool) -> Exit:
    """Failed before error before unproven; outcomes that the baseline accepts don't count.

    A run in which nothing passed and nothing was accepted has proven nothing.
    """
    results = tuple(results)
    seen = Counter(result.verdict for result in results if not result.accepted)
    if seen[Verdict.FAILED]:
        return Exit.FAILED
    if seen[Verdict.ERROR]:
        return Exit.TARGET
    nothing = not seen[Verdict.PASSED] and not any(result.accepted for result in results)
    if seen[Verdict.UNPROVEN] or stale_baseline or nothing:
        return Exit.UNPROVEN
    return Exit.PROVEN
