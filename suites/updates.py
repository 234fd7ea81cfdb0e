"""Updates: what is sent changes and nothing else, and a status only as it is declared."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Contract
from sessionproof.contract.expressions import ABSENT
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.lists import declared, listed
from sessionproof.run import Run
from sessionproof.state import changes, differences, holds, snapshot
from sessionproof.statuses import ways_to, with_status
from sessionproof.wire import Reply, build_request
from sessionproof.wire.shape import request_error

requirement = pytest.mark.requirement


@requirement("LIF-04")
def an_update_changes_what_is_sent_and_nothing_else(
    alice: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    contract = target.contract
    fields = [name for name in ("context", "metadata", "title", "status") if name in contract.first("update").sends]
    if not fields:
        raise NotDeclared("the contract names no field that an update changes")
    others = [alice.has_session() for _ in range(numbers.times - 1)]
    session = alice.has_session(client=alice.client)
    if contract.takes_words:
        alice.has_told(session, *(alice.text(str(number)) for number in range(numbers.resumes)))
    for _ in range(numbers.times):
        others.append(alice.has_another_session(session, *others))
    beside = {other: snapshot(alice, other) for other in others}
    values = {name: new_value(name, alice) for name in fields if name != "status"}
    before = {name: seen for name, seen in snapshot(alice, session).items() if name not in (*values, "life", "kind")}
    reply = expect(alice.update(session, **values)).succeeds()
    moments = [alice.read(session).instant("updated") or 0.0]
    after = snapshot(alice, session)
    unsent = differences(before, {name: after.get(name, ABSENT) for name in before})
    expect(reply).is_as_before(unsent, f"everything but {', '.join(values)}")
    for name in fields if numbers.times > 1 else fields[:2]:
        before, values[name] = after, new_value(name, alice)
        if values[name] is None:
            continue
        reply = expect(
            alice.update(session, **(values if contract.update_replaces else {name: values[name]}))
        ).succeeds()
        after = snapshot(alice, session)
        seen = after.get(name, ABSENT)
        expect.that(holds(seen, values[name]), expected=f"{name} {values[name]!r}", seen=repr(seen), reply=reply)
        others = [key for key in before if key not in (name, "life", "kind")]
        unsent = differences({key: before[key] for key in others}, {key: after.get(key, ABSENT) for key in others})
        expect(reply).is_as_before(unsent, f"everything but {name}")
        moments.append(alice.read(session).instant("updated") or moments[-1])
        in_order = alice.run.in_order(moments)
        expect.that(in_order, expected="updated not before what it was", seen="earlier", reply=reply)
    for other, was in beside.items():
        expect(reply).is_as_before(changes(alice, other, was), "another session of the same user")
    for name in [name for name in fields if isinstance(values.get(name), dict)][: (numbers.times - 1) * 2]:
        unnamed_keys_fare_as_declared(alice, session, name, values, expect, contract)


def unnamed_keys_fare_as_declared(
    caller: Caller, session: str, name: str, values: dict[str, Any], expect: Expect, contract: Contract
) -> None:
    """An object that is updated with another key keeps or loses those that it had."""
    sent = {"another": caller.text(name)}
    reply = expect(
        caller.update(session, **({**values, name: sent} if contract.update_replaces else {name: sent}))
    ).succeeds()
    seen = snapshot(caller, session).get(name, ABSENT)
    expect.that(holds(seen, sent), expected=f"{name} {sent!r}", seen=repr(seen), reply=reply)
    kept = holds(seen, values[name])
    if contract.update_objects:
        words = "with" if contract.update_objects == "merge" else "without"
        as_declared = kept == (contract.update_objects == "merge")
        expect.that(as_declared, expected=f"{name} {words} the keys it had", seen=repr(seen), reply=reply)
    else:
        expect.observe(f"an update of {name} {'keeps' if kept else 'drops'} the keys that it doesn't name")


def new_value(name: str, caller: Caller) -> Any:
    """Something to change `name` to; None where there is nothing."""
    if name == "status":
        contract = caller.run.contract
        onward = contract.status_transitions.get(contract.status_initial, ())
        return next((status for status in onward if status != contract.status_deleted), None)
    if name == "title":
        return caller.text(name)
    value = {"note": caller.text(name), "more": {"deep": [1, None, "x"]}}
    return value if is_taken(name, value, caller) else {"note": value["note"]}


def is_taken(name: str, value: Any, caller: Caller) -> bool:
    """Whether an update may carry such a value, by the contract's schema."""
    contract = caller.run.contract
    request = build_request(contract, contract.first("update"), caller.actor, {"session": "any", name: value})
    return not request_error(contract, request)


@requirement("LIF-07")
def status_moves_only_along_declared_transitions(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    contract = target.contract
    statuses = sorted({*contract.status_transitions, *sum(contract.status_transitions.values(), ())})
    starts = [contract.status_initial, *(status for status in statuses if status != contract.status_initial)]
    ways = [way for status in starts for way in ways_to(status, contract)[: numbers.times]]
    for way in ways[: numbers.times**4]:
        start = way[-1] if way else contract.status_initial
        goals = [status for status in starts if status != start]
        for goal in (*goals, *("zombie", "", "ACTIVE", "expired")[: numbers.times * 3 - 3]):
            session = with_status(start, alice, way)
            reply = alice.update(session, status=goal)
            if goal == contract.status_deleted:
                set_deleted(reply, session, alice, expect, target)
            elif goal in contract.status_transitions.get(start, ()):
                expect(reply).succeeds()
                stays_readable(goal, session, alice, expect, numbers, target)
                is_listed_by(goal, start, session, alice, expect, target)
            else:
                expect(reply).is_refused()
                expect(alice.read(session)).says("status", start)
                is_refused_as_a_whole(goal, start, session, alice, expect)


def is_refused_as_a_whole(goal: str, start: str, session: str, caller: Caller, expect: Expect) -> None:
    """A change of the status that is refused takes nothing else of its update along."""
    others = [name for name in ("title", "context", "metadata") if name in caller.run.contract.first("update").sends]
    for name in others:
        value = new_value(name, caller)
        before = snapshot(caller, session)
        reply = caller.update(session, status=goal, **{name: value})
        if reply.refused:
            expect(reply).is_as_before(changes(caller, session, before), f"the {start} session")


def stays_readable(status: str, session: str, caller: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    """Every reading route still answers, and keeps saying the same status."""
    for binding in target.on_session(writes=False)[: numbers.times**3]:
        for _ in range(numbers.times):
            reply = expect(caller.try_on(binding, session)).succeeds()
            if reply.shows("status"):
                expect(reply).says("status", status)


def is_listed_by(status: str, before: str, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """A list of one status has the session where it is of that status now, and not where it was."""
    if not target.contract.has("list") or "status" not in target.contract.first("list").sends:
        return
    listable = declared(target.contract.first("list"), "status", "enum") or (status, before)
    for asked in (status, before)[: target.effort.numbers.times * 2 - 2]:
        if asked not in listable:
            continue
        seen = listed(caller, status=asked)
        shown = [one for one in map(str, seen.values("session")) if one == session]
        expect(seen.last).holds_exactly([session] if asked == status else [], shown, f"of {asked} sessions")


def set_deleted(reply: Reply, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """Setting the deleted status either is refused, and the session lives on, or it is a delete on every route."""
    if reply.refused:
        expect(caller.read(session)).succeeds()
        return
    expect(reply).succeeds()
    for binding in target.on_session(leave_out=["delete"]):
        expect(caller.try_on(binding, session)).is_gone()
