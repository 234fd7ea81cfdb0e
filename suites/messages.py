"""Messages: what was acknowledged is in the conversation, once, in order, unchanged; what was refused is not."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT, put_pointer
from sessionproof.contract.schemas import misfits
from sessionproof.dialogue import said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.oddities import odd_texts, shortened
from sessionproof.run import Run
from sessionproof.wire import Raw, Reply, instant

requirement = pytest.mark.requirement


@requirement("MSG-01")
def an_acknowledged_message_is_there_once_and_a_refused_one_never(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in target.contract.capabilities else {}
    session = alice.has_session(**resumes)
    again = alice.text("the same twice")
    kept: list[str] = []
    for said in (alice.text("first"), again, again, alice.text("last"))[-3 * numbers.times :]:
        expect(alice.say(session, said, role=a_role(target))).succeeds()
        kept.append(said)
        now_said(kept, session, alice, expect)
    for raw in refusable(alice, target)[: numbers.times**6]:
        answer = alice.say(session, alice.text("refused"), raw=raw)
        if answer.refused:
            now_said(kept, session, alice, expect)
        elif answer.ok:
            kept = list(map(str, said_in(alice, session)))
    if resumes:
        expect(alice.create(**resumes)).resumes(session)
        now_said(kept, session, alice, expect)


def now_said(kept: list[str], session: str, caller: Caller, expect: Expect) -> None:
    """The conversation is `kept`, no more and no less."""
    seen = list(map(str, said_in(caller, session)))
    expect(caller.run.transcript[-1]).holds_exactly(kept, seen, "messages in the conversation")


def a_role(target: Run, number: int = 0) -> str:
    """One of the declared roles, another for each number."""
    roles = target.contract.roles or ("user",)
    return roles[number % len(roles)]


def in_turn(caller: Caller, session: str, content: str, number: int, target: Run) -> Reply:
    """Say `content` in one of the declared roles, or in the user's own where that one isn't for this caller."""
    reply = caller.say(session, content, role=a_role(target, number))
    if reply.status == 403:
        reply = caller.say(session, content)
    return caller.arranged(reply, "add_message")


def refusable(caller: Caller, target: Run) -> list[Raw]:
    """Messages with something wrong in them: one field of a kind that the contract rules out, or no message at all."""
    binding = target.contract.first("add_message")
    wrong = [Raw(body={name: value}) for name, value in misfits(target.contract.document, binding.body_schema).items()]
    return [*wrong, Raw(content=b"{"), Raw(content=b"[]"), Raw(content=b'{"unrelated": true}')]


@requirement("MSG-02")
def the_conversation_keeps_the_order_of_acknowledgement(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    said: list[str] = []
    for number in range(numbers.messages):
        said.append(alice.text(f"{number}"))
        expect(alice.say(session, said[-1])).succeeds()
    for size in (None, 7):
        seen = said_in(alice, session, page=size)
        expect.that(
            seen == said,
            expected=f"the {len(said)} messages in the order of their sending",
            seen=first_off(said, seen),
            reply=target.transcript[-1],
        )


def first_off(said: list[str], seen: list[Any]) -> str:
    """How many were seen, and where they begin to be others; of all the other way round, what the contract lacks."""
    if len(said) > 1 and seen == said[::-1]:
        return "them the other way round; where that is meant, the contract says `order: newest first` of the list"
    pairs = enumerate(zip(said, seen, strict=False))
    place = next((place for place, (one, other) in pairs if one != other), min(len(said), len(seen)))
    return f"{len(seen)} messages, the first off is number {place + 1}"


@requirement("MSG-04")
def content_and_metadata_come_back_unchanged(
    alice: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    with_metadata = "metadata" in target.contract.first("add_message").sends
    for name, text in odd_texts(chance, numbers.texts).items():
        session = alice.has_session()
        metadata = {"k \u00e9\U0001f600": [text[:40], None, 1.5, {"deep": {"er": True}}], "o": {"p": {"q": 1}}}
        reply = alice.say(session, text, metadata=metadata)
        if reply.refused:
            expect.observe(f"content with {name} is refused ({reply.status})")
        text, reply = shortened(text, reply, partial(alice.say, session, metadata=metadata))
        if reply.refused:
            continue
        expect(reply).succeeds()
        shown = alice.conversation(session)
        entries = list(shown.items() or shown.items("messages") or ())
        expect.that(len(entries) == 1, expected="one message", seen=f"{len(entries)}", reply=shown)
        seen = entries[0].get("content")
        expect.that(
            seen == text,
            expected=f"the content with {name} as sent: {text[:60]!r} ({len(text)} characters)",
            seen=f"{repr(seen)[:120]} ({len(str(seen))} characters)",
            reply=shown,
        )
        if with_metadata and entries[0].get("metadata", ABSENT) is not ABSENT:
            got = entries[0]["metadata"]
            expect.that(got == metadata, expected=f"metadata {metadata!r}"[:160], seen=repr(got)[:160], reply=shown)
        if reply.shows("content"):
            expect(reply).says("content", text)


@requirement("MSG-05")
def only_declared_roles_are_taken_and_server_fields_are_not(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    contract = target.contract
    session = alice.has_session()
    kept: list[str] = []
    roles = contract.roles if "role" in contract.first("add_message").sends else ()
    for role in roles:
        reply = alice.say(session, alice.text(role), role=role)
        if reply.status == 403:
            expect.observe(f"the role {role} is not for this caller (403)")
            continue
        expect(reply).succeeds()
        kept.append(role)
    seen = [entry.get("role", ABSENT) for entry in entries_of(alice, session)]
    expect.that(not roles or ABSENT in seen or seen == kept, expected=f"roles {kept}", seen=str(seen))
    if roles:
        undeclared = [
            role
            for role in (alice.role.swapcase(), "tool", "", "root", f" {alice.role}", None)[: numbers.times * 5 - 3]
            if role not in roles
        ]
        for wrong in undeclared:
            content = alice.text(f"as {wrong}")
            reply = expect(alice.say(session, content, role=wrong)).is_refused()
            expect.that(content not in said_in(alice, session), expected="nothing kept", seen=content, reply=reply)
        content = alice.text("without a role")
        reply = expect(
            alice.call("add_message", session, raw=Raw(content=said_without_role(content, target)))
        ).is_refused()
        expect.that(content not in said_in(alice, session), expected="nothing kept", seen=content, reply=reply)
    forges_no_server_field(alice, session, expect, target)


def said_without_role(content: str, target: Run) -> bytes:
    """A message's body with its content alone, at the contract's own place."""
    body: dict[str, Any] = {}
    for place in target.contract.first("add_message").sends.get("content", ()):
        if place.part == "body" and place.pointer:
            put_pointer(body, place.pointer, content)
    return json.dumps(body).encode()


def forges_no_server_field(caller: Caller, session: str, expect: Expect, target: Run) -> None:
    content, old = caller.text("forged"), "2001-01-01T00:00:00Z"
    names = {
        place.pointer.rpartition("/")[2]
        for name, place in target.contract.first("add_message").returns.items()
        if name in ("message", "time")
    }
    forged = {**dict.fromkeys(names, old), "message_id": old, "id": old, "timestamp": old, "created_at": old}
    reply = caller.say(session, content, role=a_role(target), raw=Raw(body=forged))
    if reply.refused:
        return
    expect(reply).succeeds()
    entry = entries_of(caller, session)[-1]
    expect.that(entry.get("message") != old, expected="a message id by the server", seen=old, reply=reply)
    at = instant(entry.get("time"), target.contract.times)
    expect.that(
        at is None or at > 1_100_000_000,
        expected="a time by the server",
        seen=str(entry.get("time")),
        reply=reply,
    )


def entries_of(caller: Caller, session: str) -> list[Any]:
    if caller.run.contract.has("messages"):
        return list(listed(caller, "messages", session).entries)
    return list(caller.arranged(caller.read(session), "read").items("messages") or ())


@requirement("MSG-06")
def message_ids_are_unique_and_times_never_go_back(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    shown = alice.conversation(session)
    fields = (shown.request.binding.lists.get("each") or shown.request.binding.lists["messages"]).fields
    if "message" not in fields and "time" not in fields:
        raise NotDeclared("the contract names neither ids nor times of messages")
    first: list[Any] = []
    for number in range(max(4, numbers.messages // 4)):
        answer = in_turn(alice, session, alice.text(str(number)), number, target)
        if number == 2:
            first = entries_of(alice, session)
    entries = entries_of(alice, session)
    if "message" in fields:
        ids = [entry["message"] for entry in entries]
        expect.that(
            len(set(map(str, ids))) == len(ids),
            expected="an id of its own for each message",
            seen=str(ids)[:200],
            reply=answer,
        )
        expect.that(
            [entry["message"] for entry in first] == ids[: len(first)],
            expected="ids that stay",
            seen=f"first {[entry['message'] for entry in first]}, then {ids[: len(first)]}",
            reply=target.transcript[-1],
        )
        if answer.shows("message"):
            expect(answer).says("message", ids[-1])
    if "time" in fields:
        times = [instant(entry["time"], target.contract.times) for entry in entries]
        readable = [at for at in times if at is not None]
        expect.that(
            len(readable) == len(times),
            expected="times with their zone",
            seen=str(entries[0]["time"]),
            reply=answer,
        )
        expect.that(
            target.in_order(readable),
            expected="times that don't go back",
            seen="an earlier one",
            reply=answer,
        )


@requirement("MSG-07")
def the_title_comes_from_the_first_user_message_once(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    resumes: dict[str, Any] = {"client": alice.client} if "resume" in target.contract.capabilities else {}
    session = alice.has_session(**resumes)
    if "system" in target.contract.roles:
        secret = alice.text("system text")
        alice.arranged(alice.say(session, secret, role="system"), "add_message")
        title = alice.read(session)["title"]
        expect.that(secret not in str(title), expected="no title from a system message", seen=repr(title))
    alice.has_said(session, alice.text("Database timeouts"))
    reply = expect(alice.read(session)).succeeds()
    title = reply["title"]
    expect.that(isinstance(title, str) and title.strip() != "", expected="a title", seen=repr(title), reply=reply)
    for number in range(2 * numbers.times - 1):
        alice.has_said(session, alice.text(f"another matter {number}"))
        expect(alice.read(session)).says("title", title)
    if resumes:
        alice.arranged(alice.create(**resumes), "create")
        expect(alice.read(session)).says("title", title)
    explicit_titles_win(alice, session, expect, target)


def explicit_titles_win(caller: Caller, session: str, expect: Expect, target: Run) -> None:
    if target.contract.has("update") and "title" in target.contract.first("update").sends:
        chosen = caller.text("chosen after")
        caller.arranged(caller.update(session, title=chosen), "update")
        caller.has_said(session, caller.text("later"))
        expect(caller.read(session)).says("title", chosen)
    if "title" in target.contract.first("create").sends and target.effort.numbers.times > 1:
        chosen = caller.text("chosen at the start")
        named = caller.has_session(title=chosen)
        caller.has_said(named, caller.text("first"), caller.text("second"))
        expect(caller.read(named)).says("title", chosen)


@requirement("MSG-08")
def all_views_of_the_conversation_agree(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    session = alice.has_session()
    count = 4 if numbers.times == 1 else numbers.messages
    said: list[str] = []
    for number in range(count):
        said.append(alice.text(str(number)))
        in_turn(alice, session, said[-1], number, target)
        if number in (0, 1, count // 2, count - 1)[-2 * numbers.times :]:
            views_agree(alice, session, said, expect, target)
    if not target.contract.has("messages"):
        return
    for size in (5, count + 1, count, count - 1, 2, 1)[: numbers.times * 6 - 4]:
        seen = listed(alice, "messages", session, page=size)
        expect(seen.last).holds_exactly(said, map(str, seen.values("content")), f"messages in pages of {size}")
        expect.that(
            seen.values("content") == said,
            expected="the order kept over pages",
            seen="another order",
            reply=seen.last,
        )
        for reply in seen.replies:
            if reply.shows("total"):
                expect(reply).says("total", count)


def views_agree(caller: Caller, session: str, said: list[str], expect: Expect, target: Run) -> None:
    read = expect(caller.read(session)).succeeds()
    embedded = read.items("messages")
    if embedded is not None and "content" in read.request.binding.lists["messages"].fields:
        contents = [entry["content"] for entry in embedded]
        expect.that(
            contents == said,
            expected=f"the {len(said)} messages in the session",
            seen=f"{len(contents)}",
            reply=read,
        )
    if read.shows("count"):
        expect(read).says("count", len(said))
    if target.contract.has("messages"):
        pages = listed(caller, "messages", session)
        expect.that(
            pages.values("content") == said,
            expected=f"the {len(said)} messages listed in their order",
            seen=first_off(said, pages.values("content")),
            reply=pages.last,
        )
        for total in pages.totals:
            expect.that(total == len(said), expected=f"a total of {len(said)}", seen=repr(total), reply=pages.last)
    if target.contract.has("list") and "count" in target.contract.first("list").lists["each"].fields:
        rows = {entry["session"]: entry["count"] for entry in listed(caller).entries}
        expect.that(rows.get(session) == len(said), expected=f"{len(said)} in the list", seen=repr(rows.get(session)))
