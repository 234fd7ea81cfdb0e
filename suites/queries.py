"""Queries: a question and its answer belong to one session, are recorded once, and are forgotten when cleared."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.contract.schemas import misfits
from sessionproof.dialogue import Turn, case_ids, files, said_in, turns
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.oddities import ODD_TEXTS, shortened
from sessionproof.run import Run
from sessionproof.state import changes, snapshot
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement

AS_ASKED = (  # what no assistant has a reason to change in a question
    "beyond the BMP",
    "quotes and backslashes",
    "markup",
    "JSON-like",
    "template-like",
    "SQL-like",
    "many scripts",
    "percent and plus",
    "many lines",
)


@requirement("MSG-09")
def a_query_adds_itself_and_its_answer_once(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    bindings = target.bindings("query")
    for first in range(len(bindings)):
        session, sibling = alice.has_session(), alice.has_session()
        in_the_sibling = alice.text("in the sibling")
        alice.has_told(sibling, in_the_sibling)
        before = snapshot(alice, sibling)
        asked: list[Turn] = []
        for number in range(max(3, numbers.resumes)):
            binding = bindings[(first + number) % len(bindings)]
            question = asked[-1].question if number == 1 else alice.text(f"question {number}")
            reply = answers(alice.call(binding, session, question=question), session, question, expect)
            expect(reply).lacks(in_the_sibling, "another session of the same user")
            if asked and target.contract.assistant == "echo":
                expect(reply).contains(str(asked[0].question), "the first question of this conversation")
            asked.append(Turn(question, reply["answer"]))
            recorded_are(asked, session, alice, expect, target)
        in_pages = target.contract.has("case_history") and "limit" in target.contract.first("case_history").sends
        for size in (5, 1)[: numbers.times * 2 - 2] if in_pages else ():
            recorded_are(asked, session, alice, expect, target, page=size)
        stand_among_the_messages(asked, session, alice, expect, target)
        expect(reply).is_as_before(changes(alice, sibling, before), "another session of the same user")


def answers(reply: Reply, session: str, question: str, expect: Expect) -> Reply:
    """A success for this session and question, repeating it where the assistant is an echo."""
    expect(reply).succeeds()
    expect(reply).has_shape()
    if reply.shows("session"):
        expect(reply).says("session", session)
    if reply.shows("question"):
        expect(reply).says("question", question)
    if reply.contract.assistant == "echo" and reply.shows("answer"):
        expect(reply).contains(question, "the question")
    return reply


def recorded_are(
    asked: list[Turn], session: str, caller: Caller, expect: Expect, target: Run, page: int | None = None
) -> None:
    """The session shows these questions with these answers in this order, each once."""
    if not target.contract.recalls:
        return
    seen = turns(caller, session, page=page)
    if target.contract.has("add_message") and not any(turn.question == asked[0].question for turn in seen):
        expect.observe("queries are not among the messages")
        return
    shown = target.transcript[-1]
    expect(shown).holds_exactly(
        [str(turn.question) for turn in asked], [str(turn.question) for turn in seen], "questions"
    )
    wanted = [(turn.question, turn.answer) for turn in asked if turn.answer is not ABSENT]
    got = [(turn.question, turn.answer) for turn in seen if turn.answer is not ABSENT]
    off = next((number for number, pair in enumerate(zip(wanted, got, strict=False)) if pair[0] != pair[1]), None)
    expect.that(
        off is None and (len(got) == len(wanted) or not got),
        expected="each question with its own answer, in the order of asking",
        seen=f"{got[off]!r} as turn {off + 1}"[:300] if off is not None else f"{len(got)} answers",
        reply=shown,
    )


def stand_among_the_messages(asked: list[Turn], session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """Where queries are messages too, and shown elsewhere as well, the messages are each question and its answer."""
    if not target.contract.has("messages") or not target.contract.has("case_history"):
        return
    pages = listed(caller, "messages", session)
    seen = pages.values("content")
    if asked[0].question in seen:
        wanted = [text for turn in asked for text in (turn.question, turn.answer) if text is not ABSENT]
        off = next((number for number, text in enumerate(wanted) if seen[number : number + 1] != [text]), len(wanted))
        expect.that(
            seen == wanted,
            expected=f"{len(wanted)} messages: each question, and its answer after it",
            seen=f"{len(seen)}; number {off + 1} is {seen[off : off + 1]!r}"[:240],
            reply=pages.last,
        )


@requirement("MSG-09")
def a_question_stands_as_it_was_asked(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    if numbers.times == 1:
        return
    if not target.contract.recalls:
        raise NotDeclared("the contract shows no question again")
    session = alice.has_session()
    asked: dict[str, str] = {}
    for name in AS_ASKED:
        text = f"{alice.text(name)}: {ODD_TEXTS[name]}"
        text, reply = shortened(text, alice.ask(session, text), partial(alice.ask, session))
        if reply.refused:
            expect.observe(f"a question with {name} is refused ({reply.status})")
            continue
        expect(reply).succeeds()
        asked[name] = text
    seen = [str(turn.question) for turn in turns(alice, session)]
    if target.contract.has("add_message") and not set(asked.values()) & set(seen):
        expect.observe("queries are not among the messages")
        return
    for (name, text), shown in zip(asked.items(), seen, strict=False):
        expect.that(
            shown == text,
            expected=f"the question with {name} as asked ({len(text)} characters): {text[:100]!r}",
            seen=f"{len(shown)} characters: {shown[:100]!r}",
            reply=target.transcript[-1],
        )
    expect.that(len(seen) == len(asked), expected=f"{len(asked)} questions", seen=f"{len(seen)}")


@requirement("MSG-09")
def a_refused_query_leaves_no_trace(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    session = alice.has_session()
    alice.has_said(session, alice.text("before"))
    before = snapshot(alice, session)
    for binding in target.bindings("query"):
        for raw in not_a_question(binding, target)[: numbers.times**4]:
            reply = alice.call(binding, session, question=alice.text("refused"), raw=raw)
            expect(reply).is_no_server_error()
            if reply.refused:
                expect(reply).is_as_before(changes(alice, session, before), "the session")
            before = snapshot(alice, session)


def not_a_question(binding: Binding, target: Run) -> list[Raw]:
    wrong = [Raw(body={name: value}) for name, value in misfits(target.contract.document, binding.body_schema).items()]
    return [Raw(content=b"{"), *wrong, Raw(content=b"[]"), Raw(content=b'{"unrelated": true}')]


@requirement("LIF-08")
def a_first_interaction_without_a_session_does_what_is_declared(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    may_name_none = [
        binding
        for binding in (*target.bindings("query"), *target.bindings("upload"))
        if not binding.names_session_in_path
    ]
    if not may_name_none:
        raise NotDeclared("every query and upload has its session in its path")
    kept = alice.has_session()
    before = snapshot(alice, kept)
    own = own_sessions(alice, target)
    issued = [kept]
    for binding in may_name_none:
        for named in (None, "", "undefined", "null")[: numbers.times**2]:
            reply = begins(alice, binding, named)
            if named:
                expect(reply).is_unreachable()
                has_made_nothing(reply, alice, expect)
            elif not target.contract.autocreate:
                expect(reply).is_without_session()
            elif named is None or not reply.refused:
                issued.append(made_by(reply, issued, alice, expect))
            if target.contract.list_scope != "all" and target.contract.has("list"):
                grown = len(own_sessions(alice, target)) - len(own)
                expect.that(
                    grown == len(issued) - 1,
                    expected=f"{len(issued) - 1} more sessions than before",
                    seen=f"{grown}",
                    reply=reply,
                )
        for raw in not_a_question(binding, target)[: numbers.times**4 - 1] if "question" in binding.sends else ():
            reply = expect(begins(alice, binding, None, raw)).is_no_server_error()
            if reply.refused:
                has_made_nothing(reply, alice, expect)
            elif reply.session:
                issued.append(reply.session)
    expect(reply).is_as_before(changes(alice, kept, before), "the session that was there")


def has_made_nothing(reply: Reply, caller: Caller, expect: Expect) -> None:
    """No session is listed for the client that the call named, where the contract's list shows clients."""
    client, contract = reply.request.values.get("client"), reply.contract
    if client and contract.has("list") and "client" in contract.first("list").lists["each"].fields:
        pages = listed(caller)
        made = [str(entry["session"]) for entry in pages.entries if entry["client"] == client]
        expect(reply).holds_exactly([], made, "sessions made by a call that was refused")


