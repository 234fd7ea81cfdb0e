"""Lifecycle: a session is made, read, listed and deleted, and each step shows in the next."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract.expressions import at_pointer
from sessionproof.dialogue import files, said_in
from sessionproof.effort import Numbers
from sessionproof.expect import Expect
from sessionproof.lists import already_there, listed
from sessionproof.run import Run
from sessionproof.state import changes, differences, snapshot
from sessionproof.statuses import with_status
from sessionproof.wire import Reply

requirement = pytest.mark.requirement

SKEW = 5.0  # seconds that an activity may seem to lie ahead of the server's own Date header
PAST = 900.0  # seconds that it may lie behind: generous to slow runs, and less than any wrong time zone


@requirement("LIF-01")
def a_create_returns_a_new_id_that_reads_back_at_once(alice: Caller, expect: Expect, numbers: Numbers) -> None:
    issued: list[str] = []
    for _ in range(numbers.creates):
        created = expect(alice.create()).makes_new(*issued)
        issued.append(created.session)
        read = expect(alice.read(created.session)).succeeds()
        if read.shows("session"):
            expect(read).says("session", created.session)


@requirement("LIF-02")
def a_new_session_has_its_declared_form_and_is_empty(alice: Caller, expect: Expect, target: Run) -> None:
    used = alice.has_session()
    secret = alice.text("from another session")
    if target.contract.takes_words:
        alice.has_told(used, secret)
    if target.contract.has("update"):
        alice.arranged(alice.update(used, title=secret, context={"k": secret}, metadata={"k": secret}), "update")

    created = expect(alice.create()).succeeds()
    for reply in (created, alice.read(created.session)):
        expect(reply).succeeds()
        expect(reply).has_shape()
        expect.that(secret not in reply.text, expected="nothing of another session", seen="its text", reply=reply)
        times_are_in_order(reply, target, expect)
        for name in ("messages", "uploads", "cases"):
            if name in reply.request.binding.lists:
                expect(reply).holds_exactly([], map(str, reply.items(name) or ()), name)
        if reply.shows("status") and target.contract.status_initial:
            expect(reply).says("status", target.contract.status_initial)
        if reply.shows("current_case"):
            expect.that(
                not reply["current_case"],
                expected="no current case",
                seen=str(reply["current_case"]),
                reply=reply,
            )
    if target.contract.recalls:
        seen = said_in(alice, created.session)
        expect.that(seen == [], expected="an empty conversation", seen=repr(seen)[:160])
    if target.contract.lists_files:
        listed_files = files(alice, created.session)
        expect.that(listed_files == [], expected="no files", seen=repr(listed_files)[:160])


def times_are_in_order(reply: Reply, target: Run, expect: Expect) -> None:
    """Zone-aware; created <= updated <= activity <= the server's now <= expires."""
    names = [name for name in ("created", "updated", "activity", "expires") if reply.shows(name)]
    times = {name: reply.instant(name) for name in names}
    for name, at in times.items():
        expect.that(at is not None, expected=f"{name} as a time with its zone", seen=str(reply[name]), reply=reply)
    order = [(name, at) for name, at in times.items() if at is not None]
    for (earlier, a), (later, b) in pairwise(order):
        expect.that(
            target.in_order([a, b]),
            expected=f"{earlier} not after {later}",
            seen=f"{reply[earlier]} and {reply[later]}",
            reply=reply,
        )
    date, active = reply.header("Date"), times.get("activity")
    if date is not None and active is not None:
        ahead = active - parsedate_to_datetime(date).timestamp()
        moved = target.clock.shift if target.clock is not None else 0.0  # a clock of tests; the Date may not follow it
        fits = any(-PAST <= ahead - shift <= SKEW for shift in (0.0, moved))
        by_the_server = f"activity at the server's own time ({date})"
        expect.that(fits, expected=by_the_server, seen=str(reply["activity"]), reply=reply)


