"""Guests: where callers without an identity are let in, they are a user of their own and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex

import pytest

from sessionproof.caller import Caller
from sessionproof.dialogue import said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.state import changes, snapshot
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("ISO-05")
def guests_reach_no_session_of_a_user(
    alice: Caller,
    nobody: Caller,
    stranger: Callable[[str], Caller],
    expect: Expect,
    numbers: Numbers,
    target: Run,
) -> None:
    guests_are_declared(target)
    client = f"shared-{token_hex(6)}"
    session = alice.has_session(client=client, title=alice.text("title"))
    if target.contract.takes_words:
        alice.has_said(session, alice.text("said"))
    before = snapshot(alice, session, moving=True)
    for binding in target.on_session():
        for _ in range(numbers.times):
            reply = expect(nobody.try_on(binding, session)).is_foreign()
            expect(reply).is_as_before(changes(alice, session, before, moving=True), "alice's session")
        expect(stranger("").try_on(binding, session)).is_refused()
    if target.contract.identity.by_token:
        forged = stranger("a-token-that-nobody-was-given")
        for binding in numbers.some(target.on_session()):
            expect(forged.try_on(binding, session)).is_without_identity()
    if target.contract.resumes_by_user:
        expect(nobody.create(client=client)).makes_new(session)
    expect(alice.read(session)).succeeds()
    expect(reply).is_as_before(changes(alice, session, before, moving=True), "alice's session")


@requirement("ISO-05")
def guests_have_sessions_that_no_user_sees(alice: Caller, nobody: Caller, expect: Expect, target: Run) -> None:
    guests_are_declared(target)
    contract = target.contract
    secret = nobody.text("said by a guest")
    session = expect(nobody.create(client=f"guest-{nobody.actor.marker}")).makes_new().session
    expect(nobody.read(session)).succeeds()
    if contract.takes_words:
        nobody.has_said(session, secret)
    if contract.recalls:
        seen = said_in(nobody, session)
        expect(target.transcript[-1]).holds_exactly([secret], map(str, seen), "messages of the guest")
    for binding in target.on_session():
        expect(alice.try_on(binding, session)).is_foreign()
    if contract.has("list") and contract.list_scope != "all":
        alices = alice.has_session()
        is_listed(session, nobody, expect, others=[alices])
        is_listed(alices, alice, expect, others=[session])
    expect(nobody.read(session)).succeeds()


def is_listed(session: str, caller: Caller, expect: Expect, *, others: list[str]) -> Reply:
    """The caller's list has this session, and none of the others."""
    pages = listed(caller)
    for reply in pages.replies:
        expect(reply).leaks_nothing()
    shown = [found for found in map(str, pages.values("session")) if found in (session, *others)]
    return expect(pages.last).holds_exactly([session], shown, f"of {caller.name}")


def guests_are_declared(target: Run) -> None:
    if not target.contract.identity.guests:
        raise NotDeclared("the contract lets nobody in without an identity")
