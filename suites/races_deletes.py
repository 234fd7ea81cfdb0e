"""A delete beside whatever is under way: once it is acknowledged, nothing of the session comes back."""

from __future__ import annotations

import random
from functools import partial
from secrets import token_hex

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.expect import Expect
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("CON-02")
def an_acknowledged_delete_beats_what_is_under_way(
    alice: Caller, expect: Expect, bursts: Bursts, chance: random.Random, target: Run
) -> None:
    contract = target.contract
    resumes = "resume" in contract.capabilities
    writes = contract.on_session(writes=True, leave_out=["delete"])
    for burst in bursts:
        client = f"client-{alice.actor.marker}-{token_hex(4)}"
        session = alice.has_session(client=client) if resumes else alice.has_session()
        of_one_kind = [writes[burst.number % len(writes)]] * 2 if writes else []
        others = chance.sample(writes, min(len(writes), burst.width - 2)) if burst.number % 2 else of_one_kind
        works = [partial(alice.try_on, binding, session) for binding in (*of_one_kind, *others)]
        resuming = [partial(alice.create, client=client)] if resumes and (burst.number % 3 == 0 or not works) else []
        before = chance.randrange(len(works) + 1)
        replies = burst(*works[:before], partial(alice.delete, session), *works[before:], *resuming)
        deleted = replies[before]
        if deleted.lost_a_race or deleted.status is None:
            expect.leave_undecided()
            continue
        expect(deleted).succeeds()
        for reply in replies:
            if reply.began > deleted.ended and reply.request.session:
                expect(reply).is_gone()
        stays_gone(session, alice, expect, target)
        if resumes:
            again = expect(alice.create(client=client)).succeeds()
            expect(again).says_other_than("session", session)
            stays_gone(session, alice, expect, target)
            alice.arranged(alice.delete(again.session), "delete")


def stays_gone(session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """No read, and no list, shows the session."""
    reads: list[Reply] = [caller.read(session)]
    if target.contract.has("messages"):
        reads.append(caller.call("messages", session))
    for reply in reads:
        expect(reply).is_gone()
    if target.contract.has("list"):
        pages = listed(caller)
        there = session in map(str, pages.values("session"))
        expect.that(not there, expected="a list without the deleted session", seen=session, reply=pages.last)
