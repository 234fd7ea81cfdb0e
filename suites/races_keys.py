"""One request sent several times at once under its idempotency key: it is done once, and all are told the same."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import already_there, listed
from sessionproof.run import Run
from sessionproof.state import snapshot
from sessionproof.wire import Reply

requirement = pytest.mark.requirement

RESULT = ("session", "message", "case", "upload", "content", "question", "answer")  # never change once they are given


@requirement("MSG-11")
def a_request_sent_at_once_under_one_key_is_done_once(
    alice: Caller, expect: Expect, bursts: Bursts, target: Run
) -> None:
    keyed = [one for one in target.on_session(writes=True, leave_out=["delete"]) if "idempotency_key" in one.sends]
    if not keyed:
        raise NotDeclared("none of these operations takes an idempotency key")
    for burst in bursts:
        binding = keyed[burst.number % len(keyed)]
        session, twin, key, wish = alice.has_session(), alice.has_session(), str(uuid4()), payload(binding, alice)
        replies = burst(*[partial(alice.try_on, binding, session, idempotency_key=key, **wish)] * burst.width)
        tells_the_same(replies, expect)
        alice.arranged(alice.try_on(binding, twin, **wish), binding.operation)
        once, several = (entries(snapshot(alice, one)) for one in (twin, session))
        expect.that(
            once == several,
            expected=f"what one {binding.operation} leaves: {once}",
            seen=f"after {len(replies)} at once under one key: {several}",
            reply=target.transcript[-1],
        )


@requirement("MSG-11")
def a_create_sent_at_once_under_one_key_makes_one_session(
    alice: Caller, expect: Expect, bursts: Bursts, target: Run
) -> None:
    keyed = [one for one in target.bindings("create") if "idempotency_key" in one.sends]
    if not keyed:
        raise NotDeclared("a create takes no idempotency key")
    before = set(already_there(alice))
    for burst in bursts:
        binding, key = keyed[burst.number % len(keyed)], str(uuid4())
        replies = burst(*[partial(alice.call, binding, idempotency_key=key)] * burst.width)
        made = tells_the_same(replies, expect)
        if target.contract.has("list") and target.contract.list_scope != "all":
            pages = listed(alice)
            expect(pages.last).holds_exactly({*before, made.session}, set(pages.values("session")), "sessions")
        before.add(made.session)


def tells_the_same(replies: list[Reply], expect: Expect) -> Reply:
    """The answers that aren't refused for the race are one result. Returns one of them."""
    done = [expect(reply).succeeds() for reply in replies if not (reply.lost_a_race or reply.status is None)]
    expect.that(bool(done), expected="one of the requests to be done", seen="none", reply=replies[-1])
    for reply in done[1:]:
        for name in RESULT:
            if reply.shows(name):
                expect(reply).says(name, done[0][name])
    return done[0]


def payload(binding: Binding, caller: Caller) -> dict[str, Any]:
    said = {name: caller.text(name) for name in ("content", "question", "title")}
    sent: dict[str, Any] = {**said, "file": ("notes.txt", caller.text("in a file").encode())}
    return {name: value for name, value in sent.items() if name in binding.sends}


def entries(state: dict[str, Any]) -> dict[str, int]:
    """How many entries each list of a session's has."""
    return {name: len(value) for name, value in state.items() if isinstance(value, list)}
