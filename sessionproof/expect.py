"""Expectations: what a check says it should have seen, in sentences."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from sessionproof.contract.expressions import ABSENT
from sessionproof.wire import Reply, shape_error

__all__ = ["Expect", "NotCome", "NotDeclared", "Unproven", "Violation", "whose"]

_LEFT: ContextVar[int] = ContextVar("left undecided", default=0)  # looks of this thread


class Violation(AssertionError):
    """Something else was seen than the requirement says."""

    def __init__(
        self,
        expected: str,
        seen: str,
        reply: Reply | None,
        *,
        shows_later: bool = False,
        shown: Sequence[Reply] = (),
        test: str = "",
    ) -> None:
        self.expected, self.seen, self.reply = expected, seen, reply
        self.shows_later = shows_later  # the calls after `reply` are what shows it
        self.shown = shown  # the calls that show it, where they aren't `reply` alone
        self.test = test  # the same as a pytest module
        super().__init__(f"expected {expected}; seen {seen}")


class Unproven(Exception):
    """The check could not be carried out in this run; neither held nor broken."""


class NotCome(Exception):
    """Chance, or a narrow budget, never led there; that says nothing, and takes nothing from what others say."""


class NotDeclared(Exception):
    """The contract doesn't say what this check would look at."""


class Life(Protocol):
    """What is known of the length of a session's life."""

    def lasts_beyond(self, reply: Reply) -> bool: ...
    def was_over_before(self, reply: Reply) -> bool: ...
    def moment_of(self, reply: Reply) -> str: ...


class Expect:
    """`expect(reply).succeeds()`: counts what was looked at, and raises Violation at the first thing that is off."""

    def __init__(self) -> None:
        self.exercised = 0
        self.undecided = 0
        self.observations: list[str] = []
        self._lock = threading.Lock()  # probes of one timed check share its expectations

    def __call__(self, reply: Reply) -> ReplyExpectation:
        return ReplyExpectation(self, reply)

    def that(
        self, holds: bool, *, expected: str, seen: str, reply: Reply | None = None, shows_later: bool = False
    ) -> None:
        """The general form, for what no other expectation says."""
        with self._lock:
            self.exercised += 1
        if not holds:
            raise Violation(expected, seen, reply, shows_later=shows_later)

    def leave_undecided(self) -> None:
        """A probe came at a moment at which nothing can be told."""
        with self._lock:
            self.undecided += 1
        _LEFT.set(_LEFT.get() + 1)

    def left_undecided_by(self, probe: Callable[[], None]) -> int:
        """Carry out `probe` in this thread; how many of its looks could tell nothing."""
        before = _LEFT.get()
        probe()
        return _LEFT.get() - before

    def look_again(self, looks: int) -> None:
        """So many looks that could tell nothing are made once more; they don't count."""
        with self._lock:
            self.undecided -= looks

    def observe(self, text: str) -> None:
        """Note what was seen where the contract declares nothing; never fails."""
        if text not in self.observations:
            self.observations.append(text)


