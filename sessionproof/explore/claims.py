"""Claims of the model about answers: each counts for a requirement, and breaks it where it doesn't hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sessionproof.expect import Expect, Unproven, Violation
from sessionproof.wire import Reply

__all__ = ["Broken", "Claims", "Unclear", "View"]


@dataclass(frozen=True)
class View:
    """A list as a test would look at it again: of an operation, or inside a session that is read."""

    operation: str
    session: str | None
    field: str
    wanted: tuple[Any, ...]
    page: int | None = None
    filters: tuple[tuple[str, Any], ...] = ()
    inside: str = ""  # the list's name, where it is inside a session
    ordered: bool = False


class Broken(Exception):
    """A requirement doesn't hold. `test` is what a pytest test has to expect to show the same."""

    def __init__(self, requirement: str, violation: Violation, test: View | tuple[Any, ...]) -> None:
        self.requirement, self.violation, self.test = requirement, violation, test
        super().__init__(f"{requirement}: {violation}")


class Unclear(Exception):
    """What follows can't be predicted: no answer came, or one that belongs to no requirement of this run."""


class Claims:
    """Makes claims, and counts those of each requirement. What none of `wanted` speaks of ends a walk, and no more."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = frozenset(wanted)
        self.held: Counter[str] = Counter()
        self.muted: set[str] = set()  # broken, and told of already
        self._expect = Expect()

    def reply(self, requirement: str, reply: Reply, expectation: str, *values: Any) -> Reply:
        """`expect(reply).EXPECTATION(*values)`, as a claim."""
        if reply.status is None:
            raise Unclear(reply.answer.failure)
        try:
            getattr(self._expect(reply), expectation)(*values)
        except Violation as violation:
            self._break(requirement, violation, (expectation, *values))
        except Unproven as unsent:
            raise Unclear(str(unsent)) from None
        self.held[requirement] += 1
        return reply

    def that(
        self,
        requirement: str,
        holds: bool,
        reply: Reply,
        *,
        expected: str,
        seen: str,
        test: View | tuple[Any, ...] = (),
    ) -> None:
        """The general form. `test` is what a test expects: of a reply, or of a list."""
        if not holds:
            self._break(requirement, Violation(expected, seen, reply), test)
        self.held[requirement] += 1

    def _break(self, requirement: str, violation: Violation, test: View | tuple[Any, ...]) -> None:
        if requirement in self.muted or requirement not in self.wanted:
            raise Unclear(requirement)
        raise Broken(requirement, violation, test)
