"""What a fuzz run has looked at and found, as check results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sessionproof.expect import Expect, Violation
from sessionproof.plugin.findings import findings
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.verdicts import CheckResult, from_counts
from sessionproof.wire import Reply

__all__ = ["Found", "Tally"]

_SHOWN = 5  # findings of one check that get evidence of their own


@dataclass(frozen=True)
class Found:
    """One violation: which check saw it, what it breaks ("" for a note), and the calls that show it."""

    check: str
    requirement: str
    violation: Violation
    calls: tuple[Reply, ...]
    at: float = 0.0  # seconds since the run began
    requests: int = 0  # that had been sent by then

    @property
    def where(self) -> str:
        """The operation, which tells findings of one check apart."""
        return self.violation.reply.request.binding.name if self.violation.reply else ""


@dataclass
class Tally:
    """Counts looks by check and requirement; keeps the first finding of each check at each operation."""

    exercised: Counter[tuple[str, str]] = field(default_factory=Counter)
    undecided: Counter[tuple[str, str]] = field(default_factory=Counter)
    times: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)

    def add(self, check: str, requirement: str, expect: Expect) -> None:
        self.exercised[check, requirement] += expect.exercised
        self.undecided[check, requirement] += expect.undecided

    def report(self, found: Found) -> bool:
        """Keep a finding; False for one that is known."""
        key = found.check, found.requirement, found.where
        self.times[key] += 1
        if self.times[key] == 1:
            self.found.append(found)
        return self.times[key] == 1

    def results(self, run: Run, wanted: frozenset[str], about: Iterable[tuple[str, str]]) -> Iterator[CheckResult]:
        """A result for each check and requirement that was looked at, found broken, or is one of `about`.

        A check that failed at several operations has a result for each of the first of them.
        """
        for key in dict.fromkeys((*about, *self.exercised, *((one.check, one.requirement) for one in self.found))):
            name, requirement = key
            if requirement not in wanted:
                continue
            looked, undecided = self.exercised[key], self.undecided[key]
            plain = CheckResult(
                name, requirement, *from_counts(looked, undecided), exercised=looked, undecided=undecided
            )
            mine = [one for one in self.found if (one.check, one.requirement) == key]
            yield from [shown(one, run) for one in mine[:_SHOWN]] or [plain]

    def notes(self) -> Iterator[str]:
        """What was found that no requirement speaks of."""
        for one in self.found:
            if not one.requirement:
                times = self.times[one.check, one.requirement, one.where]
                yield f"{one.check}: {one.where}: {one.violation.seen} ({times}x); no requirement speaks of it"


def shown(found: Found, run: Run) -> CheckResult:
    """The finding with its exchange and the way to repeat it."""
    before = CURRENT.set(Talk(found.check, list(found.calls)))
    try:
        result = next(findings(found.check, found.requirement, found.violation, None, run))
        return replace(result, exercised=1)
    finally:
        CURRENT.reset(before)
