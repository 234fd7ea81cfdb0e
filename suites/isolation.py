"""Isolation: nobody sees, changes or keeps alive what is another's, whatever a request claims."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.lists import already_there, listed, second_page
from sessionproof.oddities import never_issued
from sessionproof.plugin.fixtures import NewCaller
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.statuses import given_status, other_statuses
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement

ID_NAMES = ("session_id", "sessionId", "id")
OWNER_NAMES = ("user_id", "userId", "owner", "user")


def owner_names(target: Run) -> tuple[str, ...]:
    """Fields by which a request might claim an owner: the usual ones, the identity's own, and those of answers."""
    name = target.contract.identity.name.lower().removeprefix("x-").replace("-", "_")
    own = [name, name.removesuffix("_id")] if target.contract.identity.kind == "header" else []
    shown = [binding.returns["user"] for binding in target.contract.bindings if "user" in binding.returns]
    fields = [place.pointer.rpartition("/")[2] for place in shown if place.part == "body"]
    sent = [place for binding in target.contract.bindings for places in binding.sends.values() for place in places]
    taken = {"", *(place.name or place.pointer.rpartition("/")[2] for place in sent)}
    return tuple(dict.fromkeys([*OWNER_NAMES, *(name for name in (*own, *fields) if name not in taken)]))


def filled_session(caller: Caller, target: Run) -> str:
    """A session with the caller's canary in everything that it can hold."""
    values = {
        "title": caller.text("title"),
        "context": {"c": caller.text()},
        "metadata": {"m": caller.text()},
    }
    session = caller.has_session(client=caller.client, **values)
    if target.contract.takes_words:
        caller.has_told(session, caller.text("said"))
    if "uploads" in target.contract.capabilities:
        caller.has_uploaded(session, f"{caller.actor.marker}.txt", caller.text("in a file").encode())
    if target.effort.numbers.times > 1:
        has_a_past(session, caller, values, target)
    return session


def has_a_past(session: str, caller: Caller, values: dict[str, Any], target: Run) -> None:
    """The session was changed, and resumed, where it can be."""
    if target.contract.has("update") and any(name in target.contract.first("update").sends for name in values):
        caller.arranged(caller.update(session, **values), "update")
    if "resume" in target.contract.capabilities:
        caller.arranged(caller.create(client=caller.client), "create")