def begins(caller: Caller, binding: Binding, named: str | None, raw: Raw | None = None) -> Reply:
    """The first thing that a client does, with a text in the session's place, or nothing."""
    values: dict[str, Any] = {"question": caller.text("first")}
    if "file" in binding.sends:
        values = {"file": ("first.txt", caller.text("first").encode())}
    return caller.call(binding, named, raw=raw, client=caller.another_client(), **values)


def made_by(reply: Reply, issued: list[str], caller: Caller, expect: Expect) -> str:
    """The id of the one session that this call made; it holds what was sent, and goes on with the next call."""
    expect(reply).makes_new(*issued)
    client, session = reply.request.values.get("client"), reply.session
    contract = reply.contract
    if client and contract.has("list") and "client" in contract.first("list").lists["each"].fields:
        pages = listed(caller)
        made = [str(entry["session"]) for entry in pages.entries if entry["client"] == client]
        expect(pages.last).holds_exactly([session], made, "sessions of this client")
    sent = [str(reply.request.values["question"])] if "question" in reply.request.values else []
    if contract.recalls:
        expect(reply).holds_exactly(sent, map(str, said_in(caller, session)), "questions in the new session")
    if contract.lists_files:
        names = [str(entry.get("name")) for entry in files(caller, session)]
        expect(reply).holds_exactly([] if sent else [str(reply["name"])], names, "files in the new session")
    question = caller.text("second")
    again = expect(caller.ask(session, question)).succeeds()
    if again.shows("session"):
        expect(again).says("session", session)
    if contract.recalls:
        expect(again).holds_exactly([*sent, question], map(str, said_in(caller, session)), "questions in the session")
    return session


