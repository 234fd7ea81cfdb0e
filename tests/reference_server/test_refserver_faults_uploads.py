"""Each fault in uploads, in where files lie, and in what the assistant knows of them, seen from outside."""

import hashlib
from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local_flows import NOBODY, Flows, Running

SCENARIOS: dict[str, Callable[[Flows], bool]] = {}
KNOW = "what do you know?"


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests(flows: Flows, session_id: str) -> list[str]:
    return [file["sha256"] for file in flows.files(session_id)]


def reached(flows: Flows, name: str, harmless: str) -> bool:
    """Whether a file of this name (where {} is another session's folder) changes the other session's file."""
    victim, attacker = flows.new(), flows.new()
    flows.upload(victim, "a.txt", b"mine")
    flows.upload(attacker, harmless.format(f"session_{victim}"), b"theirs")
    assert digests(flows, victim) == [digest(b"mine")]
    flows.upload(attacker, name.format(f"session_{victim}"), b"theirs")
    return digests(flows, victim) == [digest(b"theirs")]


@shows("F-UPL-20")
def a_file_is_not_listed(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.upload(session_id).status_code == 201
    return flows.names(session_id) == []


@shows("F-UPL-21")
def the_same_content_is_not_listed(flows: Flows) -> bool:
    session_id = flows.new()
    for name, content in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        flows.upload(session_id, name, content)
    return flows.names(session_id) == ["a", "b"]


@shows("F-UPL-25")
def an_empty_file_is_not_listed(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id, "a", b"1")
    assert flows.upload(session_id, "b", b"").status_code == 201
    return flows.names(session_id) == ["a"]


@shows("F-UPL-22")
def one_of_two_files_is_lost(flows: Flows) -> bool:
    session_id = flows.new()
    flows.together(flows.file(session_id, "a", b"1"), flows.file(session_id, "b", b"2"))
    return len(flows.names(session_id)) == 1


@shows("F-UPL-23")
def line_ends_are_converted(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id, "a", b"1\n2\r3")
    flows.upload(session_id, "b", b"1\r\n2")
    first, second = digests(flows, session_id)
    assert first == digest(b"1\n2\r3")
    return second == digest(b"1\n2")


@shows("F-UPL-24")
def the_oldest_path_is_not_in_the_session(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id, "a")
    flows.upload(session_id, "b", path="/data")
    assert flows.names(session_id) == ["a", "b"]
    return bool(flows.read(session_id)["data_uploads"] == ["a"])


@shows("F-UPL-27")
def a_refused_file_is_there(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.upload(session_id, user="bob").status_code == 404
    return flows.names(session_id) == ["a.txt"]


@shows("F-UPL-28")
def an_upload_revives(flows: Flows) -> bool:
    session_id = flows.new()
    flows.delete(session_id)
    assert flows.upload(NOBODY).status_code == 404
    assert not flows.alive(session_id)
    return flows.upload(session_id).status_code == 201 and flows.alive(session_id)


@shows("F-UPL-29")
def an_unknown_session_is_none(flows: Flows) -> bool:
    assert flows.asked(NOBODY).status_code == 404
    return flows.upload(NOBODY).status_code == 201 and len(flows.listed()) == 1


@shows("F-UPL-30")
def a_refused_file_waits(flows: Flows) -> bool:
    assert flows.names(flows.new()) == []
    assert flows.upload(NOBODY).status_code == 404
    return flows.names(flows.new()) == ["a.txt"]


@shows("F-UPL-42")
def files_of_the_deleted_are_listed(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id)
    flows.delete(session_id)
    answer = flows.send("GET", "/api/v1/data", params={"session_id": session_id})
    assert flows.send("GET", "/api/v1/data", "bob", params={"session_id": session_id}).status_code == 404
    return answer.status_code == 200


@shows("F-UPL-44")
def files_outlive_expiry(flows: Flows) -> bool:
    session_id = flows.new()
    flows.local.forward(days=2)
    assert not flows.alive(session_id)
    return flows.upload(session_id).status_code == 201


@shows("F-UPL-46")
def all_files_are_known_to_all(flows: Flows) -> bool:
    flows.upload(flows.new(), content=b"a secret")
    return "a secret" in flows.ask(flows.new("bob"), KNOW, "bob")


@shows("F-UPL-47")
def the_later_file_of_a_name_is_known(flows: Flows) -> bool:
    first, second = flows.new(), flows.new()
    flows.upload(first, content=b"mine")
    flows.upload(second, "b.txt", b"a secret")
    assert "a secret" not in flows.ask(first, KNOW)
    flows.upload(second, content=b"a secret")
    return "a secret" in flows.ask(first, KNOW)


@shows("F-UPL-48")
def a_deleted_file_is_known(flows: Flows) -> bool:
    first, second = flows.new(), flows.new()
    flows.upload(first, content=b"a secret")
    assert "a secret" not in flows.ask(second, KNOW)
    flows.delete(first)
    return "a secret" in flows.ask(second, KNOW)


@shows("F-UPL-01")
def a_name_is_overwritten_elsewhere(flows: Flows) -> bool:
    first, second = flows.new(), flows.new("bob")
    flows.upload(first, content=b"mine")
    flows.upload(second, "b.txt", b"theirs", "bob")
    assert digests(flows, first) == [digest(b"mine")]
    flows.upload(second, content=b"theirs", user="bob")
    return digests(flows, first) == [digest(b"theirs")]


@shows("F-UPL-02")
def a_name_leads_elsewhere(flows: Flows) -> bool:
    return reached(flows, "../{}/a.txt", "..-{}-a.txt")


@shows("F-UPL-36")
def a_doubled_name_leads_elsewhere(flows: Flows) -> bool:
    return reached(flows, "....//{}/a.txt", "../{}/a.txt")


@shows("F-UPL-37")
def an_encoded_name_leads_elsewhere(flows: Flows) -> bool:
    return reached(flows, "..%2F{}%2Fa.txt", "../{}/a.txt")


@shows("F-UPL-38")
def an_id_leads_elsewhere(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.upload(f"{session_id}x").status_code == 404
    return flows.upload(f"x/../{session_id}").status_code == 201


@shows("F-UPL-32")
def a_clients_files_are_in_one_folder(flows: Flows) -> bool:
    first, other = flows.new(client_id="c"), flows.new()
    for session_id in (first, other):
        flows.upload(session_id)
    flows.delete(first)
    assert flows.names(flows.new()) == []
    return flows.names(flows.new(client_id="c")) == ["a.txt"]


@shows("F-UPL-33")
def a_name_is_overwritten(flows: Flows) -> bool:
    session_id = flows.new()
    for content in (b"1", b"2"):
        flows.upload(session_id, content=content)
    return digests(flows, session_id) == [digest(b"2")]


@shows("F-UPL-34")
def a_name_is_taken_elsewhere(flows: Flows) -> bool:
    first, second = flows.new(), flows.new("bob")
    flows.upload(first)
    flows.upload(second, user="bob")
    return flows.names(second, "bob") == ["a-2.txt"]


@shows("F-UPL-35")
def a_name_in_another_case_is_overwritten(flows: Flows) -> bool:
    session_id = flows.new()
    for content in (b"1", b"2"):
        flows.upload(session_id, content=content)
    assert digests(flows, session_id) == [digest(b"1"), digest(b"2")]
    flows.upload(session_id, "A.TXT", b"3")
    return digests(flows, session_id) == [digest(b"3"), digest(b"2")]


@shows("F-UPL-40")
def a_folder_is_given_on(flows: Flows) -> bool:
    session_id = flows.new()
    flows.upload(session_id)
    assert flows.names(flows.new()) == []
    flows.delete(session_id)
    return flows.names(flows.new()) == ["a.txt"]


@shows("F-UPL-41")
def a_clients_files_come_back(flows: Flows) -> bool:
    session_id = flows.new(client_id="c")
    flows.upload(session_id)
    flows.delete(session_id)
    assert flows.names(flows.new()) == []
    return flows.names(flows.new(client_id="c")) == ["a.txt"]


@shows("F-UPL-45")
def an_old_file_is_taken_for_the_new_one(flows: Flows) -> bool:
    first, second = flows.new(), flows.new()
    flows.upload(first, content=b"old")
    flows.delete(first)
    flows.upload(second, content=b"newer")
    assert digests(flows, second) == [digest(b"newer")]
    third = flows.new()
    flows.upload(third, content=b"new")
    return digests(flows, third) == [digest(b"old")]


def test_every_fault_in_uploads_is_shown() -> None:
    here = ("uploads", "files")
    assert set(SCENARIOS) == {fault.id for fault in FAULTS.values() if fault.topic in here}


SHOWN = [(fault_id, contract) for fault_id in sorted(SCENARIOS) for contract in FAULTS[fault_id].contracts]


@pytest.mark.parametrize(("fault_id", "contract"), SHOWN)
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str, contract: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running(contract, weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected
