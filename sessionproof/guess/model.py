"""What was guessed of an API: each answer with its confidence and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

__all__ = ["Confidence", "Draft", "Guess", "Operation"]


class Confidence(IntEnum):
    """How far a guess can be trusted. What is UNSURE is never written otherwise than as a comment."""

    UNSURE = 0
    LIKELY = 1
    SURE = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Guess:
    """One answer; `value` is a place for words of an operation, and any YAML value at the top."""

    value: Any
    confidence: Confidence
    reason: str

    @property
    def holds(self) -> bool:
        return self.confidence is not Confidence.UNSURE


@dataclass(frozen=True)
class Operation:
    """One operation of the API and the step of the flow that it seems to do."""

    method: str
    path: str
    does: str
    confidence: Confidence
    reason: str
    words: dict[str, tuple[Guess, ...]] = field(default_factory=dict)  # vocabulary name -> places
    lists: dict[str, dict[str, Guess]] = field(default_factory=dict)  # each | messages -> name -> place
    unit: str = ""  # of the word `life`

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def holds(self) -> bool:
        return self.confidence is not Confidence.UNSURE

    def has(self, word: str, source: str = "$") -> bool:
        """Whether a trusted place of `word` starts with `source`."""
        return any(guess.holds and guess.value.startswith(source) for guess in self.words.get(word, ()))


@dataclass(frozen=True)
class Draft:
    """A contract as far as it could be guessed, and what has to be asked of a person."""

    title: str
    top: dict[str, Guess]
    operations: tuple[Operation, ...]
    questions: tuple[str, ...] = ()

    @property
    def trusted(self) -> tuple[Operation, ...]:
        return tuple(operation for operation in self.operations if operation.holds)
