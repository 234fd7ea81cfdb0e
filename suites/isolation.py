"""Isolation: nobody sees, changes or keeps alive what is another's."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.filled import filled_session
from sessionproof.lists import already_there, listed, second_page
from sessionproof.oddities import never_issued
from sessionproof.plugin.fixtures import NewCaller
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.statuses import given_status, other_statuses
from sessionproof.wire import Reply

requirement = pytest.mark.requirement


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
