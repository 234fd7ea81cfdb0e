"""An outage of the session store is told as one: no session is said to be gone, and afterwards each is what it was."""

from __future__ import annotations

import time

import pytest

from sessionproof.caller import Caller
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.run import Run
from sessionproof.state import MOVING, changes, differences, shown_by, snapshot
from sessionproof.wire import Reply

requirement = pytest.mark.requirement

BACK_WITHIN = 15.0  # seconds for the target to find its store again
PAUSE = 0.2  # seconds between two looks whether it has


@requirement("SEC-06")
def an_outage_ends_and_changes_no_session(alice: Caller, expect: Expect, target: Run) -> None:
    kept, used = alice.has_session(client=alice.client, title=alice.text("title")), alice.has_session()
    if target.contract.takes_words:
        alice.has_told(kept, alice.text("before the outage"))
    at_each = [alice.at(node) for node in target.nodes or ("",)]
    for caller in at_each:  # a process may keep what it has read
        expect(caller.read(used)).succeeds()
    before, shown = snapshot(alice, kept), looks(alice, kept)
    with target.disturbance.outage():
        felt = [is_unavailable_or_the_same(*pair, expect) for pair in zip(shown, looks(alice, kept), strict=True)]
        if not any(felt):
            raise Unproven("the store was stopped, and nothing that reads a session failed; does --stop-store stop it?")
        for binding in target.on_session(writes=True, leave_out=["delete"]):
            expect(alice.try_on(binding, used)).is_unavailable()
    wait_until_back(alice, kept)
    unlike = changes(alice, kept, before)
    words = "the session to be as before the outage"
    expect.that(not unlike, expected=words, seen="; ".join(unlike[:3]), reply=target.transcript[-1])
    for caller in at_each:
        expect(caller.read(used)).succeeds()
        if "resume" in target.contract.capabilities:
            expect(caller.create(client=alice.client)).resumes(kept)


@requirement("SEC-06")
def an_outage_lets_no_client_lose_its_session(alice: Caller, expect: Expect, target: Run) -> None:
    if "resume" not in target.contract.capabilities:
        raise NotDeclared("the contract resumes no session")
    session = alice.has_session(client=alice.client)
    with target.disturbance.outage():
        resumed = alice.create(client=alice.client)
        if resumed.ok:
            expect(resumed).resumes(session)
        else:
            expect(resumed).is_unavailable()
    wait_until_back(alice, session)
    expect(alice.create(client=alice.client)).resumes(session)


@requirement("SEC-06")
def an_outage_swallows_no_delete(alice: Caller, expect: Expect, target: Run) -> None:
    if not target.contract.has("delete"):
        raise NotDeclared("the contract has no delete")
    session, kept = alice.has_session(), alice.has_session()
    with target.disturbance.outage():
        deleted = alice.delete(session)
        if not deleted.ok:
            expect(deleted).is_unavailable()
    wait_until_back(alice, kept)
    if deleted.ok:
        expect(alice.read(session)).is_gone()


def looks(caller: Caller, session: str) -> list[Reply]:
    """What each route that reads the session says of it, and the list."""
    replies = [caller.try_on(binding, session) for binding in caller.run.on_session(writes=False)]
    return [*replies, caller.list()] if caller.run.contract.has("list") else replies


def is_unavailable_or_the_same(before: Reply, now: Reply, expect: Expect) -> bool:
    """Whether the look failed. One that succeeded, from a copy that is kept elsewhere, shows what it did before."""
    if not now.ok:
        expect(now).is_unavailable()
        return True
    unlike = differences(shown_by(before, MOVING, MOVING), shown_by(now, MOVING, MOVING))
    words = f"a failure of {now.request.binding.name}, or what it showed before the outage"
    expect.that(not unlike, expected=words, seen="; ".join(unlike[:3]), reply=now)
    return False


def wait_until_back(caller: Caller, session: str) -> None:
    """Return when the target answers as one whose store is there, or in time."""
    deadline = time.monotonic() + BACK_WITHIN
    while caller.read(session).is_unavailable and time.monotonic() < deadline:
        time.sleep(PAUSE)
