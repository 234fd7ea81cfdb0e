"""Resumption: a client id leads back to its own living session, to nothing else, and keeps what was in it."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.oddities import twins
from sessionproof.plugin.fixtures import NewCaller
from sessionproof.run import Run
from sessionproof.state import changes, holds, snapshot
from sessionproof.statuses import given_status, other_statuses

requirement = pytest.mark.requirement


@requirement("RES-01")
def every_create_with_one_client_id_returns_one_session(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    first = expect(alice.create(client=alice.client)).makes_new()
    between = target.on_session(writes=True, leave_out=["delete", "clear"])
    for number in range(numbers.resumes):
        expect(alice.create(client=alice.client)).resumes(first.session)
        if between:
            alice.try_on(between[number % len(between)], first.session)
        if number % 2:
            alice.arranged(alice.create(client=f"{alice.client}-{number}"), "create")
    expect(alice.create(client=alice.client)).resumes(first.session)


@requirement("RES-02")
def the_resumed_flag_is_true_exactly_for_sessions_that_were_there(alice: Caller, bob: Caller, expect: Expect) -> None:
    first = alice.create(client=alice.client)
    if not first.shows("resumed"):
        raise NotDeclared("the contract names no flag that tells resumed from new")
    expect(first).makes_new()
    expect(alice.create(client=alice.client)).says("resumed", True)
    expect(alice.create(client=f"{alice.client}-2")).makes_new(first.session)
    expect(alice.create()).makes_new(first.session)
    expect(alice.create(client=f"{alice.client}-2")).says("resumed", True)
    if alice.run.contract.has("delete"):
        alice.arranged(alice.delete(first.session), "delete")
        second = expect(alice.create(client=alice.client)).makes_new(first.session)
        expect(alice.create(client=alice.client)).resumes(second.session)
    if alice.run.contract.resumes_by_user:
        expect(bob.create(client=alice.client)).makes_new(first.session)


@requirement("RES-03")
def resuming_keeps_everything(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    filled = {"title": alice.text("title"), "context": {"c": alice.text()}, "metadata": {"m": alice.text()}}
    session = alice.has_session(client=alice.client, **filled)
    if target.contract.takes_words:
        alice.has_told(session, *(alice.text(str(number)) for number in range(2 if numbers.times == 1 else 12)))
    if "uploads" in target.contract.capabilities:
        alice.has_uploaded(session, "kept.txt", alice.text("in a file").encode())
    if numbers.times > 1:
        alice.has_session(client=f"{alice.client}-beside")
    before = snapshot(alice, session)
    bodies = [{}, {}, other_values(alice) if target.contract.resume_changes == "keep" else {}]
    for body in bodies[-numbers.times :]:
        reply = expect(alice.create(client=alice.client, **body)).resumes(session)
        expect(reply).is_as_before(changes(alice, session, before), "the resumed session")
    if target.contract.recalls:
        more = alice.text("after resuming")
        alice.has_said(session, more)
        expect(alice.create(client=alice.client)).resumes(session)
        seen = said_in(alice, session)[-1:]
        expect.that(seen == [more], expected=f"{more!r} to be the last of the conversation", seen=repr(seen))


def other_values(caller: Caller) -> dict[str, Any]:
    return {"title": caller.text("other"), "context": {"o": caller.text("o")}, "metadata": {"o": caller.text("o")}}


@requirement("RES-04")
def client_ids_of_one_user_have_sessions_of_their_own(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    clients = [f"{alice.client}-{name}" for name in ("phone", "laptop", "tab")]
    sessions: dict[str, str] = {}
    for client in clients:
        sessions[client] = expect(alice.create(client=client)).makes_new(*sessions.values()).session
    for client in (clients[0], clients[2], clients[1], clients[0])[: numbers.times**2]:
        expect(alice.create(client=client)).resumes(sessions[client])
    said = {client: alice.text(client) for client in clients}
    if target.contract.recalls:
        for client in clients:
            alice.has_said(sessions[client], said[client])
        for client in clients:
            seen = said_in(alice, sessions[client])
            expect.that(seen == [said[client]], expected=f"[{said[client]!r}] in its session", seen=repr(seen)[:200])
    if target.contract.has("delete"):
        alice.arranged(alice.delete(sessions[clients[1]]), "delete")
        for client in (clients[2], clients[0])[: numbers.times]:
            expect(alice.create(client=client)).resumes(sessions[client])


@requirement("RES-05")
def one_client_id_of_two_users_leads_to_two_sessions(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if not target.contract.resumes_by_user:
        raise NotDeclared("sessions are declared to be resumed by the client id alone")
    for first, second in ((alice, bob), (bob, alice))[: numbers.times]:
        client = f"shared-{token_hex(6)}"
        secret = first.text("secret")
        mine = first.has_session(client=client, title=secret, context={"c": secret})
        theirs = expect(second.create(client=client)).makes_new(mine)
        expect.that(secret not in theirs.text, expected=f"nothing of {first.name}", seen=secret, reply=theirs)
        read = expect(second.read(theirs.session)).succeeds()
        expect.that(secret not in read.text, expected=f"nothing of {first.name}", seen=secret, reply=read)
        expect(first.create(client=client)).resumes(mine)
        expect(second.create(client=client)).resumes(theirs.session)
        if target.contract.has("delete"):
            first.arranged(first.delete(mine), "delete")
            expect(second.create(client=client)).resumes(theirs.session)


@requirement("RES-08")
def a_client_id_whose_session_was_deleted_starts_anew(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    dead: list[str] = []
    for number in range(numbers.times):
        secret = alice.text("before the delete")
        session = expect(alice.create(client=alice.client, title=secret)).makes_new(*dead).session
        if target.contract.takes_words:
            alice.has_told(session, secret)
        if "uploads" in target.contract.capabilities:
            alice.has_uploaded(session, "left.txt", secret.encode())
        end(session, alice, by_status=number % 2 == 1)
        dead.append(session)
        created = expect(alice.create(client=alice.client)).makes_new(*dead)
        reads = target.on_session(writes=False) if numbers.times > 1 else ()
        read = expect(alice.read(created.session)).succeeds()
        views = [alice.try_on(binding, created.session) for binding in numbers.some(reads)]
        for reply in (created, read, *views):
            expect.that(secret not in reply.text, expected="nothing of the deleted session", seen=secret, reply=reply)
            if "uploads" in reply.request.binding.lists or reply.request.binding.operation == "uploads":
                expect.that("left.txt" not in reply.text, expected="none of its files", seen="left.txt", reply=reply)
        for binding in numbers.some(target.on_session(writes=True, leave_out=["delete"])):
            expect(alice.try_on(binding, created.session)).succeeds()
        alice.arranged(alice.delete(created.session), "delete")
        dead.append(created.session)
    if target.contract.resumes_by_user:
        expect(bob.create(client=alice.client)).makes_new(*dead)


def end(session: str, caller: Caller, *, by_status: bool) -> None:
    """Delete a session, by its status where the contract has that way too."""
    contract = caller.run.contract
    has_both = contract.status_deleted and contract.has("update") and "status" in contract.first("update").sends
    if by_status and has_both and caller.update(session, status=contract.status_deleted).ok:
        return
    caller.arranged(caller.delete(session), "delete")


@requirement("RES-09")
def without_a_client_id_every_create_is_new(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    users = [alice, alice, bob, bob] if target.contract.identity.kind != "none" else [alice, alice]
    create = target.contract.first("create")
    in_body = any(place.part == "body" for place in create.sends.get("client", ()))
    issued: list[str] = []
    kinds: list[dict[str, Any]] = [
        {},
        {"client": None},
        {"client": ""},
        {"client": " "},
        {"client": "\t"},
    ]
    for values in kinds[: 3 * numbers.times]:
        if values and values["client"] != "" and not in_body:
            continue  # a header or query can't tell null or blank from text
        if values and values["client"] is None and not create.is_typed:
            continue  # nor can a form tell null
        for caller in users[: None if not values else numbers.times * 4 - 2]:
            reply = caller.create(**values)
            if values and reply.refused:
                continue
            issued.append(expect(reply).makes_new(*issued).session)


@requirement("RES-10")
def nearly_equal_client_ids_are_different(alice: Caller, expect: Expect, numbers: Numbers) -> None:
    pairs = twins(alice.client)
    for kind in numbers.some(list(pairs)):
        first, second = pairs[kind]
        sessions: dict[str, str] = {}
        for client in (first, second):
            reply = alice.create(client=client)
            if reply.unsent:
                continue  # a header carries no such id
            if reply.refused:
                expect.observe(f"client ids with {kind} are refused")
                continue
            sessions[client] = expect(reply).succeeds().session
        expect.that(
            len(set(sessions.values())) == len(sessions),
            expected=f"client ids that differ by {kind} to have a session each",
            seen=f"one for {first!r} and {second!r}",
        )
        for client, session in sessions.items():
            expect(alice.create(client=client)).resumes(session)


@requirement("RES-10")
def a_user_and_client_pair_is_not_their_concatenation(
    alice: Caller, new_caller: NewCaller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    named_freely = target.contract.identity.kind in ("header", "query") and target.invents_users
    if not named_freely or not target.contract.resumes_by_user:
        raise NotDeclared("users can't be named freely here")
    for delimiter in (":", "/", "|", "_", "-")[: numbers.times * 3 - 3]:
        base = f"u{alice.actor.marker[2:]}"
        one = new_caller("first", base)
        other = new_caller("second", f"{base}{delimiter}b")
        mine, theirs = one.create(client=f"b{delimiter}c"), other.create(client="c")
        if not mine.refused and not theirs.refused:
            expect(theirs).makes_new(mine.session)
            expect(one.create(client=f"b{delimiter}c")).resumes(mine.session)


@requirement("RES-11")
def resuming_with_other_values_does_what_the_contract_says(alice: Caller, expect: Expect, target: Run) -> None:
    contract, create = target.contract, target.contract.first("create")
    shortest, longest = max(contract.life.minimum or 120.0, 30 / target.scale), contract.life.maximum or 7200.0
    has_timeout = "timeout" in contract.capabilities
    first = {"life": longest, "kind": "one"} if has_timeout else {}
    session = alice.has_session(client=alice.client, **first)
    before = alice.arranged(alice.read(session), "read")
    bodies: list[dict[str, Any]] = [
        {"life": shortest},
        {"kind": "two", **other_values(alice)},
        {"life": shortest, "kind": "two", **other_values(alice)},
    ]
    taken = [
        {name: value for name, value in body.items() if name in create.sends}
        for body in (bodies if has_timeout else [other_values(alice) for _ in range(2)])
    ]
    if not any(taken):
        raise NotDeclared("a create takes nothing that a resume could change")
    for body in filter(None, taken):
        reply = alice.create(client=alice.client, **body)
        if contract.resume_changes == "reject":
            expect(reply).is_refused()
            continue
        expect(reply).resumes(session)
        after = expect(alice.read(session)).succeeds()
        shown = [name for name in body if before[name] is not ABSENT]
        if contract.resume_changes == "keep":
            for name in shown:
                expect(after).says(name, before[name])
        elif contract.resume_changes == "apply":
            for name in shown:
                expect.that(
                    holds(after[name], body[name]),
                    expected=f"{name} {body[name]!r}",
                    seen=repr(after[name]),
                    reply=after,
                )
        else:
            changed = [name for name in shown if after[name] != before[name]]
            expect.observe(f"a resume with other values changes {', '.join(changed) or 'nothing'}")
        for name in shown:
            if reply.shows(name):
                expect(reply).says(name, after[name])
        ends, ended = after.instant("expires"), before.instant("expires")
        if contract.resume_changes != "apply" and ends is not None and ended is not None:
            expect.that(
                ends >= ended - 1,
                expected="an expiry not earlier than before",
                seen=str(after["expires"]),
                reply=after,
            )


@requirement("RES-11")
def resuming_an_archived_session_keeps_it(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    contract, statuses = target.contract, other_statuses(target.contract)
    if numbers.times == 1:
        return
    if not statuses:
        raise NotDeclared("the contract has no status to archive with")
    for status in statuses:
        client = f"{alice.client}-{status}"
        session = alice.has_session(client=client)
        given_status(session, status, alice)
        reply = alice.create(client=client)
        if contract.resume_changes == "keep":
            expect(reply).resumes(session)
            expect(alice.read(session)).says("status", status)
        else:
            expect(reply).is_no_server_error()
            which = "the" if reply.session == session else "another"
            shown = f"{which} session, with status {reply['status']!r}" if reply.ok else str(reply.status)
            expect.observe(f"resuming a session that is {status} answers {shown}")
