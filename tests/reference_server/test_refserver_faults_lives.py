"""Each fault in the end of lives, and in what ends with them, seen from outside."""

from collections.abc import Callable
from typing import Any

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import Local
from reference_server.local_flows import Flows, Running

SCENARIOS: dict[str, Callable[[Local], bool]] = {}
OF_FILES: dict[str, Callable[[Flows], bool]] = {}


def shows(fault_id: str, among: dict[str, Any] = SCENARIOS) -> Callable[[Any], Any]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: among.setdefault(fault_id, scenario)


def after(local: Local, minutes: float, *session_ids: str) -> list[bool]:
    """Which of these are alive so many minutes later."""
    local.forward(minutes=minutes)
    return [local.alive(session_id) for session_id in session_ids]


@shows("F-EXP-30")
def it_dies_early(local: Local) -> bool:
    return after(local, 170, local.new()) == [False]


@shows("F-EXP-31")
def it_falls_silent(local: Local) -> bool:
    session_id = local.new()
    assert after(local, 175, session_id) == [True]
    return bool(local.say(session_id, "hello").get("reason") == "session_not_found")


@shows("F-EXP-32")
def nobodys_default_is_short(local: Local) -> bool:
    anonymous, named = local.new(), local.new(client_id="tab")
    return after(local, 170, anonymous, named) == [False, True]


@shows("F-EXP-33")
def a_long_life_is_cut(local: Local) -> bool:
    long, short = (local.new(metadata={"timeout_minutes": minutes}) for minutes in (300, 170))
    assert after(local, 165, short, long) == [True, True]
    return after(local, 20, long) == [False]


@shows("F-EXP-34")
def the_second_look_renews(local: Local) -> bool:
    session_id = local.new()
    assert after(local, 100, session_id) == after(local, 50, session_id) == [True]
    return after(local, 40, session_id) == [True]


@shows("F-EXP-35")
def ghosts_have_company(local: Local) -> bool:
    over = local.new()
    local.forward(minutes=200)
    assert local.ids() == []
    living = local.new()
    assert living in local.ids()
    return over in local.ids()


@shows("F-EXP-38")
def a_heartbeat_says_more(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=200)
    assert not local.alive(session_id)
    return bool(local.heartbeat(session_id).json()["reason"] == "case_not_found")


@shows("F-EXP-39")
def all_are_renewed(local: Local) -> bool:
    one, other, foreign = local.new(), local.new(), local.new("bob")
    local.forward(minutes=100)
    local.heartbeat(one)
    local.forward(minutes=100)
    assert not local.alive(foreign, "bob")
    return local.alive(other)


@shows("F-EXP-40")
def a_delete_shortens(local: Local) -> bool:
    one, other = local.new(), local.new()
    local.delete(one)
    return after(local, 100, other) == [False]


@shows("F-EXP-41")
def a_late_beat_is_lost(local: Local) -> bool:
    session_id = local.new()
    local.forward(minutes=180 - 0.5 / 60)
    assert local.heartbeat(session_id).status_code == 200
    return after(local, 10, session_id) == [False]


@shows("F-EXP-36", OF_FILES)
def files_outlive(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id, "a.txt", b"a")
    flows.local.forward(minutes=1500)
    assert not flows.alive(session_id)
    return flows.send("GET", "/api/v1/data", params={"session_id": session_id}).status_code == 200


@shows("F-EXP-37", OF_FILES)
def files_are_handed_down(flows: Flows) -> bool:
    flows.upload(flows.new(client_id="tab"), "a.txt", b"a")
    flows.local.forward(minutes=1500)
    return flows.names(flows.new(client_id="tab")) == ["a.txt"]


def test_every_fault_in_lives_is_shown() -> None:
    assert {*SCENARIOS, *OF_FILES} == {fault.id for fault in FAULTS.values() if fault.topic == "lives"}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected


@pytest.mark.parametrize("fault_id", sorted(OF_FILES))
def test_a_fault_of_files_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running("faultmaven", weave(faults)) as flows:
            assert OF_FILES[fault_id](flows) is expected
