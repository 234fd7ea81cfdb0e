"""Each fault that one process alone doesn't show, seen from outside on two of them with one Redis."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.faults.registry import AGENTIC, FAULTMAVEN, FM_SESSION
from reference_server.local import Local
from reference_server.local_flows import Flows
from reference_server.web.app import Weave
from tests.redis_server import RedisServer

MINUTES = 60  # of the lives here, when nothing else is said


class Nodes:
    """Two servers with the same sessions, whose clocks move together; the other one can be started anew."""

    def __init__(self, stack: ExitStack, woven: Weave, contract: str, settings: dict[str, Any]) -> None:
        self.contract, self._stack = contract, stack
        self._woven, self._settings, self._ahead = woven, settings, 0.0
        self.one, self.other = self._started(), self._started()

    def _started(self) -> Local:
        return self._stack.enter_context(Local(self._woven, self.contract, **self._settings))

    def forward(self, minutes: float) -> None:
        self._ahead += minutes
        for local in (self.one, self.other):
            local.forward(minutes=minutes)

    def restart(self) -> None:
        self.other = self._started()
        self.other.forward(minutes=self._ahead)

    def flows(self) -> tuple[Flows, Flows]:
        return Flows(self.one, self.contract), Flows(self.other, self.contract)


Scenario = Callable[[Nodes], bool]
SCENARIOS: dict[tuple[str, str], Scenario] = {}


def shows(fault_id: str, *contracts: str) -> Callable[[Scenario], Scenario]:
    """The scenario is true where this fault is, and nowhere else."""

    def note(scenario: Scenario) -> Scenario:
        for contract in contracts or (FM_SESSION,):
            SCENARIOS[fault_id, contract] = scenario
        return scenario

    return note


@shows("F-CON-21", FM_SESSION, FAULTMAVEN)
def what_was_deleted_elsewhere_is_still_shown_where_it_was_read(nodes: Nodes) -> bool:
    here, there = nodes.flows()
    read, unread = here.new(), here.new()
    assert there.alive(read)
    for one in (read, unread):
        here.delete(one)
    assert not here.alive(read)
    assert not there.alive(unread)
    return there.alive(read)


@shows("F-CON-22", FM_SESSION, FAULTMAVEN)
def a_client_has_a_second_session_in_the_other_process(nodes: Nodes) -> bool:
    session = nodes.one.new(client_id="tab")
    assert nodes.one.new(client_id="tab") == session
    return nodes.other.new(client_id="tab") != session


@shows("F-CON-23", FM_SESSION, AGENTIC)
def what_was_made_elsewhere_is_listed_once_it_was_read(nodes: Nodes) -> bool:
    here, there = nodes.flows()
    session = here.new()
    assert session in here.send("GET", here.sessions).text
    before = session in there.send("GET", there.sessions).text
    assert there.alive(session)
    assert session in there.send("GET", there.sessions).text
    return not before


@shows("F-CON-24", FM_SESSION, AGENTIC)
def a_renewal_is_heard_of_in_one_process_alone(nodes: Nodes) -> bool:
    here, there = nodes.flows()
    session = here.new(**({"metadata": {"timeout_minutes": MINUTES}} if nodes.contract == FM_SESSION else {}))
    assert there.alive(session)
    nodes.forward(40)
    assert nodes.one.heartbeat(session).is_success if nodes.contract == FM_SESSION else here.alive(session)
    nodes.forward(40)
    before = there.alive(session)
    assert here.alive(session)
    return not before


@shows("F-CON-25", FM_SESSION, FAULTMAVEN)
def a_restart_gives_a_whole_life(nodes: Nodes) -> bool:
    minutes = {"timeout_minutes": MINUTES}
    session = nodes.one.new(**(minutes if nodes.contract == FAULTMAVEN else {"metadata": minutes}))
    nodes.forward(40)
    assert nodes.other.alive(session)
    nodes.restart()
    assert nodes.other.alive(session)
    nodes.forward(40)
    return nodes.other.alive(session)


@shows("F-CON-26", FAULTMAVEN)
def a_file_is_listed_where_it_was_taken(nodes: Nodes) -> bool:
    here, there = nodes.flows()
    session = here.new()
    assert here.upload(session, "a.txt", b"what is in it").is_success
    assert "a.txt" in str(here.read(session))
    return "a.txt" not in str(there.read(session))


@contextmanager
def two(contract: str, faults: list[str], server: RedisServer) -> Iterator[Nodes]:
    with ExitStack() as stack:
        yield Nodes(stack, weave(faults), contract, {"redis_url": server.url, "redis_prefix": server.prefix()})


def test_every_fault_of_this_group_is_shown() -> None:
    assert {fault_id for fault_id, _ in SCENARIOS} == {fault.id for fault in FAULTS.values() if fault.topic == "nodes"}


@pytest.mark.parametrize(("fault_id", "contract"), sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_servers_without_it_do_not(
    fault_id: str, contract: str, redis_server: RedisServer
) -> None:
    assert contract in FAULTS[fault_id].contracts
    for faults, expected in (([], False), ([fault_id], True)):
        with two(contract, faults, redis_server) as nodes:
            assert SCENARIOS[fault_id, contract](nodes) is expected


@pytest.mark.parametrize("fault_id", sorted({fault_id for fault_id, _ in SCENARIOS}))
def test_one_process_alone_does_not_show_it(fault_id: str) -> None:
    contract = FAULTS[fault_id].contracts[0]
    with Local(weave([fault_id]), contract) as local:
        flows = Flows(local, contract)
        session = flows.new(client_id="tab")
        assert flows.alive(session)
        if contract == FM_SESSION:
            assert local.new(client_id="tab") == session
            assert local.change(session, title="new")["title"] == local.read(session)["title"] == "new"
            assert local.ids() == [session]
        flows.delete(session)
        assert not flows.alive(session)
