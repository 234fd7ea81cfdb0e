"""Input: what is malformed, claimed or out of range is refused or ignored, leaves no trace, and is answered clearly."""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import PAGING, Binding
from sessionproof.contract.expressions import put_pointer
from sessionproof.contract.schemas import misfits
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import listed
from sessionproof.oddities import never_issued
from sessionproof.run import Run
from sessionproof.state import differences, snapshot
from sessionproof.wire import Raw, Reply

requirement = pytest.mark.requirement

OWNED = ("user", "created", "updated", "activity", "expires", "session")  # the server's own

ODD_PATH_PARTS = ("%00", "..%2f..%2fetc", "%F0%9F%98%80", "a" * 4000, "%20", "'%22%3B--", "%ff%fe")
ODD_LIMITS = ("-1", "abc", "1e9", "99999999999999999999", "")
NOT_AN_OBJECT = (b'{"title": ', b"[1, 2]", b'"text"', b"\xff\xfe\x00", b"{'a': 1}", b"nul", b"\xef\xbb\xbf{")
ODD_OBJECTS = (
    b'{"context": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001,
    b'{"metadata": {"n": 1e999}}',
    b'{"title": "\\ud800"}',
    b'{"title": "a\\u0000b"}',
    b'{"title": "a", "title": "b"}',
)
TRACES = re.compile(
    r"Traceback \(most recent|File \"/|\.py\", line \d|at [\w.$]+\(\w+\.java:\d|goroutine \d+ \[|Exception in thread|"
    r"redis\.exceptions|psycopg|sqlalchemy|SELECT .+ FROM |node_modules/|/usr/lib/|site-packages/",
    re.IGNORECASE,
)


