"""Cases: the conversations of one session, one after another, each with a history and a memory of its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import asked, case_ids, history
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.oddities import never_issued
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.wire import Reply, instant

requirement = pytest.mark.requirement


def started(caller: Caller, session: str, expect: Expect, *others: str) -> str:
    """The id of a case that was just started; it is none of `others`."""
    reply = expect(caller.call("new_case", session)).succeeds()
    expect(reply).has_shape()
    if not reply.shows("case"):
        raise NotDeclared("the contract doesn't say where new_case names the case")
    expect(reply).says_other_than("case", None, "", *others)
    return str(reply["case"])


def current_is(case: str | None, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """Every route that shows the current case shows this one; none where it is None."""
    for name in ("read", "cases"):
        if not target.contract.has(name):
            continue
        reply = expect(caller.call(name, session)).succeeds()
        if reply.shows("current_case") and case is None:
            expect(reply).holds_exactly([], [str(reply["current_case"])] if reply["current_case"] else [], "cases")
        elif reply.shows("current_case"):
            expect(reply).says("current_case", case)


def listed_are(cases: list[str], session: str, caller: Caller, expect: Expect, target: Run) -> None:
    if target.contract.has("cases"):
        seen = listed(caller, "cases", session)
        expect(seen.last).holds_exactly(cases, map(str, seen.values("case")), "cases")


def case_of(reply: Reply, expect: Expect) -> str:
    """The case that a query was recorded in. Raises NotDeclared where the answer doesn't say it."""
    expect(reply).succeeds()
    if not reply.shows("case"):
        raise NotDeclared("the contract doesn't say where a query's answer names its case")
    expect(reply).says_other_than("case", None, "")
    return str(reply["case"])


def questions(caller: Caller, session: str, case: str) -> list[str]:
    return [str(entry["question"]) for entry in history(caller, session, case) if asked(entry)]


@requirement("CAS-01")
def the_first_query_makes_the_only_case(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    bindings = target.bindings("query")
    for first in range(len(bindings)):
        session = alice.has_session()
        for _ in range(numbers.times):
            listed_are([], session, alice, expect, target)
        current_is(None, session, alice, expect, target)
        case = ""
        for number in range(max(3, numbers.times * 3)):
            binding = bindings[(first + number) % len(bindings)]
            seen = case_of(alice.call(binding, session, question=alice.text(f"{number}")), expect)
            case = case or seen
            expect(target.transcript[-1]).says("case", case)
            listed_are([case], session, alice, expect, target)
            current_is(case, session, alice, expect, target)


@requirement("CAS-02")
def a_new_case_is_current_and_the_others_stay(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    session = alice.has_session()
    first = case_of(alice.ask(session, alice.text("first")), expect)
    alice.arranged(alice.ask(session, alice.text("second")), "query")
    cases = [first]
    for number in range(numbers.times + 1):
        before = {case: history(alice, session, case) for case in cases}
        cases.append(started(alice, session, expect, *cases))
        reply = target.transcript[-1]
        current_is(cases[-1], session, alice, expect, target)
        is_recorded(cases[-1], session, alice, expect, target)
        if number % 2 == 0:
            question = alice.text(f"in case {number}")
            expect(alice.ask(session, question)).says("case", cases[-1])
            expect(reply).holds_exactly([question], questions(alice, session, cases[-1]), "questions in the new case")
            listed_are(cases, session, alice, expect, target)
        after = {case: history(alice, session, case) for case in before}
        expect(reply).is_as_before(differences(before, after), "the history of earlier cases")
    twice = [started(alice, session, expect, *cases), started(alice, session, expect, *cases)]
    expect.that(twice[0] != twice[1], expected="two cases", seen=f"{twice[0]} twice", reply=target.transcript[-1])
    current_is(twice[1], session, alice, expect, target)
    expect(alice.ask(session, alice.text("in the last"))).says("case", twice[1])


def is_recorded(case: str, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    if not target.contract.case_started:
        return
    kinds = [entry.get("kind") for entry in history(caller, session, case)]
    wanted = target.contract.case_started
    expect.that(
        kinds[:1] == [wanted],
        expected=f"{wanted} as the first entry of the case",
        seen=repr(kinds)[:160],
        reply=target.transcript[-1],
    )


@requirement("CAS-03")
def a_query_knows_only_its_own_case(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    bindings = target.bindings("query")
    session, question = alice.has_session(), alice.text("what was said before?")
    said: dict[str, list[str]] = {}
    for number in range(max(2, len(bindings)) * numbers.times):
        case = case_of(alice.ask(session, secret := alice.text(f"secret of case {number}")), expect)
        said[case] = [secret]
        for binding in bindings:
            answer = expect(alice.call(binding, session, question=question)).says("case", case)
            if target.contract.assistant == "echo":
                expect(answer).contains(secret, "its own case's question")
            for other in (texts[0] for name, texts in said.items() if name != case):
                expect(answer).lacks(other, "another case's questions")
            said[case].append(question)
        started(alice, session, expect, *said)
    for case, own in said.items():
        expect(target.transcript[-1]).holds_exactly(own, questions(alice, session, case), "questions in a case")
        shown = alice.call("case_history", session, case=case)
        for other in (texts[0] for name, texts in said.items() if name != case):
            expect(shown).lacks(other, "another case's questions")


@requirement("CAS-04")
def cases_are_listed_in_order_with_all_that_was_asked(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    asked_in: dict[str, list[tuple[str, Any]]] = {}
    sizes = (2, 1) if numbers.times == 1 else (2, 1, numbers.messages, 3, *[1] * numbers.resumes)
    for size in sizes:
        if asked_in:
            started(alice, session, expect, *asked_in)
        for number in range(size):
            question = alice.text(f"{number}")
            reply = alice.ask(session, question)
            asked_in.setdefault(case_of(reply, expect), []).append((question, reply["answer"]))
            confidence_is_a_probability(reply["confidence"], reply, expect)
    pages = listed(alice, "cases", session)
    seen = list(map(str, pages.values("case")))
    expect(pages.last).holds_exactly(asked_in, seen, "cases")
    in_order = seen == list(asked_in)
    expect.that(in_order, expected="the cases in the order of their start", seen="another order", reply=pages.last)
    for entry in pages.entries:
        if entry.get("count", ABSENT) is not ABSENT:
            wanted = len(asked_in[str(entry["case"])])
            expect.that(
                entry["count"] == wanted, expected=f"{wanted} queries", seen=str(entry["count"]), reply=pages.last
            )
    if target.contract.has("case_history"):
        for case, turns in asked_in.items():
            history_is(case, turns, session, alice, expect, target)


def history_is(
    case: str, turns: list[tuple[str, Any]], session: str, caller: Caller, expect: Expect, target: Run
) -> None:
    """All and only these questions with their answers in this order, each with its case, a time, a confidence."""
    entries = [entry for entry in history(caller, session, case) if asked(entry)]
    shown = target.transcript[-1]
    expect(shown).holds_exactly([turn[0] for turn in turns], [str(entry["question"]) for entry in entries], "questions")
    seen = [(entry["question"], entry.get("answer", turn[1])) for entry, turn in zip(entries, turns, strict=True)]
    expect.that(
        all(got[0] == turn[0] and turn[1] in (ABSENT, got[1]) for got, turn in zip(seen, turns, strict=True)),
        expected="each question with its own answer, in the order of asking",
        seen=repr(seen)[:240],
        reply=shown,
    )
    times = [instant(entry["time"], target.contract.times) for entry in entries if "time" in entry]
    known = [at for at in times if at is not None]
    expect.that(len(known) == len(times), expected="times with their zone", seen=repr(entries[0])[:160], reply=shown)
    expect.that(target.in_order(known), expected="times that don't go back", seen=repr(known)[:160], reply=shown)
    for entry in entries:
        named = entry.get("case", case)
        expect.that(named == case, expected=f"entries of case {case}", seen=str(named), reply=shown)
        confidence_is_a_probability(entry.get("confidence", ABSENT), shown, expect)


def confidence_is_a_probability(value: Any, reply: Reply, expect: Expect) -> None:
    if value is not ABSENT:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        expect.that(fits, expected="a confidence from 0 to 1", seen=repr(value), reply=reply)


@requirement("CAS-05")
def resuming_keeps_the_current_case(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    session = alice.has_session(client=alice.client)
    question = alice.text("before the resume")
    case = case_of(alice.ask(session, question), expect)
    for number in range(numbers.times + 1):
        resumed = expect(alice.create(client=alice.client)).resumes(session)
        if resumed.shows("current_case"):
            expect(resumed).says("current_case", case)
        current_is(case, session, alice, expect, target)
        answer = expect(alice.ask(session, alice.text("after it"))).says("case", case)
        if target.contract.assistant == "echo" and question:
            expect(answer).contains(question, "the question of before the resume")
        case = started(alice, session, expect, case)
        question = ""
        if number % 2:
            alice.arranged(alice.ask(session, question := alice.text("in the new case")), "query")
    expect(alice.create(client=alice.client)).resumes(session)
    expect(alice.ask(session, alice.text("last"))).says("case", case)


@requirement("CAS-07")
def cases_end_or_stay_with_their_session(alice: Caller, bob: Caller, expect: Expect, target: Run) -> None:
    lifetime = target.contract.case_lifetime
    if not lifetime or not target.contract.has("case_history"):
        raise NotDeclared("the contract doesn't say whether a case outlives its session")
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in target.contract.capabilities else {}
    session, secret = alice.has_session(**resumes), alice.text("in the old session")
    cases = [case_of(alice.ask(session, secret), expect)]
    cases.append(started(alice, session, expect, *cases))
    alice.arranged(alice.ask(session, alice.text("in the second case")), "query")
    alice.arranged(alice.delete(session), "delete")
    after = alice.has_session(**resumes)
    others = [(bob, bob.has_session())] if target.contract.identity.kind != "none" else []
    for case in cases:
        for caller, own in others:
            expect(caller.call("case_history", own, case=case)).is_unreachable()
        reply = alice.call("case_history", after, case=case)
        if lifetime == "user":
            expect(reply).succeeds()
            continue
        expect(reply).is_unreachable()
        expect(alice.call("case_history", session, case=case)).is_unreachable()
    if lifetime == "session":
        listed_are([], after, alice, expect, target)
        current_is(None, after, alice, expect, target)
        answer = expect(alice.ask(after, alice.text("anything new?"))).says_other_than("case", *cases)
        expect(answer).lacks(secret, "the old session's questions")


@requirement("CAS-08")
def case_operations_on_wrong_sessions_do_nothing(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    contract = target.contract
    session = alice.has_session()
    case = case_of(alice.ask(session, alice.text("mine")), expect)
    before = snapshot(alice, session)
    deleted = alice.has_session()
    old = case_of(alice.ask(deleted, alice.text("deleted")), expect)
    if contract.has("delete"):
        alice.arranged(alice.delete(deleted), "delete")
    bindings = [one for name in ("new_case", "query", "case_history", "cases") for one in target.bindings(name)]
    unknown = [never_issued(case, chance), case[:-1], f"{case}0"]
    unknown += [old] if contract.case_lifetime == "session" else []
    for _ in range(numbers.times):
        for binding in bindings:
            wrong = never_issued(session, chance)
            expect(alice.try_on(binding, wrong, **named(case, binding.operation))).is_unreachable()
            if contract.has("delete"):
                reply = expect(alice.try_on(binding, deleted, **named(old, binding.operation))).is_gone()
            if contract.identity.kind != "none":
                reply = expect(bob.try_on(binding, session, **named(case, binding.operation))).is_foreign()
                expect(reply).is_as_before(changes(alice, session, before), "alice's session")
        for binding in target.bindings("case_history"):
            for other in unknown[: numbers.times**2]:
                reply = expect(alice.call(binding, session, case=other)).is_unreachable()
    expect(reply).is_as_before(changes(alice, session, before), "alice's session")


def named(case: str, operation: str) -> dict[str, Any]:
    return {"case": case} if operation == "case_history" else {}


@requirement("CAS-09")
def legacy_names_mirror_those_of_today(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    legacy = target.contract.legacy
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in target.contract.capabilities else {}
    session = alice.has_session(**resumes)
    mirrored = set()
    for step in (*("query", "new_case") * 2, "query", "create", "query", "clear", "query")[: numbers.times * 5 - 2]:
        for binding in target.bindings(step):
            values = resumes if step == "create" else {"question": alice.text(step)} if step == "query" else {}
            reply = alice.call(binding, None if step == "create" else session, **values)
            if step == "create" and not resumes:
                continue
            expect(reply).succeeds()
            shown = [alice.call(one, session) for one in target.on_session(writes=False)]
            shown += [alice.call("case_history", session, case=case) for case in case_ids(alice, session) if case]
            for one in (reply, *shown):
                mirrored |= mirrors(one, one.json, legacy, expect)
    expect(reply).holds_exactly(legacy, mirrored, "legacy names in the answers")


def mirrors(reply: Reply, value: Any, legacy: Any, expect: Expect) -> set[str]:
    """The legacy names that were found below `value`, each beside its name of today and with the same value."""
    if isinstance(value, list):
        return {name for below in value for name in mirrors(reply, below, legacy, expect)}
    if not isinstance(value, dict):
        return set()
    found = {old for old in legacy if old in value}
    for old, today in legacy.items():
        if old in value or today in value:
            off = value.get(old, ABSENT) is ABSENT or value.get(today, ABSENT) is ABSENT or value[old] != value[today]
            expect.that(
                not off,
                expected=f"{old} and {today} with one value",
                seen=f"{value.get(old, 'nothing')!r} and {value.get(today, 'nothing')!r}"[:240],
                reply=reply,
            )
    return found.union(*(mirrors(reply, below, legacy, expect) for below in value.values()))
