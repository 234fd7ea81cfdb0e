"""Queries at the same moment: each is recorded once, with its own answer, in its session and in one case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from sessionproof.burst import Bursts
from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import asked, case_ids, history
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.run import Run
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


@requirement("MSG-09")
def queries_at_once_are_all_kept_with_their_answers(alice: Caller, expect: Expect, bursts: Bursts, target: Run) -> None:
    if not target.contract.recalls:
        raise NotDeclared("the contract shows no conversation")
    for burst in bursts:
        session, first = alice.has_session(), alice.text("first?")
        if burst.number % 2:
            alice.arranged(alice.ask(session, first), "query")
            if first not in texts(alice, session):
                expect.observe("queries are not among the messages")
                return
        questions = [alice.text(f"{lane}?") for lane in range(burst.width)]
        replies = burst(*[partial(alice.ask, session, question) for question in questions])
        seen = texts(alice, session)
        if burst.number % 2:
            expect.that(seen.count(first) == 1, expected="the first question still there", seen=str(seen.count(first)))
        each_is_there_once(questions, replies, seen, expect)


def each_is_there_once(questions: list[str], replies: Sequence[Reply], seen: list[Any], expect: Expect) -> None:
    """Each question that was answered is in `seen` once, and its answer after it; one that lost a race isn't."""
    for question, reply in zip(questions, replies, strict=True):
        if reply.lost_a_race or reply.status is None:
            most = 1 if reply.status is None else 0
            expect.that(
                seen.count(question) <= most,
                expected=f"a question that was answered {reply.status} no more than {most} times",
                seen=f"{seen.count(question)} times",
                reply=reply,
            )
            continue
        expect(reply).succeeds()
        expect.that(
            seen.count(question) == 1,
            expected=f"{question!r}, which was answered, to be there once",
            seen=f"{seen.count(question)} times, among {len(seen)} texts",
            reply=reply,
        )
        answer, after = reply["answer"], seen[seen.index(question) + 1 :]
        expect.that(
            answer is ABSENT or answer in after,
            expected=f"after {question!r} the answer that it was given",
            seen=repr(after[:2])[:200],
            reply=reply,
        )
        if reply.contract.assistant == "echo":
            expect(reply).contains(question, "the question itself")


def texts(caller: Caller, session: str) -> list[Any]:
    """All questions and answers that are shown of the session, in their order."""
    contract = caller.run.contract
    if contract.has("case_history"):
        found = [entry for case in case_ids(caller, session) for entry in history(caller, session, case)]
        return [entry.get(name, ABSENT) for entry in found if asked(entry) for name in ("question", "answer")]
    if contract.has("messages"):
        return listed(caller, "messages", session).values("content")
    reply = caller.arranged(caller.read(session), "read")
    return [entry.get("content", ABSENT) for entry in reply.items("messages") or ()]


@requirement("CAS-06")
def first_queries_at_once_make_one_case(alice: Caller, expect: Expect, bursts: Bursts, target: Run) -> None:
    if not target.contract.has("query"):
        raise NotDeclared("the contract has no query that could begin a case")
    for burst in bursts:
        session = alice.has_session()
        questions = [alice.text(f"{lane}?") for lane in range(burst.width)]
        replies = burst(*[partial(alice.ask, session, question) for question in questions])
        answered = [reply for reply in replies if not (reply.lost_a_race or reply.status is None)]
        named = {str(expect(reply).succeeds()["case"]) for reply in answered if reply.shows("case")}
        shown = set(map(str, case_ids(alice, session)))
        expect(target.transcript[-1]).holds_exactly(sorted(named) or shown, sorted(shown), "cases in the list")
        expect.that(
            len(shown) <= 1,
            expected=f"one case for {len(answered)} first queries at the same moment",
            seen=f"{len(shown)}: {', '.join(sorted(shown))}",
            reply=target.transcript[-1],
        )
        is_under_one_case(questions, replies, session, alice, expect)


@requirement("CAS-06")
def new_cases_at_once_are_one_each_and_one_is_current(
    alice: Caller, expect: Expect, bursts: Bursts, target: Run
) -> None:
    if not target.contract.has("new_case"):
        raise NotDeclared("the contract has no call that starts a case")
    for burst in bursts:
        session = alice.has_session()
        queries = burst.width // 2 if target.contract.has("query") else 0
        questions = [alice.text(f"{lane}?") for lane in range(queries)]
        if queries:
            alice.arranged(alice.ask(session, alice.text("first?")), "query")
        before = list(map(str, case_ids(alice, session)))
        starts = [partial(alice.call, "new_case", session)] * (burst.width - queries)
        replies = burst(*starts, *[partial(alice.ask, session, question) for question in questions])
        started = [
            str(expect(reply).succeeds()["case"])
            for reply in replies[: len(starts)]
            if not (reply.lost_a_race or reply.status is None)
        ]
        expect.that(
            len(set(started)) == len(started) and not set(started) & set(before),
            expected=f"{len(started)} cases for as many starts at the same moment",
            seen=f"{len(set(started) - set(before))}",
            reply=replies[0],
        )
        cases = listed(alice, "cases", session)
        listing = set(map(str, cases.values("case")))
        if all(reply.status is not None for reply in replies):
            expect(cases.last).holds_exactly({*before, *started}, listing, "cases in the list")
        if cases.last.shows("current_case"):
            expect.that(
                str(cases.last["current_case"]) in started or not started,
                expected="one of the cases just started to be current",
                seen=str(cases.last["current_case"]),
                reply=cases.last,
            )
        is_under_one_case(questions, replies[len(starts) :], session, alice, expect)


def is_under_one_case(
    questions: list[str], replies: Sequence[Reply], session: str, caller: Caller, expect: Expect
) -> None:
    """Each question that was answered is in the history of the case that its answer named, and in no other."""
    if not questions or not caller.run.contract.has("case_history"):
        return
    found = [
        (str(case), entry["question"])
        for case in case_ids(caller, session)
        for entry in history(caller, session, case)
        if asked(entry)
    ]
    for question, reply in zip(questions, replies, strict=True):
        if not reply.ok:
            continue
        cases = [case for case, other in found if other == question]
        wanted = [str(reply["case"])] if reply.shows("case") and cases != ["None"] else cases[:1]
        expect.that(
            cases == wanted and len(cases) == 1,
            expected=f"{question!r} once, in the history of case {', '.join(wanted)}",
            seen=f"in {', '.join(cases) or 'none'}",
            reply=reply,
        )