@requirement("ISO-01")
def no_read_shows_another_users_session(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = filled_session(alice, target)
    own = filled_session(bob, target)
    reads = target.on_session(writes=False)
    for _ in range(numbers.times):
        for binding in reads:
            expect(bob.try_on(binding, session)).is_foreign()
            expect(bob.try_on(binding, own)).succeeds()
            expect(alice.try_on(binding, session)).succeeds()
    if numbers.times > 1:
        if target.contract.takes_words:
            alice.has_told(session, alice.text("said again"))
        if "uploads" in target.contract.capabilities:
            alice.has_uploaded(session, "another.txt", alice.text("in another file").encode())
        for binding in reads:
            later_pages_are_foreign(binding, session, alice, bob, expect)
        for status in other_statuses(target.contract):
            moved = alice.has_session()
            if target.contract.takes_words:
                alice.has_told(moved, alice.text(f"before it was {status}"))
            given_status(moved, status, alice)
            for binding in reads:
                expect(bob.try_on(binding, moved)).is_foreign()


def later_pages_are_foreign(binding: Binding, session: str, owner: Caller, other: Caller, expect: Expect) -> None:
    """A page after the first is as much its owner's as the whole is."""
    expect(other.try_on(binding, session)).is_foreign()
    later = second_page(owner, binding, session)
    if later:
        expect(other.call(binding, session, **later)).is_foreign()


@requirement("ISO-02")
def a_refused_operation_has_no_effect(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    owned = already_there(alice)
    session = filled_session(alice, target)
    before = snapshot(alice, session, moving=True)
    for binding in (
        *target.on_session(writes=True),
        *target.on_session(writes=False)[2 - numbers.times :],
    ):
        for _ in range(numbers.times):
            reply = expect(bob.try_on(binding, session)).is_foreign()
            if numbers.times > 1:
                expect(reply).is_as_before(changes(alice, session, before, moving=True), "alice's session")
    expect(reply).is_as_before(changes(alice, session, before, moving=True), "alice's session")
    if target.contract.has("list"):
        own = listed(alice)
        expect(own.last).holds_exactly([*owned, session], map(str, own.values("session")), "sessions of alice")


@requirement("ISO-02")
def a_refused_operation_does_not_prolong_the_life(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if numbers.times == 1:
        return
    session = filled_session(alice, target)
    before = times_in_the_list(alice, session, target)
    for binding in target.on_session():
        reply = expect(bob.try_on(binding, session)).is_foreign()
        after = times_in_the_list(alice, session, target)
        expect(reply).is_as_before(differences(before, after), "the times of alice's session")


def times_in_the_list(caller: Caller, session: str, target: Run) -> dict[str, object]:
    """Activity and expiry as the list shows them. Raises NotDeclared where listing may move them, or shows none."""
    if not target.contract.has("list") or "list" not in target.contract.life.not_refreshed_by:
        raise NotDeclared("the contract doesn't say that listing refreshes nothing")
    row = next((entry for entry in listed(caller).entries if entry.get("session") == session), {})
    times = {name: row[name] for name in ("activity", "expires") if row.get(name, ABSENT) is not ABSENT}
    if not times:
        raise NotDeclared("the list shows neither activity nor expiry")
    return times


@requirement("ISO-03")
def lists_hold_the_callers_sessions_only(
    alice: Caller, bob: Caller, new_caller: NewCaller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if target.contract.list_scope == "all":
        raise NotDeclared("the list is declared to show everyone's sessions")
    without_sessions = [new_caller("carol")] if target.invents_users and numbers.times > 1 else []
    own = {caller.name: already_there(caller) for caller in (alice, bob, *without_sessions)}
    has_old_ones = any(own.values())
    for _ in range(numbers.page):
        own["alice"].append(alice.has_session(title=alice.text("title")))
        own["bob"].append(bob.has_session(title=bob.text("title")))
    filters: list[dict[str, str]] = [{}]
    if target.contract.status_initial and "status" in target.contract.first("list").sends and not has_old_ones:
        filters.append({"status": target.contract.status_initial})
    for caller in (bob, *without_sessions, alice):
        for chosen in filters[: numbers.times]:
            for size in (None, 2, 1, numbers.page * 2)[: numbers.times * 4 - 2]:
                seen = listed(caller, page=size, **chosen)
                expect(seen.last).holds_exactly(own[caller.name], map(str, seen.values("session")), f"of {caller.name}")
                only_own(seen.replies, own[caller.name], expect)
        somebody = alice if caller is bob else bob
        for place in {str(reply["next"]) for reply in seen.replies if reply["next"] not in (ABSENT, None, "")}:
            taken = somebody.list(cursor=place)
            shown = {str(entry["session"]) for entry in taken.items() or ()} if taken.ok else set()
            strange = shown.difference(own[somebody.name])
            expect(taken).holds_exactly([], strange, f"of {caller.name} by {caller.name}'s cursor")
        if "offset" in target.contract.first("list").sends:
            beyond = caller.list(offset=len(own[caller.name]) + 1)
            expect(beyond).leaks_nothing()
            expect(beyond).holds_exactly([], map(str, beyond.items() or ()), "sessions past the end")


def only_own(replies: tuple[Reply, ...], own: list[str], expect: Expect) -> None:
    for reply in replies:
        expect(reply).leaks_nothing()
        if reply.shows("total"):
            expect(reply).says("total", len(own))


@requirement("ISO-04")
def a_foreign_session_looks_like_one_that_never_was(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    contract = target.contract
    session = filled_session(alice, target)
    missing = never_issued(session, chance)
    for binding in numbers.some(target.on_session()):
        foreign, unknown = bob.try_on(binding, session), bob.try_on(binding, missing)
        if unknown.ok and binding.operation == "delete":
            expect.observe(f"deleting what isn't there answers {unknown.status}")
            continue
        alike = masked(foreign, session) == masked(unknown, missing)
        if contract.foreign & contract.unknown:
            expect(unknown).is_unknown()
            expect.that(
                alike,
                expected=f"one answer for foreign and never issued ({masked(unknown, missing)[0]})",
                seen=f"{foreign.status} with another body or headers ({masked(foreign, session)[1][:120]})",
                reply=foreign,
            )
        else:
            expect(foreign).is_foreign()
            expect.observe(f"foreign {foreign.status} and never issued {unknown.status} can be told apart")


def masked(reply: Reply, session: str) -> tuple[int | None, str, tuple[str, ...]]:
    """Status, body without ids and times that differ from call to call, and the names of an API's headers."""
    varying = ("date", "content-length", "server", "connection", "keep-alive", "etag")
    names = {name.lower() for name, _ in reply.answer.headers if "id" not in name.lower().split("-")}
    text = re.sub(r"[0-9a-fA-F-]{12,}|\d{4}-\d\d-\d\d[T ][\d:.,Z+]*|\d{6,}", "*", reply.text.replace(session, "*"))
    return reply.status, text, tuple(sorted(names.difference(varying)))


@requirement("ISO-05")
def without_an_identity_nothing_is_done(
    alice: Caller,
    nobody: Caller,
    stranger: Callable[[str], Caller],
    expect: Expect,
    numbers: Numbers,
    target: Run,
) -> None:
    if target.contract.identity.guests:
        raise NotDeclared("callers without an identity are declared to be guests")
    session = filled_session(alice, target)
    before = snapshot(alice, session, moving=True)
    owned = listed(alice).values("session") if target.contract.has("list") else []
    callers = [nobody, stranger("")]
    if target.contract.identity.by_token:
        callers.insert(1, stranger("a-token-that-nobody-was-given"))
    for caller in callers[: numbers.times * 2 - 1]:
        for binding in target.contract.bindings[: 5 * numbers.times**3]:
            if binding.anonymous or binding.operation in ("login", "delete"):
                continue
            reply = expect(caller.try_on(binding, session)).is_without_identity()
            expect(reply).leaks_nothing()
        expect(caller.create(client=alice.client)).is_without_identity()
        if target.contract.has("delete"):
            expect(caller.delete(session)).is_without_identity()
        expect(reply).is_as_before(changes(alice, session, before, moving=True), "alice's session")
    if owned:
        expect(alice.list()).holds_exactly(owned, listed(alice).values("session"), "sessions of alice")


@requirement("ISO-06")
def the_owner_comes_from_the_identity_alone(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    identity, victim = target.contract.identity, str(alice.user)
    owned = already_there(alice)
    session = filled_session(alice, target)
    before = snapshot(alice, session, moving=True)
    claims = [
        Raw(body=dict.fromkeys(owner_names(target), victim)),
        Raw(query=tuple((name, victim) for name in owner_names(target))),
    ]
    claims += [Raw(headers=(("X-Owner", victim), ("X-Forwarded-User", victim), ("X-Original-User", victim)))]
    claims += [
        Raw(headers=(("X-User-Roles", "admin"), ("X-User-Role", "admin"), ("X-Roles", "admin"), ("X-Admin", "true")))
    ]
    claims += [
        Raw(headers=((name, value),)) for name, value in ((identity.roles, "admin"), (identity.email, victim)) if name
    ]
    if identity.kind == "header":
        claims.append(Raw(headers=((identity.name, victim),)))
    for raw in numbers.some(claims):
        creates_for_itself(bob, alice, raw, expect)
        if target.contract.has("list") and target.contract.list_scope != "all" and not raw.body:
            reply = bob.list(raw=raw)
            expect(reply).leaks_nothing()
            shown = [entry.get("session") for entry in reply.items() or ()]
            expect.that(session not in shown, expected="no session of alice", seen=session, reply=reply)
        takes_it = [one for one in target.on_session() if not raw.body or one.method not in ("GET", "DELETE")]
        for binding in numbers.some(takes_it):
            reply = bob.call(binding, session, raw=raw, **valid_values(bob, binding.sends))
            expect(reply).is_refused()
            expect(reply).leaks_nothing()
        expect(target.transcript[-1]).is_as_before(changes(alice, session, before, moving=True), "alice's session")
    if target.contract.has("list") and target.contract.list_scope != "all":
        seen = listed(alice)
        expect(seen.last).holds_exactly([*owned, session], map(str, seen.values("session")), "sessions of alice")


def creates_for_itself(caller: Caller, victim: Caller, raw: Raw, expect: Expect) -> None:
    reply = caller.create(raw=raw)
    if reply.refused:
        return
    expect(reply).makes_new()
    seen = caller.read(reply.session)
    # Two lines of one header may be joined by a comma (RFC 9110 section 5.3), and then name a third user.
    named_twice = any(name == caller.run.contract.identity.name for name, _ in raw.headers)
    if not (named_twice and seen.refused):
        expect(seen).succeeds()
    expect(victim.read(reply.session)).is_foreign()
    if "update" in caller.run.contract.capabilities and raw.body and caller.run.effort.numbers.times > 1:
        caller.update(reply.session, title=caller.text("title"), raw=raw)
        expect(caller.read(reply.session)).succeeds()
        expect(victim.read(reply.session)).is_foreign()


def valid_values(caller: Caller, sends: object) -> dict[str, str]:
    values = {
        "role": caller.role,
        "content": caller.text("said"),
        "title": caller.text("title"),
        "question": caller.text(),
    }
    return {name: value for name, value in values.items() if name in sends}  # type: ignore[operator]


@requirement("ISO-07")
def a_second_session_id_in_a_request_is_refused_or_without_effect(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    users = (bob, alice) if target.contract.identity.kind != "none" else (bob, bob)
    mine = filled_session(bob, target)
    theirs = users[1].has_session(title=users[1].text("theirs"))
    other = bob.has_session(title=bob.text("other")) if numbers.times > 1 else ""
    for named in (theirs, other)[: numbers.times]:
        owner = bob if named == other else users[1]
        before = snapshot(owner, named, moving=True)
        for raw in numbers.some(extra_ids(named, target)):
            for binding in numbers.some(target.on_session(leave_out=["delete"])):
                if raw.body and binding.method == "GET":
                    continue
                if (named == other or users[1] is bob) and names_it_twice(binding, raw):
                    continue  # which of two own sessions is meant is anybody's guess
                acts_on_the_declared_session(bob, binding.operation, mine, named, raw, expect, target)
            if target.contract.has("delete") and numbers.times > 1:
                reply = bob.delete(bob.has_session(), raw=Raw(headers=raw.headers, query=raw.query))
                expect(reply).is_no_server_error()
            if numbers.times > 1:
                seen = changes(owner, named, before, moving=True)
                expect(target.transcript[-1]).is_as_before(seen, "the session named in the wrong place")
        the_path_names_the_session(bob, mine, named, expect, target)
        seen = changes(owner, named, before, moving=True)
        expect(target.transcript[-1]).is_as_before(seen, "the session named elsewhere too")


def the_path_names_the_session(caller: Caller, mine: str, named: str, expect: Expect, target: Run) -> None:
    """Where a request names its session in the path and elsewhere too, another one there is refused or ignored."""
    for binding in target.on_session(leave_out=["delete"]):
        parts = {place.part for place in binding.carriers()}
        for part in parts - {"path"} if "path" in parts else ():
            reply = caller.try_on(binding, mine, raw=Raw(sessions={part: named}))
            expect(reply).is_no_server_error()
            if reply.ok and reply.shows("session"):
                expect(reply).says("session", mine)


def extra_ids(session: str, target: Run) -> list[Raw]:
    """`session` in places where the contract has none, or has one already."""
    places = {place for binding in target.on_session() for place in binding.carriers()}
    headers = {"X-Session-ID", *(place.name for place in places if place.part == "header")}
    queries = {*ID_NAMES, *(place.name for place in places if place.part in ("query", "path"))}
    return [
        Raw(headers=tuple((name, session) for name in sorted(headers))),
        Raw(query=tuple((name, session) for name in sorted(queries))),
        Raw(body=dict.fromkeys(ID_NAMES, session)),
    ]


def names_it_twice(binding: Binding, raw: Raw) -> bool:
    """Whether `raw` names a session in the very place in which the contract does."""
    named = {("header", name.lower()) for name, _ in raw.headers}
    named |= {("query", name.lower()) for name, _ in raw.query} | {("body", name.lower()) for name in raw.body}
    return any((place.part, (place.name or place.pointer[1:]).lower()) in named for place in binding.carriers())


def acts_on_the_declared_session(
    caller: Caller, operation: str, mine: str, named: str, raw: Raw, expect: Expect, target: Run
) -> None:
    binding = target.contract.first(operation)
    values = valid_values(caller, binding.sends)
    reply = caller.call(binding, mine, raw=raw, **values)
    expect(reply).is_no_server_error()
    if not reply.ok:
        return
    if reply.shows("session"):
        expect(reply).says("session", mine)
    if operation == "add_message" and "messages" in target.contract.capabilities:
        seen = said_in(caller, mine)
        expect.that(
            values["content"] in seen,
            expected="the message in the session that the contract's own place names",
            seen="elsewhere",
            reply=reply,
        )


@requirement("ISO-09")
def sessions_never_share_what_is_in_them(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    contract = target.contract
    secrets: dict[str, str] = {}
    for number in range(max(2, numbers.page // 2)):
        client: dict[str, Any] = {"client": f"{alice.client}-{number}"} if "resume" in contract.capabilities else {}
        secret = alice.text(f"only in {number}")
        filled = {"title": secret, "context": {"c": secret}, "metadata": {"m": secret}}
        session = alice.has_session(**client, **filled) if client else alice.has_another_session(*secrets)
        secrets[session] = secret
        if contract.takes_words:
            alice.has_told(session, secret)
        if "uploads" in contract.capabilities:
            alice.has_uploaded(session, "notes.txt", secret.encode())
        if contract.has("update"):
            own = {f"k{number}": secret}
            alice.arranged(alice.update(session, title=secret, context=own, metadata=own), "update")
        if client and number % 2:
            alice.arranged(alice.create(**client), "create")
    fresh = expect(alice.create()).makes_new(*secrets)
    if contract.has("query"):
        for session in (fresh.session, *secrets):
            answer = expect(alice.ask(session, alice.text("what do you know?"))).succeeds()
            foreign = [secret for other, secret in secrets.items() if other != session and secret in answer.text]
            expect.that(not foreign, expected="nothing of another session", seen=", ".join(foreign), reply=answer)
    shown = set()
    for session in (*secrets, fresh.session):
        for binding in numbers.some(target.on_session(writes=False), numbers.times**4):
            reply = expect(alice.try_on(binding, session)).succeeds()
            shown |= {session} if secrets.get(session, "nothing planted") in reply.text else set()
            foreign = [secret for other, secret in secrets.items() if other != session and secret in reply.text]
            expect.that(not foreign, expected="nothing of another session", seen=", ".join(foreign), reply=reply)
    if not shown:
        raise Unproven("nothing that can be put into a session comes back")
    expect.that(shown == set(secrets), expected="each session's own content", seen=f"that of {len(shown)} sessions")
