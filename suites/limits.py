"""Limits: what is declared to be too long is refused, what just fits is taken, and nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.schemas import longest
from sessionproof.dialogue import files
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.wire import Reply

requirement = pytest.mark.requirement

TEXTS = ("client", "title", "kind", "content", "question")
TOO_MUCH = 32 * 2**20  # bytes; a larger limit isn't worth what trying it costs


@requirement("SEC-10")
def texts_are_taken_up_to_their_declared_length(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    limits = declared_lengths(target)
    if not limits:
        raise NotDeclared("the contract declares no maxLength of a text")
    callers = [alice, bob] if numbers.times > 1 and target.contract.identity.kind != "none" else []
    kept = [(caller, session := caller.has_session(), snapshot(caller, session)) for caller in callers]
    for binding, name, most in limits[: numbers.times**3]:
        for letter in ("x", "\u00e9")[-numbers.times :]:
            fits = letter * most
            for role in (target.contract.roles[: numbers.times**3] or ("",)) if name == "content" else ("",):
                reply = with_text(binding, name, fits, alice, role=role)
                if reply.status != 403:  # a role that isn't for this caller
                    expect(reply).succeeds()
            session = alice.has_session()
            before = snapshot(alice, session)
            reply = expect(with_text(binding, name, f"{fits}{letter}", alice, session)).is_invalid()
            expect(reply).is_as_before(changes(alice, session, before), "the session")
    for caller, session, before in kept:
        expect(reply).is_as_before(changes(caller, session, before), f"{caller.name}'s other session")


def declared_lengths(target: Run) -> list[tuple[Binding, str, int]]:
    """Each text that an operation takes, with the code points that it may have."""
    return [
        (binding, name, most)
        for operation in ("create", "update", "add_message", "query")
        for binding in target.bindings(operation)
        for name in TEXTS
        for place in binding.sends.get(name, ())
        if place.part == "body"
        if (most := longest(target.contract.document, binding.body_schema, place.pointer)) and most <= 2**20
    ]


def with_text(
    binding: Binding, name: str, text: str, caller: Caller, session: str | None = None, role: str = ""
) -> Reply:
    values: dict[str, Any] = {name: text} | ({"role": role} if role else {})
    if binding.operation == "create":
        return caller.call(binding, **values)
    return caller.try_on(binding, session or caller.has_session(), **values)


@requirement("SEC-10")
def files_are_taken_up_to_their_declared_size(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    most = target.contract.uploads.maximum
    if most is None or most > TOO_MUCH:
        raise NotDeclared("the contract declares no maximum of a file that could be tried")
    if numbers.times == 1:
        return
    session = alice.has_session()
    for number, binding in enumerate(target.bindings("upload")):
        expect(alice.call(binding, session, file=(f"fits-{number}.bin", b"x" * most))).succeeds()
        for name in (f"large-{number}.bin", f"fits-{number}.bin"):
            before = files(alice, session) if target.contract.lists_files else []
            reply = expect(alice.call(binding, session, file=(name, b"x" * (most + 1)))).is_invalid()
            after = files(alice, session) if target.contract.lists_files else []
            expect(reply).is_as_before(differences(before, after), "the files")
            expect(alice.upload(session, f"beside-{name}", b"x")).succeeds()
