"""Each fault that an outage of the session store shows, seen from outside while a Redis hangs, and after."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.faults.registry import AGENTIC, FAULTMAVEN, FM_SESSION
from reference_server.local import Local
from reference_server.local_flows import Flows
from tests.redis_server import RedisServer, running_redis

Scenario = Callable[[Flows, RedisServer], bool]
SCENARIOS: dict[tuple[str, str], Scenario] = {}


def shows(fault_id: str, *contracts: str) -> Callable[[Scenario], Scenario]:
    """The scenario is true where this fault is, and nowhere else."""

    def note(scenario: Scenario) -> Scenario:
        for contract in contracts or (FM_SESSION,):
            SCENARIOS[fault_id, contract] = scenario
        return scenario

    return note


@contextmanager
def outage(store: RedisServer) -> Iterator[None]:
    store.pause()
    try:
        yield
    finally:
        store.go_on()


@pytest.fixture(scope="module")
def store() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@shows("F-SEC-03", FM_SESSION, FAULTMAVEN)
def a_session_is_not_found(flows: Flows, store: RedisServer) -> bool:
    session = flows.new()
    with outage(store):
        status = flows.get(session).status_code
    assert flows.alive(session)
    assert status in (404, 503)
    return status == 404


@shows("F-SEC-60", FM_SESSION, AGENTIC)
def a_list_is_empty(flows: Flows, store: RedisServer) -> bool:
    session = flows.new()
    with outage(store):
        answer = flows.send("GET", flows.sessions)
    assert session in flows.send("GET", flows.sessions).text
    return answer.status_code == 200 and session not in answer.text


@shows("F-SEC-61")
def a_heartbeat_is_acknowledged(flows: Flows, store: RedisServer) -> bool:
    session = flows.new()
    assert flows.alive(session)
    with outage(store):
        status = flows.send("POST", flows.one(session, "/heartbeat")).status_code
    assert status in (200, 503)
    return status == 200


@shows("F-SEC-62", FM_SESSION, FAULTMAVEN)
def a_session_is_made_that_nobody_keeps(flows: Flows, store: RedisServer) -> bool:
    with outage(store):
        answer = flows.create(client_id="panel")
    return answer.is_success and not flows.alive(answer.json()["session_id"])


@shows("F-SEC-63", FM_SESSION, FAULTMAVEN)
def a_client_gets_another_session(flows: Flows, store: RedisServer) -> bool:
    session = flows.new(client_id="panel")
    assert flows.new(client_id="panel") == session
    with outage(store):
        assert flows.get(session).status_code == 503
    return flows.new(client_id="panel") != session


def test_every_fault_of_this_group_is_shown() -> None:
    assert {fault_id for fault_id, _ in SCENARIOS} == {
        fault.id for fault in FAULTS.values() if fault.topic == "outages"
    }


@pytest.mark.parametrize(("fault_id", "contract"), sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_servers_without_it_do_not(
    fault_id: str, contract: str, store: RedisServer
) -> None:
    assert contract in FAULTS[fault_id].contracts
    for faults, expected in (([], False), ([fault_id], True)):
        settings = {"redis_url": store.url, "redis_prefix": store.prefix()}
        with Local(weave(faults), contract, **settings) as local:
            assert SCENARIOS[fault_id, contract](Flows(local, contract), store) is expected
