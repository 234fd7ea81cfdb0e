"""What a request claims: whose it is and which session it means, besides what identity and path say."""

from __future__ import annotations

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.dialogue import said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.filled import filled_session
from sessionproof.lists import already_there, listed
from sessionproof.run import Run
from sessionproof.state import changes, snapshot
from sessionproof.wire import Raw

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