@requirement("LIF-03")
def reading_changes_nothing(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    for status in list(target.contract.status_transitions or [""])[: numbers.times]:
        session = with_status(status, alice)
        told = [alice.text(str(number)) for number in range(numbers.times**3)]
        if target.contract.takes_words and status in ("", target.contract.status_initial):
            alice.has_said(session, *told)
        if "uploads" in target.contract.capabilities:
            alice.has_uploaded(session, "kept.txt", alice.text("in a file").encode())
        first = expect(alice.read(session)).succeeds()
        said = listed(alice, "messages", session).entries if target.contract.has("messages") else ()
        for _ in range(numbers.times + 1):
            again = expect(alice.read(session)).succeeds()
            expect(again).is_as_before(differences(steady(first, target), steady(again, target)), "the session")
        if target.contract.has("messages"):
            now = listed(alice, "messages", session)
            expect(now.last).is_as_before(differences(list(said), list(now.entries)), "the conversation")
        elif target.contract.recalls and status in ("", target.contract.status_initial):
            expect(again).holds_exactly(told, map(str, said_in(alice, session)), "questions after reading")
        if "read" not in target.contract.life.not_refreshed_by and again.shows("activity"):
            moved = "moves" if first["activity"] != again["activity"] else "doesn't move"
            expect.observe(f"reading {moved} the last activity")


def steady(reply: Reply, target: Run) -> Any:
    """The body without what is declared volatile, or counts what is left of a life by its name, and without what
    reading may move where nothing forbids it."""
    body = deepcopy(reply.json)
    places = list(reply.request.binding.volatile)
    if "read" not in target.contract.life.not_refreshed_by:
        places += [reply.request.binding.returns[name] for name in ("activity", "expires") if reply.shows(name)]
    for place in places:
        above, _, name = place.pointer.rpartition("/")
        around = at_pointer(body, above)
        if isinstance(around, dict):
            around.pop(name, None)
    return without_countdowns(body)


_COUNTS_DOWN = re.compile(r"(^|_)ttl$|expires?_?in(_?\w+)?$|remaining|(time|seconds)_?left$", re.IGNORECASE)


def without_countdowns(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: below for name, below in value.items() if not counts_down(name, below)}
        return {name: without_countdowns(below) for name, below in kept.items()}
    return [without_countdowns(one) for one in value] if isinstance(value, list) else value


def counts_down(name: str, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(_COUNTS_DOWN.search(name))


@requirement("LIF-05")
def nothing_works_on_a_deleted_session(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    said = alice.text("said before the delete")
    for filled in (True, False)[: numbers.times]:
        session = alice.has_session(client=f"{alice.client}-{filled}")
        if filled and target.contract.takes_words:
            alice.has_said(session, said)
        for binding in target.on_session(writes=True, leave_out=["delete", "clear"]) if filled else ():
            alice.try_on(binding, session)
        expect(alice.delete(session)).succeeds()
        for binding in (
            *target.on_session(leave_out=["delete"]),
            *target.on_session(writes=False)[2 - numbers.times :],
        ):
            reply = expect(alice.try_on(binding, session)).is_gone()
            expect.that(said not in reply.text, expected="nothing of the deleted session", seen=said, reply=reply)
        for _ in range(numbers.times):
            again = alice.delete(session)
            harmless = again.ok or again.status in target.contract.gone | {404, 410}
            expect.that(harmless, expected="a harmless answer to deleting again", seen=str(again.status), reply=again)
            expect(alice.read(session)).is_gone()
        if target.contract.has("list"):
            pages = listed(alice)
            expect.that(session not in pages.values("session"), expected="not listed", seen="listed", reply=pages.last)
        if "resume" in target.contract.capabilities:
            expect(alice.create(client=f"{alice.client}-{filled}")).makes_new(session)
        if numbers.times > 1:
            expect(alice.create()).makes_new(session)


@requirement("LIF-06")
def the_list_shows_every_living_session_once(alice: Caller, expect: Expect, numbers: Numbers, target: Run) -> None:
    living = already_there(alice)
    made = [alice.has_session() for _ in range(max(3, numbers.page // 2))]
    living += made
    shows_exactly(
        living,
        alice,
        expect,
        target,
        pages=(None, *(1, 2, len(living), len(living) + 1)[: numbers.times * 4 - 3]),
    )
    if numbers.times > 1:
        living.append(alice.has_session(client=alice.client))
        for _ in range(3 if "resume" in target.contract.capabilities else 0):
            alice.arranged(alice.create(client=alice.client), "create")
        shows_exactly(living, alice, expect, target, pages=(None, 2))
    if target.contract.has("update") and numbers.times > 1:
        alice.arranged(alice.update(made[1], title=alice.text("title")), "update")
        shows_exactly(living, alice, expect, target, pages=(2,))
    if target.contract.has("delete"):
        for gone in (made[1], made[2])[: numbers.times]:
            alice.arranged(alice.delete(gone), "delete")
            living.remove(gone)
            shows_exactly(living, alice, expect, target, pages=(None, 2))


def shows_exactly(
    living: list[str], caller: Caller, expect: Expect, target: Run, pages: tuple[int | None, ...]
) -> None:
    for size in pages:
        seen = listed(caller, page=size)
        shown = list(map(str, seen.values("session")))
        if target.contract.list_scope == "all":
            shown = [session for session in shown if session in living]
        elif seen.totals:
            totals = set(map(repr, seen.totals))
            expect.that(
                totals == {repr(len(living))},
                expected=f"a total of {len(living)}",
                seen=", ".join(sorted(totals)),
                reply=seen.last,
            )
        by = f"sessions in pages of {size or 'the default size'}"
        expect(seen.last).holds_exactly(living, shown, by)


@requirement("LIF-09")
def health_needs_nobody_and_touches_nothing(
    alice: Caller, nobody: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    session = alice.has_session()
    before = snapshot(alice, session, moving=True)
    own = listed(alice).values("session") if target.contract.has("list") else []
    with_identity = replace(target.contract.first("health"), anonymous=False)
    for _ in range(3 * numbers.times - 2):
        for reply in (nobody.call("health"), alice.call(with_identity)):
            expect(reply).succeeds()
            expect(reply).leaks_nothing()
            expect.that(session not in reply.text, expected="no session data", seen=session, reply=reply)
    expect(reply).is_as_before(changes(alice, session, before, moving=True), "the session")
    if target.contract.has("list"):
        expect(reply).holds_exactly(own, listed(alice).values("session"), "sessions after polling health")
