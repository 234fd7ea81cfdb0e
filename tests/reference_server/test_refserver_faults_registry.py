"""Faults are found by their ids, say what they break, and can be combined."""

import itertools
import json
import re

import pytest

from reference_server.assistant import Assistant
from reference_server.cases import Cases
from reference_server.command import main
from reference_server.core import Core
from reference_server.faults import FAULTS, UnknownFaultError, weave
from reference_server.local import SESSIONS, Local
from reference_server.local_flows import Running
from reference_server.routes import CONTRACTS
from reference_server.routes.agentic_multi_client import AgenticMultiClient
from reference_server.routes.faultmaven import FaultMaven
from reference_server.routes.fm_session_service import FmSessionService
from reference_server.stores import MemoryStore
from reference_server.uploads import FolderCore, Uploads
from reference_server.web.cors import Cors
from reference_server.web.edge import Edge, LastResort

# What a team gets wrong in one place, it gets wrong in another way elsewhere: at least two faults each.
TWICE = """
LIF-01 LIF-02 LIF-03 LIF-04 LIF-05 LIF-06 LIF-07 LIF-08 LIF-09
RES-01 RES-02 RES-03 RES-04 RES-05 RES-08 RES-09 RES-10 RES-11
ISO-01 ISO-02 ISO-03 ISO-04 ISO-05 ISO-06 ISO-07 ISO-08 ISO-09 ISO-10
MSG-01 MSG-02 MSG-04 MSG-05 MSG-06 MSG-07 MSG-08 MSG-09 MSG-10
CAS-01 CAS-02 CAS-03 CAS-04 CAS-05 CAS-06 CAS-07 CAS-08 CAS-09
UPL-01 UPL-02 UPL-03 UPL-04 UPL-05 UPL-06
SEC-01 SEC-02 SEC-03 SEC-04 SEC-05 SEC-07 SEC-08 SEC-09 SEC-10
EXP-05
"""
# The same within one contract.
TWICE_IN = {
    "faultmaven": """
        LIF-01 LIF-05 LIF-08 RES-01 RES-03 RES-05 RES-08 RES-09
        ISO-01 ISO-02 ISO-04 ISO-05 ISO-06 ISO-07 ISO-08 ISO-09 MSG-09
        CAS-01 CAS-02 CAS-03 CAS-04 CAS-05 CAS-06 CAS-07 CAS-08 CAS-09
        UPL-01 UPL-02 UPL-03 UPL-04 UPL-05 UPL-06 SEC-02 SEC-03 SEC-04 SEC-07 SEC-10
        """,
    "agentic-multi-client": """
        LIF-01 LIF-05 LIF-08 ISO-07 ISO-09 ISO-10 MSG-09 MSG-10
        UPL-01 UPL-02 UPL-03 UPL-04 UPL-05 UPL-06 SEC-01 SEC-03 SEC-04 SEC-07 SEC-10
        """,
}


def test_every_fault_says_what_it_breaks() -> None:
    for fault_id, fault in FAULTS.items():
        assert re.fullmatch(r"F-(LIF|RES|ISO|MSG|CAS|UPL|SEC|EXP|CON)-\d\d", fault_id)
        assert fault.breaks
        assert all(re.fullmatch(r"[A-Z]{3}-\d\d", requirement) for requirement in fault.breaks)
        assert len(set(fault.breaks)) == len(fault.breaks)
        assert fault.behaviour.endswith(".")
        assert set(fault.contracts) <= set(CONTRACTS)
        assert fault.contracts


@pytest.mark.parametrize("requirement", TWICE.split())
def test_a_requirement_can_be_broken_in_two_ways_one_of_them_only_sometimes(requirement: str) -> None:
    ways = [fault for fault in FAULTS.values() if requirement in fault.breaks]
    assert len(ways) >= 2
    assert any(fault.conditional for fault in ways)


@pytest.mark.parametrize(
    ("contract", "requirement"), [(name, id) for name, ids in TWICE_IN.items() for id in ids.split()]
)
def test_the_same_holds_under_the_other_contracts(contract: str, requirement: str) -> None:
    ways = [fault for fault in FAULTS.values() if requirement in fault.breaks and contract in fault.contracts]
    assert len(ways) >= 2
    assert any(fault.conditional for fault in ways)


