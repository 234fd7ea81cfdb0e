"""An assistant that can be checked from outside: it says what it knows, and knows what it was given."""

from collections.abc import Sequence
from typing import NamedTuple

from .model import CaseEntry, Upload

LONGEST_MEMORY = 100  # earlier queries that it remembers, the last ones


class Said(NamedTuple):
    """An answer, and how sure the assistant is of it, from 0 to 1."""

    text: str
    confidence: float


class Assistant:
    """Repeats the question, the earlier queries of the conversation and the session's files; nothing else.

    It has no memory of its own, so two equal calls have equal answers, and no answer can hold what belongs to
    another session, to another case, or to a file that is gone.
    """

    def answer(self, question: str, earlier: Sequence[CaseEntry], files: Sequence[Upload]) -> Said:
        lines = [f"You asked: {question}"]
        lines += [f"Before that: {entry.query}" for entry in earlier[-LONGEST_MEMORY:]]
        lines += [f"In the file {upload.name}: {upload.text}" for upload in files]
        return Said("\n".join(lines), 1.0)
