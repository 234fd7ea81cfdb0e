"""How often each requirement was looked at, how often it was broken, and a few examples; tallies add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sessionproof.verdicts import Evidence

__all__ = ["Finding", "Looks", "Tally"]

_EXAMPLES = 3  # of one requirement; the counts have them all


@dataclass(frozen=True)
class Finding:
    """One answer that breaks a requirement."""

    requirement: str
    expected: str
    seen: str


class Looks:
    """What is looked at in one answer: each look counts, and those that don't hold are findings."""

    __slots__ = ("found", "made", "undecided")

    def __init__(self) -> None:
        self.made: list[str] = []
        self.undecided: list[str] = []
        self.found: list[Finding] = []

    def that(self, requirement: str, holds: bool, expected: str = "", seen: str = "") -> None:
        self.made.append(requirement)
        if not holds:
            self.found.append(Finding(requirement, expected, seen))

    def leave_undecided(self, requirement: str) -> None:
        """Nothing can be told of it by this answer."""
        self.undecided.append(requirement)


@dataclass
class Tally:
    """Counts of answers by requirement, and examples with their exchanges (redacted)."""

    looked: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Evidence]] = field(default_factory=dict)

    def add(self, looks: Looks) -> None:
        """Count one answer: once for each requirement, however many looks there were."""
        for requirement in set(looks.made):
            self.looked[requirement] += 1
        if looks.undecided or looks.found:
            self.undecided.update(set(looks.undecided))
            self.violations.update({finding.requirement for finding in looks.found})

    def wants_example(self, requirement: str) -> bool:
        return len(self.examples.get(requirement, ())) < _EXAMPLES

    def show(self, finding: Finding, exchange: str) -> None:
        """Keep an example of a violation."""
        self.examples.setdefault(finding.requirement, []).append(Evidence(finding.expected, finding.seen, exchange))

    def merge(self, other: Tally) -> None:
        self.looked.update(other.looked)
        self.undecided.update(other.undecided)
        self.violations.update(other.violations)
        for requirement, examples in other.examples.items():
            kept = self.examples.setdefault(requirement, [])
            kept += examples[: _EXAMPLES - len(kept)]

    def as_dict(self) -> dict[str, Any]:
        """As plain values, fit for a message between processes."""
        return {
            "looked": dict(self.looked),
            "undecided": dict(self.undecided),
            "violations": dict(self.violations),
            "examples": {
                requirement: [[example.expected, example.seen, example.exchange] for example in examples]
                for requirement, examples in self.examples.items()
            },
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Tally:
        return cls(
            Counter(values["looked"]),
            Counter(values["undecided"]),
            Counter(values["violations"]),
            {
                requirement: [Evidence(*example) for example in examples]
                for requirement, examples in values["examples"].items()
            },
        )
