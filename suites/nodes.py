"""Several nodes are one: what any acknowledged, all show; what ended on one, ended; a restart changes nothing."""

from __future__ import annotations

from functools import partial

import pytest

from sessionproof.burst import at_once
from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.timed import Lives

requirement = pytest.mark.requirement

AT_ONCE = 3  # creates at each node


def others(node: str, target: Run) -> list[str]:
    return [other for other in target.nodes if other != node]


@requirement("CON-08")
def what_one_node_acknowledged_all_show(alice: Caller, expect: Expect, target: Run) -> None:
    for here in target.nodes:
        for there in others(here, target):
            shows(alice.at(there))  # a node may keep the list that it has shown
        session = alice.at(here).has_session(client=alice.another_client(), title=alice.text("title"))
        for there in others(here, target):
            lists_it(alice.at(there), session, expect)
            is_as_on(alice.at(here), alice.at(there), session, expect)
        for binding in target.on_session(writes=True, leave_out=["delete"]):
            expect(alice.at(here).try_on(binding, session)).succeeds()
            for there in others(here, target):
                is_as_on(alice.at(here), alice.at(there), session, expect)


def shows(caller: Caller) -> list[str]:
    """The sessions in the caller's list; none where there is no list."""
    return list(map(str, listed(caller).values("session"))) if caller.run.contract.has("list") else []


def is_as_on(here: Caller, there: Caller, session: str, expect: Expect) -> None:
    """Both see the same of the session."""
    first = expect(there.read(session)).succeeds()
    theirs = snapshot(there, session)
    unlike = differences(snapshot(here, session), theirs)
    words = f"{there.node} to show what {here.node} shows"
    expect.that(not unlike, expected=words, seen="; ".join(unlike[:3]), reply=first, shows_later=True)


def lists_it(caller: Caller, session: str, expect: Expect) -> None:
    if caller.run.contract.has("list"):
        seen = shows(caller)
        words = f"a session of another node in the list of {caller.node}"
        expect.that(session in seen, expected=words, seen=f"{len(seen)} others", reply=caller.run.transcript[-1])


