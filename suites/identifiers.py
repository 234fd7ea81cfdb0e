"""Identifiers: session and user ids can't be guessed, chosen or mistaken for one another; paths mean one thing."""

from __future__ import annotations

import math
import random
import re
from collections import Counter

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared, Unproven
from sessionproof.lists import listed
from sessionproof.oddities import never_issued
from sessionproof.plugin.fixtures import NewCaller
from sessionproof.run import Run
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement

_SLASH = "a slash behind"
ENOUGH_BITS = 100  # a random UUID has 122 (RFC 9562 section 5.4)


@requirement("SEC-01")
def session_ids_cannot_be_guessed(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    earlier = list(target.issued) if numbers.times == 1 else []  # a quick run makes do with the ids that it has seen
    replies = [alice.arranged(alice.create(), "create") for _ in range(max(1, max(12, numbers.creates) - len(earlier)))]
    ids = [*earlier, *(reply.session for reply in replies)]
    look_random(ids, replies[-1], alice, expect, target)
    for binding in first_interactions(target) if numbers.times > 1 else ():
        replies = [alice.arranged(begins(alice, binding), binding.name) for _ in range(12)]
        look_random([reply.session for reply in replies], replies[-1], alice, expect, target)


def first_interactions(target: Run) -> list[Binding]:
    """The operations that make a session where the request names none."""
    makers = (
        [one for name in ("query", "upload") for one in target.contract.all(name)] if target.contract.autocreate else []
    )
    return [one for one in makers if not one.names_session_in_path]


def begins(caller: Caller, binding: Binding) -> Reply:
    values = {"question": caller.text("first")} if binding.operation == "query" else {"file": ("first.txt", b"first")}
    return caller.call(binding, client=caller.another_client(), **values)


def look_random(ids: list[str], last: Reply, alice: Caller, expect: Expect, target: Run) -> None:
    expect.that(len(set(ids)) == len(ids), expected="ids that differ", seen="the same id twice", reply=last)
    plain = [id for id in ids if not re.fullmatch(r"[A-Za-z0-9._~-]+", id)]
    expect.that(not plain, expected="ids of URL-safe ASCII", seen=repr(plain[:1]), reply=last)
    sortable = target.contract.id_bits is not None  # declared randomness may follow a time, as in UUID version 7
    expect.that(
        sortable or (ids != sorted(ids) and ids != sorted(ids, reverse=True)),
        expected="ids in no order",
        seen="a rising order",
        reply=last,
    )
    named = [id for id in ids if alice.actor.marker in id.lower()]
    expect.that(not named, expected="ids without the user's name", seen=repr(named[:1]), reply=last)
    needed = target.contract.id_bits or ENOUGH_BITS
    bits = random_bits(ids)
    expect.that(
        bits >= needed * 0.95,  # an estimate: UUIDs have two bits in a column that hardly varies
        expected=f"at least {needed} random bits",
        seen=f"about {bits:.0f} in {ids[0]}",
        reply=last,
    )


def random_bits(ids: list[str]) -> float:
    """What the positions that vary from id to id can carry; those that hardly vary carry nothing.

    Numbers have no zeros in front, and still are all of one range.
    """
    if all(map(str.isdecimal, ids)):
        ids = [id.zfill(max(map(len, ids))) for id in ids]
    shortest = min(map(len, ids))
    columns = [Counter(id[position] for id in ids) for position in range(shortest)]
    varied = [column for column in columns if len(column) > 4]
    alphabet = {character for column in varied for character in column}
    return len(varied) * math.log2(len(alphabet)) if alphabet else 0.0


@requirement("ISO-10")
def ids_that_are_credentials_are_given_to_nobody_else(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    contract = target.contract
    if contract.identity.kind != "none":
        raise NotDeclared("callers have an identity: the session id is not the credential")
    theirs = [bob.has_session() for _ in range(max(12, numbers.page))]
    needed, bits = contract.id_bits or ENOUGH_BITS, random_bits(theirs)
    strong = f"at least {needed} random bits"
    expect.that(bits >= needed * 0.95, expected=strong, seen=f"about {bits:.0f}", reply=target.transcript[-1])
    own = alice.has_session()
    replies = [alice.create(), *(alice.try_on(one, own) for one in target.on_session(leave_out=["delete"]))]
    replies += [alice.try_on(one, never_issued(own, chance)) for one in target.on_session()]
    replies += [alice.call(one) for name in ("health", "stats") for one in contract.all(name)]
    if contract.has("list") and contract.list_for != "operators":
        replies += listed(alice).replies
    for reply in replies:
        for other in theirs:
            expect(reply).lacks(other, "the ids of other clients' sessions")
    if contract.list_for == "operators":
        expect.observe("isolation not provided: the list of all ids is declared for operators; keep clients from it")


@requirement("SEC-02")
def ids_come_only_from_the_server(
    alice: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    issued = alice.has_session()
    for number in range(min(3, numbers.times * 2 - 1)):
        chosen = never_issued(issued, chance)
        names = ("session_id", "sessionId", "id")
        raw = (
            Raw(body=dict.fromkeys(names, chosen)),
            Raw(query=tuple((name, chosen) for name in names)),
            Raw(headers=(("X-Session-ID", chosen),)),
        )[number]
        reply = alice.create(raw=raw)
        if not reply.refused:
            expect(reply).makes_new(issued, chosen)
        expect(alice.read(chosen)).is_unknown()
    for binding in target.on_session(writes=True if numbers.times == 1 else None):
        missing = never_issued(issued, chance)
        for _ in range(numbers.times):
            reply = alice.try_on(binding, missing)
            if not (reply.ok and binding.operation == "delete"):  # deleting what isn't there may be harmless
                expect(reply).is_unknown()
        if binding.method != "GET" or numbers.times > 1:
            expect(alice.read(missing)).is_unknown()
        if target.contract.has("list") and numbers.times > 1:
            seen = listed(alice)
            expect.that(missing not in seen.values("session"), expected="not listed", seen=missing, reply=seen.last)


@requirement("SEC-07")
def session_ids_are_compared_exactly(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    session = alice.has_session(client=alice.client)
    names = {"its client's id": alice.client, "its user's name": str(alice.user or "user"), **nearly(session)}
    for name, other in numbers.some(list(names.items())[:: 1 if numbers.times > 1 else -1]):
        for binding in numbers.some(target.on_session(leave_out=["delete"])):
            if name == _SLASH and target.contract.slash != "exact" and binding.names_session_in_path:
                continue  # the same path by another spelling
            reply = alice.try_on(binding, other)
            if reply.unsent:
                continue  # a header carries no outer spaces and no control characters
            expect.that(
                reply.refused,
                expected=f"no session under an id with {name}",
                seen=f"{reply.status} for {other!r}",
                reply=reply,
            )
    expect(alice.read(session)).succeeds()


def nearly(session: str) -> dict[str, str]:
    """Ids that are not `session`, but look like it to a careless comparison."""
    changed = {
        "upper case": session.upper(),
        "lower case": session.lower(),
        "a space behind": f"{session} ",
        "a space before": f" {session}",
        "its last character missing": session[:-1],
        "one character more": f"{session}0",
        "a pattern": f"{session[:-1]}*",
        "a wildcard": f"{session[:-1]}%",
        "nothing but a pattern": "*",
        "its hyphens missing": session.replace("-", ""),
        "a line break behind": f"{session}\n",
        "a NUL behind": f"{session}\0",
        "a path before": f"x/../{session}",
        "a dot before": f"./{session}",
        _SLASH: f"{session}/",
    }
    return {name: other for name, other in changed.items() if other != session}


@requirement("SEC-07")
def user_ids_are_compared_exactly(
    alice: Caller, new_caller: NewCaller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    if target.contract.identity.kind not in ("header", "query"):
        raise NotDeclared("users can't be named freely here")
    if not target.invents_users:
        raise Unproven("users can't be named freely in this run; leave --user out")
    base = f"u{alice.actor.marker[2:]}_1"
    names = [base, f"{base}0", base.upper(), base[:-1], f"{base}*", base[:-1] + "*", f"{base}:x"]
    callers = [new_caller(f"user{number}", name) for number, name in enumerate(numbers.some(names))]
    sessions: dict[str, str] = {}
    for caller in callers:
        reply = caller.create(client="the-same")
        if not reply.refused:
            sessions[str(caller.user)] = expect(reply).makes_new(*sessions.values()).session
    for caller in callers:
        for owner, session in sessions.items():
            if owner == caller.user:
                expect(caller.read(session)).succeeds()
                continue
            for binding in numbers.some(target.on_session(leave_out=["delete"])):
                expect(caller.try_on(binding, session)).is_foreign()
        if target.contract.has("list") and caller.user in sessions and target.contract.list_scope != "all":
            seen = listed(caller)
            expect(seen.last).holds_exactly(
                [sessions[caller.user]], map(str, seen.values("session")), f"of {caller.user!r}"
            )


@requirement("SEC-08")
def a_trailing_slash_does_what_is_declared(
    alice: Caller, nobody: Caller, new_caller: NewCaller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    identity = target.contract.identity
    others = [nobody] if identity.kind != "none" else []
    others += [new_caller("bob")] if "users" in target.means and numbers.times > 1 else []
    for binding in target.contract.bindings[: 5 * numbers.times**3]:
        if binding.operation in ("delete", "login") or ("{" in binding.path and not binding.on_session):
            continue
        other = other_form(binding, session)
        needs_identity = not binding.anonymous and not identity.guests
        for caller in [one for one in others if binding.on_session or (one is nobody and needs_identity)]:
            for path in (other, f"/{other}")[: numbers.times]:
                reply = at_path(caller, binding, path, session)
                by = f"no success for {caller.name}"
                expect.that(not reply.ok, expected=by, seen=str(reply.status), reply=reply)
        answers_as_declared(at_path(alice, binding, other, session), session, expect, target)


def answers_as_declared(reply: Reply, session: str, expect: Expect, target: Run) -> None:
    binding = reply.request.binding
    if target.contract.slash == "exact":
        expect(reply).is_refused()
    elif target.contract.slash == "either":
        expect(reply).succeeds()
    elif target.contract.slash == "redirect":
        expect.that(reply.status in (307, 308), expected="307 or 308", seen=str(reply.status), reply=reply)
        leads = (reply.header("Location") or "").split("?")[0].endswith(plain_path(binding, session))
        expect.that(leads, expected=plain_path(binding, session), seen=str(reply.header("Location")), reply=reply)
    else:
        expect(reply).is_no_server_error()
        expect.observe(f"{binding.method} {other_form(binding, 'ID')} answers {reply.status}")


def plain_path(binding: Binding, session: str) -> str:
    path = binding.path
    for place, value in binding.constants:
        path = path.replace(f"{{{place.name}}}", str(value)) if place.part == "path" else path
    return re.sub(r"{[^}]+}", session, path)


def other_form(binding: Binding, session: str) -> str:
    """The path with a slash at its end where it has none, and without where it has one."""
    path = plain_path(binding, session)
    return path[:-1] if path.endswith("/") else f"{path}/"


def at_path(caller: Caller, binding: Binding, path: str, session: str) -> Reply:
    return caller.try_on(binding, session, raw=Raw(path=path))