class ReplyExpectation:
    """What is expected of one reply."""

    def __init__(self, expect: Expect, reply: Reply) -> None:
        self._expect, self._reply = expect, reply

    def succeeds(self) -> Reply:
        """A 2xx status."""
        return self._status_is(self._reply.ok, "success (2xx)")

    def is_gone(self) -> Reply:
        """The contract's statuses for a session that no longer is."""
        return self._status_in(self._reply.contract.gone, "a session that is gone")

    def came_within(self, life: Life) -> bool:
        """Whether the answer surely came within the session's life; if not, nothing can be told by it."""
        if life.lasts_beyond(self._reply):
            return True
        self._expect.leave_undecided()
        return False

    def works_within(self, life: Life) -> Reply:
        """A success, where the answer surely came within the session's life."""
        if not self.came_within(life):
            return self._reply
        return self._status_is(self._reply.ok, f"success (2xx), {life.moment_of(self._reply)},")

    def is_gone_after(self, life: Life) -> Reply:
        """The contract's statuses for a session that is gone, where the call was surely made after its end."""
        if life.was_over_before(self._reply):
            return self._status_in(self._reply.contract.gone, f"a session {life.moment_of(self._reply)},")
        self._expect.leave_undecided()
        return self._reply

    def is_unknown(self) -> Reply:
        """The contract's statuses for an id that was never issued, or for one that is malformed."""
        contract = self._reply.contract
        return self._status_in(contract.unknown | contract.gone | contract.invalid, "an id that was never issued")

    def is_foreign(self) -> Reply:
        """The contract's statuses for another user's session, and nothing of that user in the answer."""
        self._status_in(self._reply.contract.foreign, "another user's session")
        return self.leaks_nothing()

    def is_unreachable(self) -> Reply:
        """The contract's statuses for something that isn't there, or isn't the caller's; nothing of others in it."""
        contract = self._reply.contract
        allowed = contract.gone | contract.unknown | contract.foreign | contract.invalid
        self._status_in(allowed, "what isn't there for the caller")
        return self.leaks_nothing()

    def is_without_session(self) -> Reply:
        """The contract's statuses for a call that needs a session and names none."""
        contract = self._reply.contract
        unsaid = "" if "autocreate" in contract.declared else ", as it doesn't say `autocreate: true`,"
        return self._status_in(contract.no_session | contract.invalid, f"a call that names no session{unsaid}")

    def is_without_identity(self) -> Reply:
        return self._status_in(self._reply.contract.no_identity, "a call without identity")

    def is_invalid(self) -> Reply:
        return self._status_in(self._reply.contract.invalid, "malformed input")

    def is_refused(self) -> Reply:
        """Any 4xx."""
        return self._status_is(self._reply.refused, "a refusal (4xx)")

    def is_no_server_error(self) -> Reply:
        answered = self._reply.status is not None and self._reply.status < 500
        return self._status_is(answered, "an answer below 500")

    def is_unavailable(self) -> Reply:
        """503, or another status by which the server says that it has failed."""
        return self._status_is(self._reply.is_unavailable, "'unavailable' (503, or else 500, 502 or 504)")

    def has_shape(self) -> Reply:
        """The body fits the schema that the contract declares for this status."""
        error = shape_error(self._reply)
        self._expect.that(not error, expected="the declared shape", seen=error, reply=self._reply)
        return self._reply

    def leaks_nothing(self) -> Reply:
        """No byte of the answer shows another actor's canary."""
        leaks = self._reply.leaks
        self._expect.that(
            not leaks,
            expected=f"nothing of another user's in an answer to {self._reply.request.actor.name}",
            seen=f"a canary of {whose(self._reply)}",
            reply=self._reply,
        )
        return self._reply

    def says(self, name: str, value: Any) -> Reply:
        """The answer's `name` equals `value`."""
        seen = self._reply[name]
        return self._is(
            seen == value and type(seen) is type(value), f"{name} {_short(value)}", f"{name} {_short(seen)}"
        )

    def says_other_than(self, name: str, *values: Any) -> Reply:
        """The answer has a `name`, and it is none of `values`."""
        seen = self._reply[name]
        holds = seen is not ABSENT and seen not in values
        return self._is(holds, f"{name} other than {', '.join(map(_short, values))}", f"{name} {_short(seen)}")

    def resumes(self, session: str) -> Reply:
        """A success that names `session` and, where the contract has such a flag, says that it was there before."""
        self.succeeds()
        self.says("session", session)
        if self._reply.shows("resumed"):
            self.says("resumed", True)
        return self._reply

    def makes_new(self, *others: str) -> Reply:
        """A success that names a session which is none of `others` and isn't marked as resumed."""
        self.succeeds()
        self._is(bool(self._reply.session), "a session id", "none")
        self.says_other_than("session", *others)
        return self._is(self._reply.resumed is not True, "resumed not true", "resumed true")

    def is_as_before(self, changes: Sequence[str], what: str) -> Reply:
        """`changes`, the differences of two snapshots around this reply, are none."""
        call = f"{self._reply.request.binding.name} by {self._reply.request.actor.name}"
        self._expect.that(
            not changes,
            expected=f"{what} as before {call}",
            seen="; ".join(changes[:3]),
            reply=self._reply,
            shows_later=True,
        )
        return self._reply

    def holds_exactly(self, items: Iterable[str], seen: Iterable[str], what: str) -> Reply:
        """`seen` has each of `items` once and nothing else; order is not looked at."""
        wanted, got = sorted(items), sorted(seen)
        missing = [item for item in wanted if item not in got]
        surplus = list(got)
        for item in wanted:
            if item in surplus:
                surplus.remove(item)
        words = [f"lacks {_short(missing)}"] * bool(missing) + [f"has in addition {_short(surplus)}"] * bool(surplus)
        return self._is(wanted == got, f"exactly {len(wanted)} {what}", f"{len(got)}: {' and '.join(words)}")

    def contains(self, text: str, what: str) -> Reply:
        """The answer to a question has `text` in it, which is `what`."""
        answer = str(self._reply["answer"])
        return self._is(text in answer, f"{what} ({_short(text)}) in the answer", _short(answer))

    def lacks(self, text: str, what: str) -> Reply:
        """Nothing in the whole reply shows `text`, which is `what`."""
        return self._is(text not in self._reply.text, f"nothing of {what}", _short(text))

    def _status_in(self, allowed: Iterable[int], what: str) -> Reply:
        wanted = sorted(allowed)
        words = f"{' or '.join(map(str, wanted))}, the contract's answer to {what}"
        return self._status_is(self._reply.status in wanted, words)

    def _status_is(self, holds: bool, words: str) -> Reply:
        return self._is(holds, words, str(self._reply.status or self._reply.answer.failure))

    def _is(self, holds: bool, expected: str, seen: str) -> Reply:
        if self._reply.unsent:
            raise Unproven(self._reply.answer.failure)
        call = f" for {self._reply.request.binding.name} by {self._reply.request.actor.name}"
        self._expect.that(holds, expected=expected + call, seen=seen, reply=self._reply)
        return self._reply


def whose(reply: Reply) -> str:
    """The names of those whose canaries are in a reply; a namesake of the reader is `another`."""
    reader = reply.request.actor.name
    return ", ".join(f"another {name}" if name == reader else name for name in reply.leaks)


def _short(value: Any) -> str:
    text = "nothing" if value is ABSENT else repr(value)
    return text if len(text) <= 160 else f"{text[:120]}... ({len(text)} characters)"
