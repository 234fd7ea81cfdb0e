"""Faults of the rules and of the outer layers show under each contract that they are said to be for."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local_flows import NOBODY, Flows, Running

SCENARIOS: dict[str, Callable[[Flows], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Flows], bool]], Callable[[Flows], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def deleted(flows: Flows, **body: str) -> str:
    session_id = flows.new(**body)
    assert flows.delete(session_id) == 204
    return session_id


@shows("F-LIF-01")
def the_deleted_is_read(flows: Flows) -> bool:
    session_id = deleted(flows)
    assert flows.asked(session_id).status_code == 404
    return flows.alive(session_id)


@shows("F-LIF-06")
def a_second_delete_fails(flows: Flows) -> bool:
    session_id = deleted(flows)
    assert flows.delete(NOBODY) == 404
    return flows.delete(session_id) == 500


@shows("F-LIF-20")
def the_first_read_misses(flows: Flows) -> bool:
    session_id = flows.new()
    return not flows.alive(session_id) and flows.alive(session_id)


@shows("F-LIF-21")
def the_25th_is_not_stored(flows: Flows) -> bool:
    alive = [flows.alive(flows.new()) for _ in range(26)]
    return alive == [True] * 24 + [False, True]


@shows("F-LIF-22")
def an_id_is_used_again(flows: Flows) -> bool:
    return deleted(flows) == flows.new()


@shows("F-LIF-23")
def times_lack_a_zone(flows: Flows) -> bool:
    return not flows.read(flows.new())["created_at"].endswith("Z")


@shows("F-LIF-26")
def a_read_touches(flows: Flows) -> bool:
    session_id = flows.new()
    before = flows.read(session_id)
    flows.local.forward(seconds=1)
    return bool(flows.read(session_id)["last_activity"] != before["last_activity"])


@shows("F-LIF-39")
def health_needs_identity(flows: Flows) -> bool:
    assert flows.send("GET", "/health").status_code == 200
    return flows.send("GET", "/health", None).status_code == 401


@shows("F-LIF-40")
def health_tells_an_id(flows: Flows) -> bool:
    return flows.new() in flows.send("GET", "/health").text


@shows("F-LIF-41")
def health_renews(flows: Flows) -> bool:
    session_id = flows.new()
    flows.local.forward(minutes=40)
    flows.send("GET", "/health")
    flows.local.forward(minutes=40)
    return flows.alive(session_id)


@shows("F-LIF-51")
def a_deleted_chat_goes_on(flows: Flows) -> bool:
    session_id = deleted(flows)
    assert flows.listed() == []
    return flows.asked(session_id).status_code == 200


@shows("F-LIF-52")
def a_read_cuts(flows: Flows) -> bool:
    bare, full = flows.new(), flows.new()
    flows.upload(full)
    for session_id in (bare, full):
        for question in "abcd":
            flows.ask(session_id, question)
        flows.read(session_id)
    assert flows.said(bare) == ["a", "b", "c", "d"]
    return flows.said(full) == ["b", "c", "d"]


@shows("F-LIF-53")
def the_first_id_is_told(flows: Flows) -> bool:
    assert flows.new(client_id="c") != flows.new(client_id="c")
    return flows.new() == flows.new()


@shows("F-LIF-54")
def a_new_session_has_files(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.names(flows.new()) == []
    flows.delete(session_id)
    flows.upload(flows.new())
    return flows.names(flows.new()) == ["a.txt"]


@shows("F-RES-01")
def nothing_is_resumed(flows: Flows) -> bool:
    return flows.new(client_id="tab") != flows.new(client_id="tab")


@shows("F-RES-02")
def the_second_resume_is_new(flows: Flows) -> bool:
    one, two, three = (flows.new(client_id="tab") for _ in range(3))
    assert one == two
    return two != three


@shows("F-RES-05")
def another_user_resumes(flows: Flows) -> bool:
    return flows.new(client_id="tab") == flows.new("bob", client_id="tab")


@shows("F-RES-06")
def the_dead_id_is_resumed(flows: Flows) -> bool:
    session_id = deleted(flows, client_id="tab")
    return flows.new(client_id="tab") == session_id and not flows.alive(session_id)


@shows("F-RES-07")
def a_resume_brings_back(flows: Flows) -> bool:
    session_id = flows.new(client_id="tab")
    flows.ask(session_id, "a secret")
    flows.delete(session_id)
    assert not flows.alive(session_id)
    return flows.said(flows.new(client_id="tab")) == ["a secret"]


@shows("F-RES-09")
def a_resume_starts_over(flows: Flows) -> bool:
    session_id = flows.new(client_id="tab")
    flows.ask(session_id)
    assert flows.new(client_id="tab") == session_id
    return flows.said(session_id) == []


@shows("F-RES-10")
def case_is_folded(flows: Flows) -> bool:
    return flows.new(client_id="Tab") == flows.new(client_id="tab")


@shows("F-RES-13")
def no_client_is_one(flows: Flows) -> bool:
    return flows.new() == flows.new()


@shows("F-RES-22")
def a_new_one_is_called_resumed(flows: Flows) -> bool:
    session_id = flows.new(client_id="tab")
    flows.delete(session_id)
    answer = flows.create(client_id="tab").json()
    assert answer["session_id"] != session_id
    return answer["session_resumed"] is True


@shows("F-RES-27")
def delete_goes_by_client(flows: Flows) -> bool:
    mine, theirs, other = flows.new(client_id="tab"), flows.new("bob", client_id="tab"), flows.new("bob")
    flows.delete(mine)
    assert flows.alive(other, "bob")
    return not flows.alive(theirs, "bob")


@shows("F-RES-30")
def blank_clients_are_one(flows: Flows) -> bool:
    answers = [flows.create(client_id=blank) for blank in ("", " ")]
    if any(answer.is_error for answer in answers):
        return False
    return len({answer.json()["session_id"] for answer in answers}) == 1


@shows("F-RES-33")
def a_resume_sets_the_life(flows: Flows) -> bool:
    session_id = flows.create(client_id="tab", timeout_minutes=60).json()["session_id"]
    flows.create(client_id="tab", timeout_minutes=30)
    return bool(flows.read(session_id)["timeout_minutes"] == 30)


@shows("F-ISO-01")
def foreign_is_read(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.asked(session_id, user="bob").status_code == 404
    return flows.alive(session_id, "bob")


@shows("F-ISO-06")
def a_prefix_owns(flows: Flows) -> bool:
    session_id = flows.new("user_10")
    assert not flows.alive(session_id, "user_2")
    return flows.alive(session_id, "user_1")


@shows("F-ISO-07")
def the_body_names_the_owner(flows: Flows) -> bool:
    assert not flows.alive(flows.create(user_id="ann").json()["session_id"], "bob")
    return flows.alive(flows.create(user_id="bob").json()["session_id"], "bob")


@shows("F-ISO-21")
def the_cache_is_open(flows: Flows) -> bool:
    session_id = flows.new()
    assert not flows.alive(session_id, "bob")
    flows.read(session_id)
    return flows.alive(session_id, "bob")


@shows("F-ISO-27")
def foreign_is_forbidden(flows: Flows) -> bool:
    assert flows.get(NOBODY).status_code == 404
    return flows.get(flows.new(), "bob").status_code == 403


@shows("F-ISO-28")
def delete_tells_foreign(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.get(session_id, "bob").text == flows.get(NOBODY, "bob").text
    answers = [flows.send("DELETE", flows.one(named), "bob").text for named in (session_id, NOBODY)]
    return answers[0] != answers[1]


@shows("F-ISO-29")
def nobody_is_anonymous(flows: Flows) -> bool:
    assert flows.create("").status_code == 401
    return flows.create(None).status_code == 201


@shows("F-ISO-30")
def blank_is_a_user(flows: Flows) -> bool:
    assert flows.create(None).status_code == 401
    return flows.create("").status_code == 201


@shows("F-ISO-33")
def an_admin_reads(flows: Flows) -> bool:
    session_id = flows.new()
    assert not flows.alive(session_id, "bob")
    return flows.get(session_id, "bob", headers={"X-User-Roles": "admin"}).status_code == 200


@shows("F-ISO-35")
def the_header_wins(flows: Flows) -> bool:
    one, two = flows.new(), flows.new()
    return bool(flows.get(one, headers={"X-Session-ID": two}).json().get("session_id") == two)


@shows("F-ISO-37")
def the_query_names_another(flows: Flows) -> bool:
    one, two = flows.new(), flows.new()
    flows.send("DELETE", flows.one(one), params={"session_id": two})
    return flows.alive(one) and not flows.alive(two)


@shows("F-SEC-01")
def ids_are_made_from_the_time(flows: Flows) -> bool:
    return len({flows.new()[9:13] for _ in range(3)}) == 1


@shows("F-SEC-02")
def a_read_creates(flows: Flows) -> bool:
    assert flows.asked(NOBODY).status_code == 404
    return flows.alive(NOBODY)


@shows("F-SEC-20")
def ids_are_counted(flows: Flows) -> bool:
    one, two = (int(flows.new()[-8:], 16) for _ in range(2))
    return two - one == 1


@shows("F-SEC-23")
def the_id_is_chosen(flows: Flows) -> bool:
    assert flows.new() != NOBODY
    return flows.new(session_id=NOBODY) == NOBODY


@shows("F-SEC-26")
def nul_fails(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.asked(session_id, "a\u0001").status_code == 200
    return flows.asked(session_id, "a\0").status_code == 500


@shows("F-SEC-28")
def a_refusal_tells_a_key(flows: Flows) -> bool:
    return f"session:{NOBODY}" in flows.get(NOBODY).text


@shows("F-SEC-29")
def an_invalid_body_is_refused_otherwise(flows: Flows) -> bool:
    assert "reason" in flows.get(NOBODY).json()
    return "reason" not in flows.asked(flows.new(), "").json()


@shows("F-SEC-31")
def an_unknown_route_has_no_reason(flows: Flows) -> bool:
    assert "reason" in flows.get(NOBODY).json()
    return "reason" not in flows.send("GET", "/nowhere").json()


@shows("F-SEC-35")
def ids_have_no_case(flows: Flows) -> bool:
    session_id = flows.new()
    assert session_id != session_id.upper()
    return flows.alive(session_id.upper())


@shows("F-SEC-36")
def half_an_id_is_enough(flows: Flows) -> bool:
    return flows.alive(flows.new()[:18])


@shows("F-SEC-38")
def a_slash_loses_the_body(flows: Flows) -> bool:
    session_id = flows.new()
    assert flows.asked(session_id, path="/api/v1/query/").status_code == 200
    return flows.asked(session_id, path="/api/v1/agent/query/").status_code != 200


@shows("F-SEC-41")
def credentials_are_allowed(flows: Flows) -> bool:
    answer = flows.send("GET", "/health", headers={"Origin": "http://elsewhere.example"})
    return "access-control-allow-credentials" in answer.headers


@shows("F-SEC-42")
def errors_cannot_be_read(flows: Flows) -> bool:
    origin = {"Origin": "http://elsewhere.example"}
    assert "access-control-allow-origin" in flows.send("GET", "/health", headers=origin).headers
    return "access-control-allow-origin" not in flows.get(NOBODY, headers=origin).headers


GENERAL = (
    "expiry",
    "isolation",
    "lifecycle",
    "messages",
    "resumption",
    "security",
)  # the others are shown elsewhere
SHOWN = [
    (fault.id, contract)
    for fault in FAULTS.values()
    if fault.topic in GENERAL
    for contract in fault.contracts
    if contract != "fm-session-service"
]


def test_every_such_fault_is_shown() -> None:
    assert set(SCENARIOS) == {fault_id for fault_id, _ in SHOWN}


@pytest.mark.parametrize(("fault_id", "contract"), SHOWN)
def test_the_fault_shows_there_too(fault_id: str, contract: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Running(contract, weave(faults)) as flows:
            assert SCENARIOS[fault_id](flows) is expected
