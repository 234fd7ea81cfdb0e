"""Each fault of the conversation, seen from outside."""

from collections.abc import Callable

import pytest

from reference_server.faults import FAULTS, weave
from reference_server.local import SESSIONS, Local

SCENARIOS: dict[str, Callable[[Local], bool]] = {}


def shows(fault_id: str) -> Callable[[Callable[[Local], bool]], Callable[[Local], bool]]:
    """The scenario is true where this fault is, and nowhere else."""
    return lambda scenario: SCENARIOS.setdefault(fault_id, scenario)


def contents(local: Local, session_id: str) -> list[str]:
    return [message["content"] for message in local.messages(session_id)["messages"]]


def numbered(local: Local, session_id: str, count: int) -> list[str]:
    """Says so many numbers and answers them in order."""
    return [local.say(session_id, str(number))["content"] for number in range(count)]


@shows("F-MSG-01")
def counted_only(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "hello")
    return contents(local, session_id) == [] and local.read(session_id)["message_count"] == 1


@shows("F-MSG-02")
def messages_at_once_are_lost(local: Local) -> bool:
    session_id = local.new()
    body = {"json": {"role": "user", "content": "x"}}
    answers = local.together(*(("POST", f"{SESSIONS}/{session_id}/messages", "ann", body) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    return len(contents(local, session_id)) < 4


@shows("F-MSG-03")
def tenth_message_is_misplaced(local: Local) -> bool:
    session_id = local.new()
    assert numbered(local, session_id, 9) == contents(local, session_id)
    local.say(session_id, "ten")
    return contents(local, session_id)[-1] != "ten"


@shows("F-MSG-04")
def content_is_normalised(local: Local) -> bool:
    return bool(local.say(local.new(), " cafe\u0301 \U0001f600 ")["content"] == "caf\u00e9 ?")


@shows("F-MSG-05")
def only_a_hundred_are_kept(local: Local) -> bool:
    session_id = local.new()
    assert numbered(local, session_id, 100) == contents(local, session_id)
    local.say(session_id, "more")
    page = local.messages(session_id)
    return (page["total"], len(page["messages"])) == (101, 100)


@shows("F-MSG-20")
def repetition_is_dropped(local: Local) -> bool:
    session_id = local.new()
    for text in ("a", "b", "b"):
        local.say(session_id, text)
    return contents(local, session_id) == ["a", "b"]


@shows("F-MSG-21")
def refused_is_stored(local: Local) -> bool:
    session_id = local.new()
    assert local.say(session_id, "x", role="nobody")["reason"] == "invalid_request"
    assert contents(local, session_id) == []
    assert local.say(session_id, "x", metadata=5)["reason"] == "invalid_request"
    return contents(local, session_id) == ["x"]


@shows("F-MSG-22")
def order_is_random_within_a_second(local: Local) -> bool:
    session_id = local.new()
    return numbered(local, session_id, 30) != contents(local, session_id)


@shows("F-MSG-23")
def markup_is_escaped(local: Local) -> bool:
    session_id = local.new()
    assert local.say(session_id, "plain")["content"] == "plain"
    return bool(local.say(session_id, "<b>")["content"] == "&lt;b&gt;")


@shows("F-MSG-24")
def metadata_is_flattened(local: Local) -> bool:
    said = local.say(local.new(), "x", metadata={"a": [1], "b": {"c": 1}})
    assert said["metadata"]["a"] == [1]
    return isinstance(said["metadata"]["b"], str)


@shows("F-MSG-25")
def any_role_is_user(local: Local) -> bool:
    return bool(local.say(local.new(), "x", role="nobody").get("role") == "user")


@shows("F-MSG-26")
def roles_in_upper_case(local: Local) -> bool:
    assert "role" not in local.say(local.new(), "x", role="nobody")
    return bool(local.say(local.new(), "x", role="USER").get("role") == "user")


@shows("F-MSG-27")
def callers_name_messages(local: Local) -> bool:
    return bool(local.say(local.new(), "x", message_id="mine")["message_id"] == "mine")


@shows("F-MSG-28")
def message_ids_repeat(local: Local) -> bool:
    session_id = local.new()
    ids = [local.say(session_id, "x")["message_id"] for _ in range(11)]
    assert len(set(ids[:10])) == 10
    return len(set(ids)) == 10


@shows("F-MSG-29")
def message_ids_change(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "x")
    return bool(local.messages(session_id) != local.messages(session_id))


@shows("F-MSG-30")
def assistant_is_early(local: Local) -> bool:
    session_id = local.new()
    first, second = local.say(session_id, "x"), local.say(session_id, "y", role="assistant")
    return bool(second["timestamp"] < first["timestamp"])


def title_after(local: Local, session_id: str, *said: tuple[str, str]) -> str:
    for role, content in said:
        local.say(session_id, content, role=role)
    return str(local.read(session_id)["title"])


@shows("F-MSG-31")
def title_follows(local: Local) -> bool:
    return title_after(local, local.new(), ("user", "one"), ("user", "two")) == "two"


@shows("F-MSG-32")
def title_from_anybody(local: Local) -> bool:
    return title_after(local, local.new(), ("system", "one"), ("user", "two")) == "one"


@shows("F-MSG-33")
def chosen_title_is_lost(local: Local) -> bool:
    assert title_after(local, local.new(), ("user", "one"), ("user", "two")) == "one"
    return title_after(local, local.new(title="mine"), ("user", "one")) == "one"


@shows("F-MSG-35")
def count_leaves_out(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "x")
    assert local.read(session_id)["message_count"] == 1
    local.say(session_id, "y", role="assistant")
    return bool(local.read(session_id)["message_count"] == 1)


@shows("F-MSG-36")
def later_pages_repeat(local: Local) -> bool:
    session_id = local.new()
    numbered(local, session_id, 4)
    pages = [local.messages(session_id, limit=2, offset=offset)["messages"] for offset in (0, 2)]
    return bool(pages[0][1] == pages[1][0])


@shows("F-MSG-37")
def copy_is_stale(local: Local) -> bool:
    session_id = local.new()
    local.say(session_id, "x")
    stale = local.read(session_id)["messages"] != local.messages(session_id)["messages"]
    local.heartbeat(session_id)
    assert local.read(session_id)["messages"] == local.messages(session_id)["messages"]
    return bool(stale)


def test_every_fault_of_this_group_is_shown() -> None:
    here = [fault for fault in FAULTS.values() if fault.topic == "messages"]
    assert set(SCENARIOS) == {fault.id for fault in here if "fm-session-service" in fault.contracts}


@pytest.mark.parametrize("fault_id", sorted(SCENARIOS))
def test_the_fault_does_what_it_says_and_the_server_without_it_does_not(fault_id: str) -> None:
    for faults, expected in (([], False), ([fault_id], True)):
        with Local(weave(faults)) as local:
            assert SCENARIOS[fault_id](local) is expected