def own_sessions(caller: Caller, target: Run) -> list[str]:
    if not target.contract.has("list") or target.contract.list_scope == "all":
        return []
    return list(map(str, listed(caller).values("session")))


@requirement("MSG-10")
def clear_empties_one_conversation_and_nothing_else(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    contract = target.contract
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in contract.capabilities else {}
    filled = {"context": {"c": alice.text("context")}, "metadata": {"m": alice.text("metadata")}}
    session = alice.has_session(**resumes, **filled) if resumes else alice.has_another_session(**filled)
    sibling = alice.has_another_session(session)
    if "uploads" in contract.capabilities:
        alice.has_uploaded(session, "kept.txt", alice.text("in a file").encode())
        alice.has_uploaded(sibling, "kept.txt", alice.text("in the sibling's file").encode())
    alice.has_told(sibling, alice.text("in the sibling"))
    beside = snapshot(alice, sibling)
    for number_of_texts in (3, numbers.resumes)[: numbers.times]:
        said = [alice.text(str(number)) for number in range(number_of_texts)]
        alice.has_told(session, *said)
        before, cases = snapshot(alice, session), case_ids(alice, session)
        gone = [text for text in said if text not in str(title_that_stays(before, target))]
        reply = expect(alice.call("clear", session)).succeeds()
        is_empty(session, gone, alice, expect, target)
        keeps_what_is_declared(reply, before, snapshot(alice, session), expect, target)
        if contract.has("cases") and contract.clear_keeps is not None:
            left = cases if "cases" in contract.clear_keeps else []
            expect(reply).holds_exactly(left, case_ids(alice, session), "cases after the clear")
        if resumes:
            expect(alice.create(**resumes)).resumes(session)
        if contract.assistant != "none" and contract.has("query"):
            answer = expect(alice.ask(session, alice.text("what did I say?"))).succeeds()
            for text in said:
                expect(answer).lacks(text, "what was said before the clear")
            expect(alice.call("clear", session)).succeeds()
        more = alice.text("after the clear")
        alice.has_said(session, more)
        if contract.recalls:
            expect(target.transcript[-1]).holds_exactly([more], map(str, said_in(alice, session)), "messages")
        if before.get("title") and "title" in (contract.clear_keeps or ()):
            expect(alice.read(session)).says("title", before["title"])
        for _ in range(numbers.times):  # with words in it, and without
            expect(alice.call("clear", session)).succeeds()
            is_empty(session, [], alice, expect, target)
    expect(reply).is_as_before(changes(alice, sibling, beside), "another session of the same user")


def title_that_stays(before: dict[str, Any], target: Run) -> Any:
    """The title that outlives a clear, or may, as far as is declared: it can have been made of what was said."""
    keeps = target.contract.clear_keeps
    return before.get("title") if keeps is None or "title" in keeps else None


def is_empty(session: str, said: list[str], caller: Caller, expect: Expect, target: Run) -> None:
    expect(caller.read(session)).succeeds()
    if target.contract.recalls:
        seen = said_in(caller, session)
        expect(target.transcript[-1]).holds_exactly([], map(str, seen), "messages after the clear")
    for binding in target.on_session(writes=False):
        reply = expect(caller.try_on(binding, session)).succeeds()
        for text in said:
            expect(reply).lacks(text, "what was said before the clear")
        if reply.shows("count"):
            expect(reply).says("count", 0)


_CONVERSATION = ("messages", "conversation", "count", "turns", "histories", "list of cases", "current_case", "status")
_KEPT_AS = {"uploads": ("uploads", "list of files")}


def keeps_what_is_declared(
    reply: Reply, before: dict[str, Any], after: dict[str, Any], expect: Expect, target: Run
) -> None:
    """Id, owner, client and birth stay; of what the contract names each stays, or goes, as it says."""
    optional = {"uploads", "title", "cases", "metadata", "context"}
    for name in before:
        part = next((part for part in optional if name in _KEPT_AS.get(part, (part,))), "")
        stays = before[name] == after.get(name, ABSENT)
        if name in _CONVERSATION:
            continue
        if not part or (target.contract.clear_keeps is not None and part in target.contract.clear_keeps):
            expect.that(
                stays,
                expected=f"{name} as before the clear",
                seen=f"{after.get(name)!r} for {before[name]!r}"[:240],
                reply=reply,
            )
        elif target.contract.clear_keeps is not None and before[name]:
            expect.that(not after.get(name), expected=f"no {name} after the clear", seen=str(after[name]), reply=reply)
        elif before[name]:
            expect.observe(f"clear {'keeps' if stays else 'drops'} {name}")
