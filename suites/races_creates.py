"""Creates at the same moment: one client has one session, however many tabs ask for it at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from secrets import token_hex

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import already_there, listed
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("RES-06")
def creates_at_once_lead_to_one_session(alice: Caller, expect: Expect, bursts: Bursts, target: Run) -> None:
    before = set(already_there(alice))
    for burst in bursts:
        client = f"{alice.client}-{burst.number}"
        if burst.number % 3 == 2 and target.contract.has("delete"):
            alice.arranged(alice.delete(alice.has_session(client=client)), "delete")
        creates = 2 if burst.number % 4 == 3 else burst.width
        replies = burst(*[partial(alice.create, client=client)] * creates)
        session = the_one_session(replies, expect)
        expect(alice.create(client=client)).resumes(session)
        if target.contract.has("list") and target.contract.list_scope != "all":
            pages = listed(alice)
            found = set(map(str, pages.values("session"))) - before
            expect(pages.last).holds_exactly([session], found, "sessions of this client in the list")
        if target.contract.has("delete"):
            alice.arranged(alice.delete(session), "delete")
        else:
            before.add(session)


@requirement("RES-05")
def one_client_id_of_two_users_at_once_leads_to_two_sessions(
    alice: Caller, bob: Caller, expect: Expect, bursts: Bursts, target: Run
) -> None:
    if not target.contract.resumes_by_user:
        raise NotDeclared("sessions are declared to be resumed by the client id alone")
    for burst in bursts:
        client = f"shared-{token_hex(6)}"
        callers = [(alice, bob)[number % 2] for number in range(max(4, burst.width))]
        replies = burst(*[partial(caller.create, client=client) for caller in callers])
        sessions = [the_one_session([*replies[first::2]], expect) for first in (0, 1)]
        for reply in replies:
            expect(reply).leaks_nothing()
        expect.that(
            sessions[0] != sessions[1],
            expected="a session for each of two users with one client id",
            seen=f"{sessions[0]} for both",
            reply=replies[-1],
        )
        for caller, session in zip((alice, bob), sessions, strict=True):
            expect(caller.create(client=client)).resumes(session)
            if target.contract.has("delete"):
                caller.arranged(caller.delete(session), "delete")


def the_one_session(replies: Sequence[Reply], expect: Expect) -> str:
    """The session that all creates of one client name, those aside that a conflict turned away; one of them is new."""
    made = [expect(reply).succeeds() for reply in replies if not (reply.lost_a_race or reply.status is None)]
    expect.that(bool(made), expected="one of the creates to succeed", seen="none", reply=replies[-1])
    sessions = sorted({reply.session for reply in made})
    expect.that(
        len(sessions) == 1,
        expected=f"one session for {len(made)} creates of one client at the same moment",
        seen=", ".join(sessions),
        reply=next(reply for reply in reversed(made) if reply.session != made[0].session) if sessions[1:] else made[-1],
    )
    new = [reply for reply in made if reply.resumed is False]
    expect.that(
        len(new) <= 1 or not all(reply.shows("resumed") for reply in made),
        expected="at most one of the creates to call the session new",
        seen=f"{len(new)} of {len(made)}",
        reply=new[-1] if new else made[-1],
    )
    return sessions[0]
