"""Idempotency keys: a request that is repeated under its key has been done once, and is answered as it was then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot

requirement = pytest.mark.requirement

RESULT = ("session", "message", "case", "upload", "content", "question", "answer")  # never change once they are given


@requirement("MSG-11")
def a_create_repeated_under_its_key_makes_one_session(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    for create in keyed(target.bindings("create")):
        key, wish, other = a_key(), payload(create, alice), payload(create, alice)
        there = mine(alice) if numbers.times > 1 else None
        first = expect(alice.call(create, idempotency_key=key, **wish)).makes_new()
        made = {first.session, *(alice.has_session() for _ in range(numbers.times - 1))}
        for _ in range(numbers.times):
            reply = expect(alice.call(create, idempotency_key=key, **wish)).says("session", first.session)
            if wish:
                expect(alice.call(create, idempotency_key=key, **other)).is_refused()
        if there is not None:
            expect(reply).holds_exactly(there | made, mine(alice) or (), "sessions in the list")
        if target.contract.identity.kind != "none":
            expect(bob.call(create, idempotency_key=key, **payload(create, bob))).makes_new(*made)


@requirement("MSG-11")
def what_is_repeated_under_its_key_is_done_once(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    for binding in keyed(on_a_session(target)):
        session, key, wish, other = alice.has_session(), a_key(), payload(binding, alice), payload(binding, alice)
        first = expect(alice.try_on(binding, session, idempotency_key=key, **wish)).succeeds()
        for number in range(numbers.times - 1):
            expect(alice.try_on(binding, session, idempotency_key=a_key(), **wish if number % 2 else other)).succeeds()
        before = snapshot(alice, session)
        for _ in range(numbers.times):
            reply = alice.try_on(binding, session, idempotency_key=key, **wish)
            expect(reply).succeeds()
            for name in RESULT:
                if first.shows(name):
                    expect(reply).says(name, first[name])
            if wish:
                expect(alice.try_on(binding, session, idempotency_key=key, **other)).is_refused()
        if target.contract.identity.kind != "none":
            expect(bob.try_on(binding, session, idempotency_key=key)).is_foreign()
        for caller in (alice, bob) if target.contract.identity.kind != "none" else (alice,):
            if numbers.times > 1:
                has_an_effect(binding, caller, key, wish if caller is alice else payload(binding, caller), expect)
        expect(reply).is_as_before(changes(alice, session, before), "the session in which it was done once")


def has_an_effect(binding: Binding, caller: Caller, key: str, wish: dict[str, Any], expect: Expect) -> None:
    """In a session of its own the request is carried out, whatever was done elsewhere under the same key."""
    session = caller.has_session()
    before = snapshot(caller, session)
    reply = expect(caller.try_on(binding, session, idempotency_key=key, **wish)).succeeds()
    done = bool(differences(before, snapshot(caller, session)))
    expect.that(done, expected="an effect in a session that doesn't know the key", seen="none", reply=reply)


@requirement("LIF-05")
def a_key_opens_no_deleted_session(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    for binding in keyed(on_a_session(target)) if numbers.times > 1 else ():
        session, key, wish = alice.has_session(), a_key(), payload(binding, alice)
        alice.arranged(alice.try_on(binding, session, idempotency_key=key, **wish), binding.operation)
        alice.arranged(alice.delete(session), "delete")
        expect(alice.try_on(binding, session, idempotency_key=key, **wish)).is_gone()


def keyed(bindings: Sequence[Binding]) -> list[Binding]:
    """Those of the operations that take an idempotency key. Raises NotDeclared where none does."""
    found = [binding for binding in bindings if "idempotency_key" in binding.sends]
    if not found:
        raise NotDeclared("none of these operations takes an idempotency key")
    return found


def on_a_session(target: Run) -> tuple[Binding, ...]:
    return target.on_session(writes=True, leave_out=["delete"])


def a_key() -> str:
    """Of the form that every server takes, and of nobody in particular."""
    return str(uuid4())


def payload(binding: Binding, caller: Caller) -> dict[str, Any]:
    """What the request says, as far as it can say one thing or another."""
    said = {name: caller.text(name) for name in ("content", "question", "title")}
    sent: dict[str, Any] = {**said, "file": ("notes.txt", caller.text("in a file").encode())}
    return {name: value for name, value in sent.items() if name in binding.sends}


def mine(caller: Caller) -> set[str] | None:
    """The ids that the caller's own list shows; None without such a list."""
    contract = caller.run.contract
    listable = contract.has("list") and contract.list_scope != "all"
    return set(map(str, listed(caller).values("session"))) if listable else None
