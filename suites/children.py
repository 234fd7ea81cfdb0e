"""Children: a case or a file is reached under its own session, and under no other."""

from __future__ import annotations

from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.contract import Binding
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import files
from sessionproof.effort import Numbers
from sessionproof.expect import Expect, NotDeclared
from sessionproof.run import Run
from sessionproof.state import changes, snapshot

requirement = pytest.mark.requirement


@requirement("ISO-08")
def children_are_reached_under_their_own_session_only(
    alice: Caller, bob: Caller, expect: Expect, numbers: Numbers, target: Run
) -> None:
    routes = takes_a_child(target)
    if not routes:
        raise NotDeclared("the contract has no route that takes the id of a case or of a file")
    contract = target.contract
    session, second, secret = alice.has_session(), alice.has_session(), alice.text("in the child")
    child = children(session, secret, alice, target)
    children(second, alice.text("in the second"), alice, target)
    strangers = [(bob, bob.has_session())] if contract.identity.kind != "none" else []
    for caller, other in strangers:
        children(other, caller.text("in bob's"), caller, target)
    strangers += [(alice, second)] if contract.case_lifetime != "user" else []
    before = snapshot(alice, session)
    for _ in range(numbers.times):
        for binding in routes:
            expect(alice.try_on(binding, session, **child)).succeeds()
            before = snapshot(alice, session)
            for caller, other in strangers:
                own = snapshot(caller, other)
                reply = expect(caller.try_on(binding, other, **child)).is_unreachable()
                expect(reply).lacks(secret, "what is in the child")
                expect(reply).is_as_before(changes(caller, other, own), "the session in the path")
                expect(reply).is_as_before(changes(alice, session, before), "the child's own session")


def takes_a_child(target: Run) -> list[Binding]:
    """The routes on one session that also name a case or a file in it."""
    return [one for one in target.contract.bindings if "session" in one.sends and {"case", "upload"} & set(one.sends)]


def children(session: str, secret: str, caller: Caller, target: Run) -> dict[str, Any]:
    """Ids of a case and of a file that were made in the session, as far as it has them."""
    made: dict[str, Any] = {}
    if target.contract.has("query"):
        made["case"] = caller.arranged(caller.ask(session, secret), "query")["case"]
    if "uploads" in target.contract.capabilities:
        made["upload"] = caller.has_uploaded(session, "child.txt", secret.encode())["upload"]
        if made["upload"] is ABSENT and target.contract.lists_files:
            made["upload"] = files(caller, session)[-1].get("upload", ABSENT)
    return {name: value for name, value in made.items() if value is not ABSENT}
