"""The end of a life: a session works until shortly before it, and is gone on every route shortly after it."""

from __future__ import annotations

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run
from sessionproof.timed import Life, Lives
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement


@requirement("EXP-01")
def a_session_is_gone_on_every_route_after_its_end(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def probe(which: tuple[Binding, bool]) -> None:
        binding, has_words = which
        session, life = lives.born(alice)
        for text in ("first", "second") if has_words else ():
            alice.has_told(session, alice.text(text))
            life = life.perhaps_renewed(target.transcript[-1])
        life.over()
        expect(alice.try_on(binding, session)).is_gone_after(life)

    with_words = target.contract.on_session(writes=False) if target.contract.takes_words else ()
    probes = [(binding, False) for binding in target.contract.on_session()]
    lives.together(probe, [*probes, *((binding, True) for binding in with_words)])


@requirement("EXP-02")
def a_session_works_on_every_route_until_its_end(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def probe(binding: Binding) -> None:
        session, life = lives.born(alice)
        life.nearly_over()
        expect(alice.try_on(binding, session)).works_within(life)

    lives.together(probe, target.contract.on_session())


def lives_as_long(session: str, life: Life, caller: Caller, expect: Expect) -> None:
    life.nearly_over()
    expect(caller.read(session)).works_within(life)


def is_gone_at_the_end(session: str, life: Life, caller: Caller, expect: Expect) -> None:
    life.over()
    expect(caller.read(session)).is_gone_after(life)


@requirement("EXP-03")
def the_default_life_is_as_long_as_declared(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    def probe(until_shortly_before: bool) -> None:
        session, life = lives.of_default_length(alice)
        if until_shortly_before:
            lives_as_long(session, life, alice, expect)
        else:
            is_gone_at_the_end(session, life, alice, expect)

    lives.together(probe, (True, False))


@requirement("EXP-04")
def a_requested_life_is_the_one_in_force(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    asked = requested(lives, target)

    def probe(which: tuple[float, bool]) -> None:
        seconds, until_shortly_before = which
        session, life = lives.born(alice, lives=seconds)
        if until_shortly_before:
            lives_as_long(session, life, alice, expect)
        else:
            is_gone_at_the_end(session, life, alice, expect)

    lives.together(probe, [(seconds, before) for seconds in asked for before in (True, False)])


def requested(lives: Lives, target: Run) -> list[float]:
    """Lives to ask for, in seconds of the contract: the shortest, the longest, and some around the default."""
    life, unit = target.contract.life, target.contract.first("create").life_unit
    usual = lives.length / lives.clock.scale
    wanted = {usual, usual * 1.5, life.minimum or usual, life.maximum or usual * 2, (life.default or usual) * 0.75}
    whole = {max(unit, round(seconds / unit) * unit) for seconds in wanted}
    low, high = life.minimum or 0.0, life.maximum or max(whole)
    long_enough = 8 * lives.clock.tolerance / lives.clock.scale
    return sorted(seconds for seconds in whole if max(low, long_enough) <= seconds <= high and lives.bearable(seconds))


@requirement("EXP-12")
def the_answer_after_the_end_is_one_declared_error(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    answers: list[Reply] = []

    def probe(binding: Binding) -> None:
        session, life = lives.born(alice)
        life.over()
        answers.append(expect(alice.try_on(binding, session)).is_gone_after(life))

    lives.together(probe, [one for one in target.contract.on_session() if one.operation != "delete"])
    said = {(reply.status, str(reply.reason)) for reply in answers if reply.refused}
    expect.that(
        len(said) == 1,
        expected="one status and one reason on all routes",
        seen="; ".join(f"{status} {reason}" for status, reason in sorted(said, key=str)),
        reply=answers[-1],
    )
    if target.contract.reason is not None:
        lacking = [reply for reply in answers if reply.refused and reply.reason in (ABSENT, None, "")]
        expect.that(not lacking, expected="a reason for programs", seen="none", reply=(lacking or answers)[0])


@requirement("EXP-13")
def reported_expiry_is_when_it_ends(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    if not lives.clock.tells:
        raise NotDeclared(f"with --clock {lives.clock.name} the deployment's own times stay behind")

    def probe(_: None) -> None:
        session, life = lives.born(alice)
        created, reply = target.transcript[-1], expect(alice.read(session)).works_within(life)
        if not life.lasts_beyond(reply):
            return
        if not any(one.shows("expires") for one in (created, reply)):
            raise NotDeclared("the contract shows no time of expiry")
        for one in (created, reply):
            ends_in(one, life.length, expect)
        for operation in target.contract.life.refreshed_by:
            life.at(0.3)
            for binding in (one for one in target.contract.all(operation) if one.on_session):
                touched, after = alice.try_on(binding, session), alice.read(session)
                if expect(after).came_within(life):
                    expect(touched).succeeds()
                    ends_in(after, life.length, expect)

    lives.together(probe, [None])


def ends_in(reply: Reply, length: float, expect: Expect) -> None:
    """The time of expiry that the answer shows lies one life after its activity, and its creation where that is all."""
    if not reply.shows("expires"):
        return
    expires = reply.instant("expires")
    expect.that(expires is not None, expected="an expiry with its zone", seen=repr(reply["expires"]), reply=reply)
    begun = reply.instant("activity") or reply.instant("created")
    if expires is not None and begun is not None:
        off = expires - begun - length
        expect.that(
            abs(off) <= 1.0 + 0.01 * length,
            expected=f"an expiry {length:g} s after the last activity",
            seen=f"{expires - begun:g} s",
            reply=reply,
        )


@requirement("EXP-13")
def what_a_client_says_about_time_changes_nothing(alice: Caller, expect: Expect, lives: Lives, target: Run) -> None:
    wrong = (("Date", "Sat, 01 Jan 2000 00:00:00 GMT"), ("Date", "Fri, 01 Jan 2100 00:00:00 GMT"))

    def probe(which: tuple[tuple[str, str], bool]) -> None:
        header, until_shortly_before = which
        session, life = lives.born(alice, raw=Raw(headers=(header,)))
        if until_shortly_before:
            life.nearly_over()
            expect(alice.read(session, raw=Raw(headers=(header,)))).works_within(life)
        else:
            life.over()
            expect(alice.read(session, raw=Raw(headers=(header,)))).is_gone_after(life)

    lives.together(probe, [(header, before) for header in wrong for before in (True, False)])
