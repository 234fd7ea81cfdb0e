"""What starts a life anew: what is declared to, a whole life each time, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding, Contract
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.statuses import given_status, other_statuses
from sessionproof.timed import Life, Lives
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement

LATE = 0.8  # of a life: when it is touched, so that the old life's end and the new one's are far apart


def touched(binding: Binding, session: str, caller: Caller) -> Reply:
    """One call of `binding`: on the session or, for a create, with its client's id."""
    if binding.operation == "create":
        return caller.call(binding, client=session_client(session, caller))
    return caller.try_on(binding, session) if binding.on_session else caller.call(binding)


def session_client(session: str, caller: Caller) -> str:
    """The client id that `session` was made with."""
    made = next(reply for reply in caller.run.transcript if reply.session == session)
    return str(made.request.values.get("client", ""))


def born_for(binding: Binding, caller: Caller, lives: Lives) -> tuple[str, Life]:
    if binding.operation != "create":
        return lives.born(caller)
    return lives.born(caller, client=caller.another_client())


@requirement("EXP-06")
def a_heartbeat_gives_exactly_one_life(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def once_late(last_look_before_the_end: bool) -> None:
        session, life = lives.born(alice)
        if last_look_before_the_end and target.effort.numbers.times > 1:  # it isn't the first thing that happens to it
            for binding in target.contract.on_session(writes=True, leave_out=["delete", "heartbeat"]):
                life = life.perhaps_renewed(alice.arranged(alice.try_on(binding, session), binding.name))
        life.at(LATE)
        before = alice.read(session) if "read" in target.contract.life.not_refreshed_by else None
        beat = expect(alice.heartbeat(session)).works_within(life)
        renewed = life.renewed(beat)
        if before is not None:
            moves_activity(before, alice.read(session), expect)
        if last_look_before_the_end:
            renewed.nearly_over()
            expect(alice.read(session)).works_within(renewed)
        else:
            renewed.over()
            expect(alice.read(session)).is_gone_after(renewed)

    lives.together(once_late, (True, False))


def moves_activity(before: Reply, after: Reply, expect: Expect) -> None:
    first, then = before.instant("activity"), after.instant("activity")
    if before.ok and after.ok and first is not None and then is not None:
        moved = f"an activity later than {before['activity']}"
        expect.that(then > first, expected=moved, seen=str(after["activity"]), reply=after)


@requirement("EXP-06")
def heartbeats_don_t_add_up(alice: Caller, expect: Expect, lives: Lives) -> None:
    def beaten(pauses: tuple[float, ...]) -> None:
        session, life = lives.born(alice)
        for pause in pauses:
            if pause:
                life.at(pause)
            life = life.renewed(expect(alice.heartbeat(session)).works_within(life))
        life.over()
        expect(alice.read(session)).is_gone_after(life)

    lives.together(beaten, ((0.0,) * 10, (0.3, 0.3), (0.0, 0.5)))


@requirement("EXP-07")
def declared_activity_starts_the_life_anew(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    declared = [one for name in target.contract.life.refreshed_by for one in target.contract.all(name)]
    if not declared:
        raise NotDeclared("the contract names no operation that refreshes a life")

    def probe(which: tuple[Binding, bool, str]) -> None:
        binding, until_the_end, status = which
        session, life = born_for(binding, alice, lives)
        if status:
            given_status(session, status, alice)
            life = life.perhaps_renewed(target.transcript[-1])
        elif until_the_end:  # not only the first time
            for _ in range(2):
                alice.arranged(touched(binding, session, alice), binding.name)
        life.at(LATE)
        reply = touched(binding, session, alice)
        if status and (reply.refused or (binding.operation == "create" and reply.session != session)):
            return  # it may not be done to such a session, or makes another
        expect(reply).works_within(life)
        if not life.lasts_beyond(reply):
            return
        life = life.renewed(reply)
        if until_the_end:
            life.nearly_over()
            expect(alice.read(session)).works_within(life)
        else:
            life.over()
            expect(alice.read(session)).is_gone_after(life)

    statuses = other_statuses(target.contract) if target.effort.numbers.times > 1 else []
    ways = [(True, ""), (False, ""), *((True, status) for status in statuses)]
    lives.together(probe, [(binding, *way) for binding in declared for way in ways])


@requirement("EXP-07")
def what_is_declared_not_to_leaves_the_life_as_it_is(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    names = (*target.contract.life.not_refreshed_by, "health", "stats")
    bindings = [one for name in names for one in target.contract.all(name) if one.operation not in ("login", "delete")]
    if not bindings:
        raise NotDeclared("the contract names no operation that leaves a life as it is")

    def probe(binding: Binding) -> None:
        session, life = born_for(binding, alice, lives)
        if binding.operation == "messages" and target.contract.takes_words and target.effort.numbers.times > 1:
            alice.has_said(session, alice.text("one"), alice.text("two"))
            life = life.perhaps_renewed(target.transcript[-1])
        for moment in (0.5, LATE):
            life.at(moment)
            expect(touched(binding, session, alice)).works_within(life)
        if target.effort.numbers.times > 1 and has_pages(binding, target):
            read = listed(alice, binding.operation, session if binding.on_session else None, page=1)
            expect(read.last).works_within(life)
        life.over()
        expect(alice.read(session)).is_gone_after(life)

    lives.together(probe, bindings)


def has_pages(binding: Binding, target: Run) -> bool:
    """Whether it is a list of the caller's own in pages of any size."""
    everyones = binding.operation == "list" and target.contract.list_scope == "all"
    return "each" in binding.lists and "limit" in binding.sends and not everyones


@requirement("EXP-07")
def refused_calls_leave_the_life_as_it_is(
    alice: Caller, bob: Caller, nobody: Caller, expect: Expect, lives: Lives, target: Run
) -> None:
    bindings = [one for one in target.contract.on_session(writes=True) if one.operation != "delete"]
    malformed = Raw(content=b"{", content_type="application/json")
    ways: dict[str, Callable[[Binding, str], Reply]] = {
        "malformed": lambda binding, session: alice.try_on(binding, session, raw=malformed),
    }
    if target.contract.identity.kind != "none":
        ways["foreign"] = bob.try_on
        ways["without identity"] = nobody.try_on

    resumes = "resume" in target.contract.capabilities and target.effort.numbers.times > 1

    def probe(which: tuple[str, Binding]) -> None:
        way, binding = which
        named: dict[str, Any] = {"client": alice.another_client()} if resumes else {}
        session, life = lives.born(alice, **named)
        if resumes:
            life = life.perhaps_renewed(alice.arranged(alice.create(**named), "create"))
        life.at(LATE)
        if ways[way](binding, session).ok:
            return  # nothing was refused: another check's matter
        life.over()
        expect(alice.read(session)).is_gone_after(life)

    lives.together(probe, [(way, binding) for way in ways for binding in bindings])


@requirement("EXP-07")
def a_refused_status_leaves_the_life_as_it_is(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    contract = target.contract
    if not contract.has("update") or "status" not in contract.first("update").sends:
        raise NotDeclared("the contract has no status to set")

    def probe(which: tuple[str, str]) -> None:
        status, goal = which
        session, life = lives.born(alice)
        if status != contract.status_initial:
            life = life.perhaps_renewed(alice.arranged(alice.update(session, status=status), "update"))
        life.at(LATE)
        if alice.update(session, status=goal).ok:
            return  # another check's matter
        life.over()
        expect(alice.read(session)).is_gone_after(life)

    lives.together(probe, [(contract.status_initial, "zombie"), *undeclared_moves(contract)[:1]])


def undeclared_moves(contract: Contract) -> list[tuple[str, str]]:
    """A status that a new session can be given, and one that mustn't follow it."""
    statuses = {contract.status_initial, *contract.status_transitions} - {contract.status_deleted}
    first = (status for status in contract.status_transitions.get(contract.status_initial, ()) if status in statuses)
    return [
        (status, goal)
        for status in first
        for goal in sorted(statuses - {status, *contract.status_transitions.get(status, ())})
    ]


@requirement("EXP-07")
def what_is_not_declared_is_observed(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    life_ = target.contract.life
    said = {*life_.refreshed_by, *life_.not_refreshed_by, "delete", "login", "health", "stats"}
    undeclared = [one for one in target.contract.bindings if one.operation not in said and takes_part(one, target)]
    if not undeclared:
        raise NotDeclared("the contract says of every operation whether it refreshes a life")

    def probe(binding: Binding) -> None:
        session, life = born_for(binding, alice, lives)
        life.at(LATE)
        reply = touched(binding, session, alice)
        life.over()
        after = alice.read(session)
        if life.lasts_beyond(reply) and life.was_over_before(after):
            expect.observe(f"{binding.name} {'refreshes' if after.ok else 'does not refresh'} the life")

    lives.together(probe, undeclared)
    expect.exercised += 1


def takes_part(binding: Binding, target: Run) -> bool:
    """Whether it touches a session: it works on one, lists them all, or resumes one."""
    resumes = binding.operation == "create" and "resume" in target.contract.capabilities
    return binding.on_session or resumes or binding.operation == "list"


@requirement("EXP-10")
def an_absolute_life_ends_in_spite_of_activity(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    life_ = target.contract.life
    seconds = life_.absolute or (life_.default if life_.kind == "absolute" else None)
    if seconds is None:
        raise NotDeclared("the contract declares no absolute life")
    refreshing = [one for name in life_.refreshed_by for one in target.contract.all(name) if one.on_session]
    resumes = "resume" in target.contract.capabilities
    session, life = lives.lasting(alice, seconds, **({"client": alice.client} if resumes else {}))
    while (refreshing or resumes) and life.since + life.length > life.moments.clock.now() + lives.length * 0.6:
        life.moments.until(life.moments.clock.now() + lives.length * 0.5)
        if resumes and not life.lasts_beyond(alice.create(client=alice.client)):
            break
        if refreshing and not life.lasts_beyond(alice.try_on(refreshing[0], session)):
            break
    life.over()
    expect(alice.read(session)).is_gone_after(life)


@requirement("EXP-14")
def refreshing_one_session_leaves_the_others(
    alice: Caller, bob: Caller, expect: Expect, lives: Lives, target: Run
) -> None:
    names = target.contract.life.refreshed_by
    refreshing = [one for name in names for one in target.contract.all(name) if one.on_session]
    if not refreshing:
        raise NotDeclared("the contract names no operation that refreshes a life")

    def probe(binding: Binding) -> None:
        left = [lives.born(alice), lives.born(bob) if target.contract.identity.kind != "none" else lives.born(alice)]
        kept, its = lives.born(alice)
        left[0][1].at(LATE)
        reply = alice.try_on(binding, kept)
        if not expect(reply).came_within(its):
            return
        alice.arranged(reply, binding.name)
        for caller, (session, life) in zip((alice, bob), left, strict=True):
            life.over()
            expect(caller.read(session)).is_gone_after(life)

    lives.together(probe, refreshing)


@requirement("EXP-14")
def ending_one_session_leaves_the_others(alice: Caller, bob: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def probe(caller: Caller) -> None:
        lives.born(caller)
        session, life = lives.born(caller)
        life.at(0.5)
        if target.contract.has("delete"):
            caller.arranged(caller.delete(caller.has_session()), "delete")
        life.nearly_over()
        expect(caller.read(session)).works_within(life)

    lives.together(probe, [alice, bob] if target.contract.identity.kind != "none" else [alice])


@requirement("EXP-14")
def whatever_is_done_a_session_still_ends(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    bindings = [one for one in target.contract.on_session() if one.operation != "delete"]

    def probe(binding: Binding) -> None:
        session, life = lives.born(alice)
        reply = alice.try_on(binding, session)
        if not expect(reply).came_within(life):
            return
        life = life.perhaps_renewed(alice.arranged(reply, binding.name))
        life.over()
        expect(alice.read(session)).is_gone_after(life)

    lives.together(probe, bindings)


@requirement("CON-03")
def at_the_edge_an_acknowledged_heartbeat_means_a_new_life(alice: Caller, expect: Expect, lives: Lives) -> None:
    def probe(offset: float) -> None:
        session, life = lives.born(alice)
        life.moments.until(life.until + life.length + offset * life.tolerance)
        beat = alice.heartbeat(session)
        if beat.ok:
            life = life.renewed(beat)
            life.nearly_over()
            expect(alice.read(session)).works_within(life)
        else:
            expect(beat).is_gone()
            expect(alice.read(session)).is_gone()

    lives.together(probe, [step / 4 for step in range(-8, 5)])
