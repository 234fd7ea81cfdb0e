"""A delete beside whatever is under way: once it is acknowledged, nothing of the session comes back."""

from __future__ import annotations

import random
from collections.abc import Callable
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
    resumes = "resume" in target.contract.capabilities
    writes = target.contract.on_session(writes=True, leave_out=["delete"])
    for burst in bursts.longer(2):
        client = f"client-{alice.actor.marker}-{token_hex(4)}"
        session = alice.has_session(client=client) if resumes else alice.has_session()
        kinds: list[Callable[[], Reply]] = [partial(alice.try_on, binding, session) for binding in writes]
        kinds += [partial(alice.create, client=client)] * resumes
        works = [kinds[burst.number % len(kinds)]] * (burst.width - 1) if kinds else []
        if burst.number % 2 and works:
            works[1:] = chance.sample(kinds, min(len(kinds), burst.width - 2))
        before = chance.randint(min(1, len(works)), len(works))
        replies = burst(*works[:before], partial(alice.delete, session), *works[before:])
        deleted = replies[before]
        if deleted.lost_a_race or deleted.status is None:
            expect.leave_undecided()
            continue
        expect(deleted).succeeds()
        for reply in replies:
            if reply.began > deleted.ended and reply.request.session:
                expect(reply).is_gone()
        expect(alice.read(session)).is_gone()
        if resumes:
            again = expect(alice.create(client=client)).succeeds()
            expect(again).says_other_than("session", session)
            alice.arranged(alice.delete(again.session), "delete")
        stays_gone(session, alice, expect, target)


def stays_gone(session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """Neither its conversation nor a list shows the session."""
    expect(caller.conversation(session)).is_gone()
    if target.contract.has("list"):
        pages = listed(caller)
        there = session in map(str, pages.values("session"))
        expect.that(not there, expected="a list without the deleted session", seen=session, reply=pages.last)
