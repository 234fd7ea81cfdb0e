"""After the end: an expired session stays dead, disappears from lists, and takes what was in it along."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import case_ids, files
from sessionproof.expect import Expect
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.timed import Lives

requirement = pytest.mark.requirement


@requirement("EXP-08")
def nothing_revives_an_expired_session(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    resumes = "resume" in target.contract.capabilities

    def probe(which: tuple[Binding, float]) -> None:
        binding, moment = which
        client = alice.another_client()
        named: dict[str, Any] = {"client": client} if resumes else {}
        session, life = lives.born(alice, **named)
        life.over() if moment <= 1.0 else life.at(moment)
        reply = alice.call(binding, client=client) if binding.operation == "create" else alice.try_on(binding, session)
        if binding.operation == "create":
            expect(reply).makes_new(session)
        for _ in range(2):
            expect(alice.read(session)).is_gone_after(life)
        if target.contract.has("list") and target.contract.list_scope != "all":
            seen = listed(alice)
            expect.that(session not in seen.values("session"), expected="not listed", seen=session, reply=seen.last)
        if resumes:
            expect(alice.create(client=client)).says_other_than("session", session)

    bindings = [*target.contract.on_session(leave_out=["delete"]), *(target.contract.all("create") if resumes else ())]
    lives.together(probe, [(binding, moment) for binding in bindings for moment in (1.0, 1.7)])


@requirement("RES-07")
def a_client_id_of_an_expired_session_starts_anew(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def probe(resumed_half_way: bool) -> None:
        client, secret = alice.another_client(), alice.text("before the end")
        session, life = lives.born(alice, client=client, title=secret, metadata={"m": secret})
        if target.contract.takes_words:
            alice.has_told(session, secret)
            life = life.perhaps_renewed(target.transcript[-1])
        if resumed_half_way:
            life.at(0.5)
            again = alice.create(client=client)
            if not expect(again).came_within(life):
                return
            life = life.perhaps_renewed(expect(again).resumes(session))
        life.over()
        reply = alice.create(client=client)
        if not life.was_over_before(reply):
            expect.leave_undecided()
            return
        if target.contract.resume_expired == "gone":
            expect(reply).is_gone()
            return
        expect(reply).makes_new(session)
        reads = (alice.try_on(binding, reply.session) for binding in target.contract.on_session(writes=False))
        for shown in (reply, *reads):
            expect(shown).lacks(secret, "the expired session")
        expect(alice.read(session)).is_gone()
        again = alice.create(client=client)
        if expect(again).came_within(life.renewed(reply)):
            expect(again).resumes(reply.session)

    lives.together(probe, (False, True))


@requirement("EXP-09")
def lists_follow_the_ends_of_lives(new_caller: Any, expect: Expect, lives: Lives, target: Run) -> None:
    names = target.contract.life.refreshed_by
    refreshing = [one for name in names for one in target.contract.all(name) if one.on_session]
    lists_refresh = "list" in names or "read" in names

    def probe(kept_alive: bool) -> None:
        caller = new_caller("lister")
        mine = [lives.born(caller) for _ in range(3)]
        session, life = lives.born(caller)
        if kept_alive:
            for _ in range(2):
                life.at(LATE)
                reply = expect(caller.try_on(refreshing[0], session)).works_within(life)
                if not reply.ok:
                    return
                life = life.renewed(reply)
            life.at(0.4)
        else:
            life.over()
        seen = listed(caller)
        over = [one for one, its in mine if its.was_over_before(seen.replies[0])]
        own = [one for one in map(str, seen.values("session")) if one in over or one == session]
        if kept_alive and life.lasts_beyond(seen.last):
            expect(seen.last).holds_exactly([session], own, "living sessions listed")
        elif not kept_alive and life.was_over_before(seen.replies[0]):
            expect(seen.last).holds_exactly([], own, "expired sessions listed")
        else:
            expect.leave_undecided()
        for total in seen.totals if target.contract.list_scope != "all" else ():
            entries = len(seen.values("session"))
            expect.that(total == entries, expected=f"a total of {entries}", seen=repr(total), reply=seen.last)

    ways = [False, True] if refreshing and not lists_refresh else [False]
    lives.together(probe, ways)


LATE = 0.8


@requirement("EXP-11")
def what_was_in_an_expired_session_is_out_of_reach(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    contract = target.contract

    def probe(_: None) -> None:
        client = alice.another_client()
        resumes: dict[str, Any] = {"client": client} if "resume" in contract.capabilities else {}
        secret = alice.text("in the expired session")
        session, life = lives.born(alice, **resumes)
        life = life.perhaps_renewed(alice.has_uploaded(session, "kept.txt", secret.encode()))
        if contract.takes_words:
            alice.has_told(session, secret)
        held: dict[str, Any] = (
            {"upload": (files(alice, session) or [{}])[-1].get("upload", ABSENT)} if contract.lists_files else {}
        )
        if contract.has("case_history"):
            held["case"] = (case_ids(alice, session) or [ABSENT])[-1]
        life = life.perhaps_renewed(target.transcript[-1])
        held = {name: value for name, value in held.items() if value is not ABSENT}
        life.over()
        after = alice.has_session(**resumes)
        children = [one for one in contract.bindings if {"upload", "case"} & set(one.sends) and "session" in one.sends]
        for binding in (*contract.on_session(writes=False), *children):
            gone = expect(alice.call(binding, session, **held)).is_gone_after(life)
            expect(gone).lacks(secret, "what was in it")
            if binding in children and not (contract.case_lifetime == "user" and "case" in binding.sends):
                expect(alice.call(binding, after, **held)).is_unreachable()
            elif binding not in children:
                expect(alice.try_on(binding, after)).lacks(secret, "what was in the expired session")
        if contract.has("query"):
            expect(alice.ask(after, alice.text("what do you know?"))).lacks(secret, "what was in the expired session")
        if not resumes and not children:
            expect.observe("a new session can't be told to follow the expired one: nothing is resumed here")

    lives.together(probe, [None])
