"""Each fault of ids, trust, errors, paths and origins, seen from outside."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def one(session_id: str, end: str = "") -> str:
    return f"{SESSIONS}/{session_id}{end}"


def cors(local: Local, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return local.send(method, path, headers={"Origin": "https://other.example", **headers})


@shows("F-SEC-01")
def ids_tell_the_time(local: Local) -> bool:
    ids = [UUID(local.new()) for _ in range(20)]
    assert all(found.version == 4 for found in ids)
    return len({found.node for found in ids}) == 1


@shows("F-SEC-02")
def read_creates(local: Local) -> bool:
    beaten = local.heartbeat("unknown").status_code == 200
    return beaten and local.alive("another") and local.ids() == ["unknown", "another"]


@shows("F-SEC-20")
def ids_are_counted(local: Local) -> bool:
    return [int(local.new()[-8:], 16) for _ in range(3)] == [1, 2, 3]


@shows("F-SEC-21")
def ids_tell_the_user(local: Local) -> bool:
    assert local.new()[:8] != local.new("bob")[:8]
    return local.new()[:8] == local.new()[:8]


@shows("F-SEC-22")
def ids_come_from_clients(local: Local) -> bool:
    assert local.new() != local.new()
    old = local.new(client_id="tab")
    local.delete(old)
    return local.new(client_id="tab") == old


@shows("F-SEC-23")
def session_id_is_taken(local: Local) -> bool:
    theirs = local.new("bob")
    assert local.create(session_id=theirs)["session_id"] != theirs
    return bool(local.create(session_id="mine")["session_id"] == "mine")


@shows("F-SEC-24")
def update_creates(local: Local) -> bool:
    assert not local.alive("unknown")
    local.change("unknown", title="x")
    return local.alive("unknown")


@shows("F-SEC-25")
def half_an_update(local: Local) -> bool:
    session_id = local.new(title="old")
    assert local.change(session_id, title="new", context=5)["reason"] == "invalid_request"
    return bool(local.read(session_id)["title"] == "new")


@shows("F-SEC-26")
def nul_fails(local: Local) -> bool:
    return bool(local.say(local.new(), "a\0b").get("reason") == "internal_error")


@shows("F-SEC-27")
def numbers_fail(local: Local) -> bool:
    assert local.ids(limit=1) == []
    return bool(local.page(limit="x")["reason"] == "internal_error")


@shows("F-SEC-28")
def refusal_tells_key(local: Local) -> bool:
    return "session:unknown" in local.read("unknown")["detail"]


@shows("F-SEC-29")
def frameworks_form(local: Local) -> bool:
    assert local.read("unknown")["reason"] == "session_not_found"
    return isinstance(local.create(title=5)["detail"], list)


@shows("F-SEC-30")
def get_is_cacheable(local: Local) -> bool:
    assert local.send("POST", SESSIONS).headers["cache-control"] == "no-store"
    return "public" in local.send("GET", SESSIONS).headers["cache-control"]


@shows("F-SEC-31")
def routing_has_no_reason(local: Local) -> bool:
    assert "reason" in local.read("unknown")
    return "reason" not in local.send("GET", "/nowhere").json()


@shows("F-SEC-32")
def expiry_is_taken(local: Local) -> bool:
    session_id = local.new()
    assert local.change(session_id, title="x")["title"] == "x"
    local.change(session_id, expires_at="2099-01-01T00:00:00Z")
    local.forward(days=1000)
    return local.alive(session_id)


@shows("F-SEC-33")
def messages_are_taken(local: Local) -> bool:
    return bool(local.create(messages=[{"role": "system", "content": "x"}])["messages"])


@shows("F-SEC-34")
def metadata_names_owner(local: Local) -> bool:
    session_id = local.new(metadata={"user_id": "bob"})
    return local.alive(session_id, "bob") and local.ids() == []


@shows("F-SEC-35")
def ids_without_case(local: Local) -> bool:
    session_id = local.new()
    return local.alive(session_id.upper()) and local.alive(session_id)


@shows("F-SEC-36")
def ids_by_prefix(local: Local) -> bool:
    return local.alive(local.new()[:-1])


@shows("F-SEC-37")
def owner_without_case(local: Local) -> bool:
    session_id = local.new()
    assert not local.alive(session_id, "an")
    return local.alive(session_id, "ANN")


@shows("F-SEC-38")
def slash_loses_body(local: Local) -> bool:
    answer = local.send("POST", f"{SESSIONS}/", json={"title": "x"})
    return answer.status_code == 201 and answer.json()["title"] is None


@shows("F-SEC-39")
def slash_skips_identity(local: Local) -> bool:
    session_id = local.new()
    assert local.send("GET", one(session_id), None).status_code == 401
    return local.send("GET", one(session_id, "/"), None).status_code == 200


@shows("F-SEC-40")
def slash_redirects(local: Local) -> bool:
    answer = local.send("POST", f"{SESSIONS}/", json={})
    return answer.status_code == 301 and answer.headers["location"] == SESSIONS


@shows("F-SEC-41")
def wildcard_with_credentials(local: Local) -> bool:
    headers = cors(local, SESSIONS).headers
    assert headers["access-control-allow-origin"] == "*"
    return "access-control-allow-credentials" in headers


@shows("F-SEC-42")
def errors_are_closed(local: Local) -> bool:
    assert "access-control-allow-origin" in cors(local, SESSIONS).headers
    return "access-control-allow-origin" not in cors(local, one("unknown")).headers


@shows("F-SEC-43")
def two_methods_only(local: Local) -> bool:
    def allowed(method: str) -> bool:
        ask = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-user-id"}
        return cors(local, SESSIONS, "OPTIONS", **ask).status_code == 200

    assert allowed("GET")
    assert allowed("POST")
    return not allowed("PUT") and not allowed("DELETE")


@shows("F-SEC-44")
def owner_is_taken(local: Local) -> bool:
    session_id = local.new()
    local.change(session_id, user_id="bob")
    return local.alive(session_id, "bob")


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "security"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