def test_the_list_of_faults_is_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(FAULTS)
    assert all(line.endswith(f"({', '.join(FAULTS[line.split()[0]].contracts)})") for line in lines)
    assert main(["--list-faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"] for row in rows} == set(FAULTS)
    assert set(rows[0]) == {"id", "breaks", "behaviour", "conditional", "contracts"}


@pytest.mark.parametrize(("wrong", "hint"), [("F-RES-1", "F-RES-01"), ("f-iso-01", "F-ISO-01"), ("x", "--list")])
def test_an_unknown_fault_is_one_clear_line(wrong: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fault", wrong]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert wrong in line
    assert hint in line


def test_without_faults_every_part_is_as_written() -> None:
    for part in (Core, MemoryStore, FmSessionService, Edge, LastResort, Cors):
        assert weave([])(part) is part


def test_a_fault_changes_its_parts_only() -> None:
    woven = weave(["F-SEC-39"])
    assert {part for part in (Core, FmSessionService, Edge, LastResort, Cors) if woven(part) is not part} == {
        FmSessionService,
        LastResort,
    }
    with pytest.raises(UnknownFaultError):
        weave(["F-SEC-39", "F-SEC-999"])


def test_any_two_faults_and_all_of_them_fit_together() -> None:
    parts = (FolderCore, FmSessionService, FaultMaven, AgenticMultiClient, Cases, Uploads, Assistant, LastResort, Cors)
    changed = {part: [id for id in FAULTS if weave([id])(part) is not part] for part in parts}
    for part, ids in changed.items():
        for chosen in [*itertools.combinations(ids, 2), ids, ids[::-1]]:
            assert issubclass(weave(chosen)(part), part)


def test_two_faults_are_both_there() -> None:
    with Local(weave(["F-MSG-23", "F-MSG-25"])) as local:
        session_id = local.new()
        assert local.say(session_id, "<b>", role="nobody")["content"] == "&lt;b&gt;"


@pytest.mark.parametrize("fault_id", [id for id in sorted(FAULTS) if "fm-session-service" in FAULTS[id].contracts])
def test_a_broken_server_still_works_otherwise(fault_id: str) -> None:
    with Local(weave([fault_id])) as local:
        new = local.send("POST", SESSIONS, json={"client_id": "tab", "title": "t", "metadata": {"timeout_minutes": 60}})
        assert new.status_code == 201
        session_id = new.json()["session_id"]
        local.send("GET", f"{SESSIONS}/{session_id}")
        for method, end, body, status in (
            ("GET", "", None, 200),
            ("PUT", "", {"title": "u"}, 200),
            ("POST", "/messages", {"role": "user", "content": "hello"}, 201),
            ("GET", "/messages", None, 200),
            ("POST", "/heartbeat", None, 200),
            ("DELETE", "", None, 204),
        ):
            answer = local.send(method, f"{SESSIONS}/{session_id}{end}", json=body)
            assert (method, end, answer.status_code) == (method, end, status)
        assert local.send("GET", SESSIONS).status_code == 200
        assert local.send("GET", "/health").status_code == 200
        assert local.send("GET", "/openapi.json").status_code == 200
        assert local.send("GET", "/nowhere").status_code == 404
        assert local.send("GET", SESSIONS, None).status_code in (200, 401)


@pytest.mark.parametrize(
    ("fault_id", "contract"),
    [(id, name) for id in sorted(FAULTS) for name in FAULTS[id].contracts if name != "fm-session-service"],
)
def test_it_works_otherwise_under_the_other_contracts(fault_id: str, contract: str) -> None:
    with Running(contract, weave([fault_id])) as flows:
        session_id = flows.new(client_id="tab")
        flows.get(session_id)
        assert flows.get(session_id).status_code == 200
        assert flows.asked(session_id).status_code == 200
        assert flows.upload(session_id).status_code == 201
        assert flows.get(session_id).status_code == 200
        if flows.cased:
            assert "case_id" in flows.new_case(session_id)
            assert flows.history(session_id).status_code == 200
        else:
            assert flows.clear(session_id).status_code == 200
            assert flows.send("GET", flows.sessions).status_code == 200
        for path, status in (("/health", 200), ("/openapi.json", 200), ("/nowhere", 404)):
            assert flows.send("GET", path).status_code == status
        again = flows.new()
        flows.get(again)
        assert flows.delete(again) == 204