@requirement("SEC-03")
def malformed_input_is_refused_and_leaves_no_trace(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    if target.contract.takes_words:
        alice.has_said(session, alice.text())
    bindings = [binding for binding in target.contract.bindings if binding.operation != "login"]
    for binding in numbers.some(sorted(bindings, key=lambda binding: not binding.media_type), 3 * numbers.times**3):
        before = whole_state(alice, session, target)
        for calls in (malformed_calls(binding), odd_calls(binding)):
            replies = [alice.try_on(binding, session, raw=raw) for raw in numbers.some(calls)]
            for reply in replies:
                expect(reply).is_no_server_error()
                if calls == malformed_calls(binding) and not (reply.ok and binding.operation == "delete"):
                    expect(reply).is_refused()
            if replies and all(reply.refused for reply in replies):
                now = whole_state(alice, session, target)
                expect(replies[-1]).is_as_before(differences(before, now), f"everything after {len(replies)} refusals")
        half_wrong(alice, binding, session, expect, numbers, target)


def whole_state(caller: Caller, session: str, target: Run) -> dict[str, object]:
    sessions = sorted(map(str, listed(caller).values("session"))) if target.contract.has("list") else []
    return {"session": snapshot(caller, session), "list": sessions}


def half_wrong(caller: Caller, binding: Binding, session: str, expect: Expect, numbers: Numbers, target: Run) -> None:
    """Valid values with one wrong one among them: refused as a whole, with nothing of it kept."""
    wrong = misfits(target.contract.document, binding.body_schema)
    for name, value in numbers.some(list(wrong.items()), (numbers.times - 1) * 100):
        before = whole_state(caller, session, target)
        reply = expect(caller.try_on(binding, session, raw=Raw(body={name: value}))).is_no_server_error()
        if reply.refused:
            changed = differences(before, whole_state(caller, session, target))
            expect(reply).is_as_before(changed, f"everything after a refusal because of {name}")


def malformed_calls(binding: Binding) -> list[Raw]:
    """What no contract takes: ids that can't be any, bodies that are no JSON objects."""
    found = []
    if binding.on_session and "{" in binding.path:
        found += [Raw(path=re.sub(r"{[^}]+}", lambda _, odd=odd: odd, binding.path)) for odd in ODD_PATH_PARTS]  # type: ignore[misc]
    if binding.media_type.startswith("application/json"):
        found = [Raw(content=content) for content in NOT_AN_OBJECT] + found
        found += wrong_media_types() if binding.body_required else []
    return found


def wrong_media_types() -> list[Raw]:
    kinds = ("text/plain", "application/xml", "application/json; charset=utf-16")
    return [Raw(content=b"\xfe\xff\x00{", content_type=kind) for kind in kinds]


def odd_calls(binding: Binding) -> list[Raw]:
    """What a contract may take or refuse, but what breaks no server."""
    places = [place for name in PAGING for place in binding.sends.get(name, ())]
    found = [Raw(query=((place.name, odd),)) for place in places if place.part == "query" for odd in ODD_LIMITS]
    if binding.media_type.startswith("application/json"):
        values = ({"x": 1}, 17.5, ["x"], True, "\x00", "x" * 20_000)
        found += [Raw(content=json.dumps({name: value}).encode()) for value in values for name in field_names(binding)]
        found += [Raw(content=content) for content in ODD_OBJECTS]
        found += [] if binding.body_required else wrong_media_types()
    return found


def field_names(binding: Binding) -> list[str]:
    places = [place for places in binding.sends.values() for place in places if place.part == "body"]
    return sorted({place.pointer.split("/")[1] for place in places if place.pointer})


@requirement("SEC-04")
def errors_have_one_form_and_show_nothing_inside(
    alice: Caller,
    bob: Caller,
    nobody: Caller,
    expect: Expect,
    numbers: Numbers,
    chance: random.Random,
    target: Run,
) -> None:
    session = alice.has_session(title=alice.text("title"))
    missing = never_issued(session, chance)
    reasons = set()
    for binding in numbers.some(target.on_session(leave_out=["delete"])):
        gone = alice.try_on(binding, missing)
        reasons.add(str(gone.reason))
        errors = [gone]
        if target.contract.identity.kind != "none":
            errors += [bob.try_on(binding, session), nobody.try_on(binding, session)]
        if binding.media_type.startswith("application/json"):
            errors.append(alice.call(binding, session, raw=Raw(content=b"{")))
        for reply in errors:
            expect(reply).is_refused()
            is_a_clean_error(reply, expect, target)
        other = alice.call(replace(binding, method=undeclared_method(binding, target), media_type=""), session)
        if other.refused:
            is_a_clean_error(other, expect, target)
    if target.contract.reason is not None:
        expect.that(
            len(reasons) == 1,
            expected="one reason for unknown sessions on all routes",
            seen=str(sorted(reasons)),
        )
    for reply in (alice.read(session), alice.create(client=alice.client)):
        cache = (reply.header("Cache-Control") or "").lower()
        kept_out = "no-store" in cache or "private" in cache
        expect.that(kept_out, expected="Cache-Control: no-store or private", seen=cache or "none", reply=reply)


def undeclared_method(binding: Binding, target: Run) -> str:
    """A method that the contract doesn't have on this path."""
    declared = {other.method for other in target.contract.bindings if other.path == binding.path}
    return next(method for method in ("PATCH", "PUT", "POST", "PROPFIND") if method not in declared)


def is_a_clean_error(reply: Reply, expect: Expect, target: Run) -> None:
    declared = reply.request.binding.responses
    if str(reply.status) in declared or "default" in declared:
        expect(reply).has_shape()
    if target.contract.reason is not None:
        told = isinstance(reply.reason, str | int) and str(reply.reason).strip() != ""
        expect.that(told, expected="a machine-readable reason", seen=repr(reply.reason), reply=reply)
    found = TRACES.search(reply.text) or store_key(reply)
    expect.that(found is None, expected="nothing of the server's inside", seen=found[0] if found else "", reply=reply)
    expect(reply).leaks_nothing()


def store_key(reply: Reply) -> re.Match[str] | None:
    """The session id with something glued to it by a colon or a bar, as stores name their keys."""
    session = reply.request.session
    return re.search(rf"\w+[:|#]{re.escape(session)}", reply.text) if session else None


@requirement("SEC-05")
def fields_of_the_server_cannot_be_set(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, chance: random.Random, target: Run
) -> None:
    read, form = target.contract.first("read"), target.contract.times
    owned = {name: place.pointer for name, place in read.returns.items() if name in OWNED and place.part == "body"}
    forged: dict[str, Any] = {pointer.rpartition("/")[2]: forgery(name, alice, form) for name, pointer in owned.items()}
    as_shown: dict[str, Any] = {}
    for name, pointer in owned.items():
        put_pointer(as_shown, pointer, forgery(name, alice, form))
    forged["messages"] = [{"role": "user", "content": alice.text("forged")}]
    if not owned:
        raise NotDeclared("the contract names no field that is the server's")
    bodies: list[dict[str, Any]] = [
        forged,
        as_shown,
        {"metadata": forged},
        *({name: value} for name, value in forged.items()),
    ]
    for body in bodies[: numbers.times**6]:
        raw = Raw(body=body)
        for write in ("create", "resume", "update"):
            client = f"{bob.client}-{chance.getrandbits(32):x}"
            session = "" if write == "create" else bob.has_session(client=client)
            if write == "update":
                if not target.contract.has("update"):
                    continue
                reply = bob.update(session, title=bob.text("title"), raw=raw)
            else:
                reply = bob.create(client=client, raw=raw)
            if not reply.refused:
                expect(reply).succeeds()
                took_nothing(bob, alice, session or reply.session, forged, expect)
            elif session:
                took_nothing(bob, alice, session, forged, expect)


def forgery(name: str, victim: Caller, form: str) -> Any:
    """A wrong value for `name`, spelled as the server would take it: times in the contract's form."""
    if name in ("user", "session"):
        return str(victim.user) if name == "user" else "chosen-by-the-client"
    at = datetime(2099 if name == "expires" else 2001, 12, 31, tzinfo=UTC)
    if form == "rfc3339":
        return at.isoformat()
    return at.timestamp() * (1000 if form == "unix-milliseconds" else 1)


def is_far_off(reply: Reply, name: str) -> bool:
    """A time as far from now as the forged ones are: a server may calculate with what it took."""
    at, life, date = reply.instant(name), reply.contract.life, reply.header("Date")
    now = parsedate_to_datetime(date).timestamp() if date else time.time()
    longest = max(life.maximum or 0.0, life.default or 0.0, life.absolute or 0.0) or 10 * 365 * 86400.0
    return at is not None and not -7 * 86400 < at - now < longest + 7 * 86400


def took_nothing(owner: Caller, victim: Caller, session: str, forged: dict[str, Any], expect: Expect) -> None:
    reply = expect(owner.read(session)).succeeds()
    expect.that(session not in forged.values(), expected="an id by the server", seen=session, reply=reply)
    for name in OWNED:
        taken = reply[name] in forged.values() or is_far_off(reply, name)
        seen = str(reply[name])
        expect.that(not (reply.shows(name) and taken), expected=f"{name} by the server", seen=seen, reply=reply)
    expect.that(not reply.items("messages"), expected="no messages", seen="forged ones", reply=reply)
    if owner.run.contract.identity.kind != "none":
        expect(victim.read(session)).is_foreign()
