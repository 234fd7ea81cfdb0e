"""Many users at the same moment over a few connections that all of them use, as behind a gateway."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.plugin.fixtures import NewCaller
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("CON-01")
def every_answer_is_about_the_one_who_asked(
    new_caller: NewCaller, newcomer: Callable[[], Caller], expect: Expect, bursts: Bursts, numbers: Numbers, target: Run
) -> None:
    callers = crowd(new_caller, newcomer, numbers, target)
    sessions = [caller.has_session() for caller in callers]
    for burst in bursts.by(connections=max(2, len(callers) // 2)):
        works = [partial(uses, *pair, burst.number) for pair in zip(callers, sessions, strict=True)]
        for caller, session, replies in zip(callers, sessions, burst(*works), strict=True):
            for reply in replies:
                is_about(caller, session, reply, expect)


def crowd(new_caller: NewCaller, newcomer: Callable[[], Caller], numbers: Numbers, target: Run) -> list[Caller]:
    """Some users; where they are given and not invented, those that were given, or the one that there is."""
    size = numbers.races.width + (numbers.times > 1)
    if target.invents_users or target.contract.identity.kind == "none":
        return [newcomer() for _ in range(size)]
    given = [user.name for user in target.users][:size]
    return [new_caller(given[place % len(given)]) for place in range(size)] if given else [newcomer()] * size


def uses(caller: Caller, session: str, number: int) -> list[Reply]:
    """What one user does, one after the other, each time beginning with another call: looks around, says something."""
    contract = caller.run.contract
    calls: list[Callable[[], Reply]] = [partial(caller.read, session)]
    if contract.has("list") and contract.list_scope != "all":
        calls.insert(0, caller.list)
    if contract.has("query"):
        calls.append(partial(caller.ask, session, caller.text("why?")))
    elif contract.has("add_message"):
        calls.append(partial(caller.say, session, caller.text("so")))
    if contract.has("messages"):
        calls.append(partial(caller.conversation, session))
    first = number % len(calls)
    return [call() for call in (*calls[first:], *calls[:first])]


def is_about(caller: Caller, session: str, reply: Reply, expect: Expect) -> None:
    """The answer is to this user's own call, about this user's own session, and shows nothing of another's."""
    if reply.lost_a_race or reply.status is None:
        expect.leave_undecided()
        return
    expect(reply).succeeds()
    expect(reply).leaks_nothing()
    operation = reply.request.binding.operation
    if reply.session:
        expect(reply).says("session", session)
    for name in ("content", "question"):
        if reply.shows(name) and reply[name] is not ABSENT:
            expect(reply).says(name, reply.request.values[name])
    if operation == "query" and reply.contract.assistant == "echo":
        expect(reply).contains(str(reply.request.values["question"]), "the question itself")
    user = reply["user"]
    if reply.shows("user") and caller.run.invents_users and caller.run.contract.identity.kind in ("header", "query"):
        expect.that(user in (ABSENT, caller.user), expected=f"user {caller.user}", seen=str(user), reply=reply)