@requirement("CON-08")
def a_change_on_each_node_in_turn_is_lost_on_none(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    contract = target.contract
    shown = contract.has("update") and "title" in contract.first("update").sends
    if not shown or "title" not in contract.first("read").returns:
        raise NotDeclared("the contract has no update of a title that a read shows")
    session = alice.has_session()
    for node in target.nodes * numbers.times:
        title = alice.text("title")
        expect(alice.at(node).update(session, title=title)).succeeds()
        for there in others(node, target):
            expect(alice.at(there).read(session)).says("title", title)


@requirement("CON-08")
def a_delete_holds_on_every_node(alice: Caller, expect: Expect, target: Run) -> None:
    if not target.contract.has("delete"):
        raise NotDeclared("the contract has no delete")
    resumes = "resume" in target.contract.capabilities
    for here in target.nodes:
        client = alice.another_client()
        session = alice.at(here).has_session(client=client)
        for there in others(here, target):
            snapshot(alice.at(there), session)  # a node may keep what it has shown
        expect(alice.at(here).delete(session)).succeeds()
        for there in others(here, target):
            for binding in target.on_session(leave_out=["delete"]):
                expect(alice.at(there).try_on(binding, session)).is_gone()
            seen = shows(alice.at(there))
            expect.that(session not in seen, expected="not listed", seen=session, reply=alice.run.transcript[-1])
            if resumes:
                expect(alice.at(there).create(client=client)).says_other_than("session", session)


@requirement("CON-08")
def a_client_id_resumes_one_session_on_every_node(alice: Caller, expect: Expect, target: Run) -> None:
    if "resume" not in target.contract.capabilities:
        raise NotDeclared("the contract resumes no session")
    for here in target.nodes:
        client, dead = alice.another_client(), list[str]()
        for ends in (*target.nodes, ""):
            session = expect(alice.at(here).create(client=client)).makes_new(*dead).session
            for there in (*others(here, target), here):
                expect(alice.at(there).create(client=client)).resumes(session)
            if not target.contract.has("delete") or not ends:
                break
            alice.arranged(alice.at(ends).delete(session), "delete")
            dead.append(session)


@requirement("CON-08")
def creates_at_once_on_different_nodes_lead_to_one_session(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if "resume" not in target.contract.capabilities:
        raise NotDeclared("the contract resumes no session")
    for _ in range(numbers.times**3):
        client = alice.another_client()
        replies = at_once([partial(alice.at(node).create, client=client) for node in target.nodes * AT_ONCE])
        session = alice.arranged(next((reply for reply in replies if reply.ok), replies[0]), "create").session
        for reply in replies:
            if reply.ok:
                expect(reply).says("session", session)
        for node in target.nodes:
            expect(alice.at(node).create(client=client)).says("session", session)


@requirement("CON-08")
def an_end_holds_on_every_node(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    resumes = "resume" in target.contract.capabilities

    def probe(which: tuple[str, bool]) -> None:
        here, until_shortly_before = which
        client = alice.another_client()
        session, life = lives.born(alice.at(here), client=client)
        if until_shortly_before:
            life.nearly_over()
            for there in others(here, target):
                expect(alice.at(there).read(session)).works_within(life)
            return
        for there in others(here, target):
            life = life.perhaps_renewed(expect(alice.at(there).read(session)).succeeds())
        life.over()
        for there in target.nodes:
            expect(alice.at(there).read(session)).is_gone_after(life)
            if resumes and target.contract.resume_expired != "gone":
                expect(alice.at(there).create(client=client)).says_other_than("session", session)

    lives.together(probe, [(node, before) for before in (True, False) for node in target.nodes])


@requirement("CON-08")
def what_renews_a_life_on_one_node_renews_it_on_all(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    names = target.contract.life.refreshed_by
    renewing = [one for name in names for one in target.contract.all(name) if one.on_session]
    if not renewing:
        raise NotDeclared("nothing is declared to renew a life")

    def probe(which: tuple[str, Binding]) -> None:
        here, binding = which
        session, life = lives.born(alice.at(here))
        for there in others(here, target):
            life = life.perhaps_renewed(expect(alice.at(there).read(session)).succeeds())
        life.at(0.7)
        renewed = life.renewed(expect(alice.at(here).try_on(binding, session)).works_within(life))
        life.at(1.4)
        for there in others(here, target):
            expect(alice.at(there).read(session)).works_within(renewed)

    lives.together(probe, [(node, binding) for binding in renewing for node in target.nodes])


@requirement("CON-08")
def a_restart_keeps_sessions(alice: Caller, expect: Expect, target: Run) -> None:
    resumes, deletes = "resume" in target.contract.capabilities, target.contract.has("delete")
    session, deleted = alice.has_session(client=alice.client, title=alice.text("title")), alice.has_session()
    if target.contract.takes_words:
        alice.has_told(session, alice.text("before the restart"))
    if "uploads" in target.contract.capabilities:
        alice.has_uploaded(session, "kept.txt", alice.text("in a file").encode())
    if deletes:
        alice.arranged(alice.delete(deleted), "delete")
    before = snapshot(alice, session, moving=True)
    target.disturbance.restart()
    for node in target.nodes:
        lists_it(alice.at(node), session, expect)
        unlike = changes(alice.at(node), session, before, moving=True)
        words = f"{node} to show the session as before the restart"
        expect.that(not unlike, expected=words, seen="; ".join(unlike[:3]), reply=target.transcript[-1])
        if deletes:
            expect(alice.at(node).read(deleted)).is_gone()
    for node in target.nodes if resumes else ():
        expect(alice.at(node).create(client=alice.client)).resumes(session)


@requirement("CON-08")
def a_restart_neither_ends_nor_prolongs_a_life(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    reading_may_renew = "read" not in target.contract.life.not_refreshed_by
    born = [lives.born(alice) for _ in range(2)]
    born[0][1].at(0.5)
    target.disturbance.restart()

    def probe(number: int) -> None:
        session, life = born[number]
        for node in target.nodes:
            asked = expect(alice.at(node).read(session)).works_within(life)
            life = life.perhaps_renewed(asked) if reading_may_renew else life
        life.over() if number else life.nearly_over()
        for node in target.nodes:
            seen = expect(alice.at(node).read(session))
            seen.is_gone_after(life) if number else seen.works_within(life)

    lives.together(probe, range(2))
