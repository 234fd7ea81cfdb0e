"""Ways to the statuses that a contract declares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessionproof.contract import find_contract, load_contract
from sessionproof.statuses import given_status, other_statuses, ways_to
from tests.engine.scripted import Scripted, answered, caller_of

FM = load_contract(find_contract("fm-session-service"))
TICKETS = replace(
    FM,
    status_initial="open",
    status_deleted="gone",
    status_transitions={"open": ("waiting", "gone"), "waiting": ("open", "closed"), "closed": ()},
)


def test_the_shortest_way_comes_first_and_none_leads_through_a_delete() -> None:
    assert ways_to("open", TICKETS) == [()]
    assert ways_to("closed", TICKETS) == [("waiting", "closed")]
    assert ways_to("gone", TICKETS) == ways_to("unheard of", TICKETS) == []
    both = {**TICKETS.status_transitions, "open": ("waiting", "closed")}
    assert ways_to("closed", replace(TICKETS, status_transitions=both)) == [("closed",), ("waiting", "closed")]


def test_other_statuses_are_those_of_living_sessions_the_nearest_first() -> None:
    assert other_statuses(TICKETS) == ["waiting", "closed"]
    assert other_statuses(FM) == ["archived"]


@pytest.mark.parametrize("name", ["faultmaven", "agentic-multi-client"])
def test_where_no_update_sets_one_there_are_none(name: str) -> None:
    assert other_statuses(load_contract(find_contract(name))) == []


def test_a_session_goes_the_way_step_by_step() -> None:
    alice = caller_of(TICKETS, lambda _: answered({"session_id": "s"}))
    given_status("s", "closed", alice)
    assert isinstance(alice.run.sender, Scripted)
    assert [request.content for request in alice.run.sender.sent] == [b'{"status": "waiting"}', b'{"status": "closed"}']
