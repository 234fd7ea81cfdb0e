"""What is looked at in an answer, given what its user knew: pure, call by call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sessionproof.actors import Actor
from sessionproof.contract import Binding, Contract, find_contract, load_contract
from sessionproof.load.looking import Look, World
from sessionproof.load.looks import look_at, look_at_canaries
from sessionproof.load.memory import Lives, Memory, Shared
from sessionproof.load.tally import Looks, Tally
from sessionproof.wire import Answer, Reply, Request, build_request

Asked = tuple[Look, Request, float]

CONTRACT = load_contract(find_contract("fm-session-service"))


class Talk:
    """One process with its users; the clock stands where it is told."""

    def __init__(self, contract: Contract = CONTRACT) -> None:
        self.contract = contract
        self.world = World(contract, Lives.of(contract, None, 1.0, 1.0), Shared())
        self.ann, self.bob = (Memory(Actor(name, name, f"client-{name}")) for name in ("ann", "bob"))
        self.now = 100.0

    def asks(self, memory: Memory, operation: str, **values: Any) -> Asked:
        request = build_request(self.contract, self.contract.first(operation), memory.actor, values)
        self.now += 1
        return look_at(self.world, memory, request.binding, request.values), request, self.now

    def hears(self, asked: Asked, status: int | None, body: Any = None, leaks: tuple[str, ...] = ()) -> Looks:
        look, request, began = asked
        self.now += 1
        answer = Answer(status, content=b"" if body is None else json.dumps(body).encode())
        reply = Reply(self.contract, request, answer, leaks, began, self.now)
        looks = Looks()
        look_at_canaries(self.world, reply, looks)
        look.at(reply, looks)
        return looks

    def call(self, memory: Memory, operation: str, status: int | None, body: Any = None, **values: Any) -> Looks:
        return self.hears(self.asks(memory, operation, **values), status, body)

    def created(self, memory: Memory, session: str, client: str, *, resumed: bool = False) -> Looks:
        body = {"session_id": session, "session_resumed": resumed}
        return self.call(memory, "create", 200 if resumed else 201, body, client=client)


def broken(looks: Looks) -> list[str]:
    return [finding.requirement for finding in looks.found]


def test_a_resume_leads_to_the_session_that_it_must_lead_to() -> None:
    talk = Talk()
    assert broken(talk.created(talk.ann, "s1", "tab")) == []
    assert broken(talk.created(talk.ann, "s1", "tab", resumed=True)) == []
    assert broken(talk.created(talk.ann, "s1", "tab", resumed=False)) == ["RES-02"]
    assert broken(talk.created(talk.ann, "s2", "tab", resumed=True)) == ["RES-01"]


def test_creates_at_once_lead_to_one_session_and_one_of_them_makes_it() -> None:
    talk = Talk()
    asked = [talk.asks(talk.ann, "create", client="tab") for _ in range(3)]
    assert broken(talk.hears(asked[0], 201, {"session_id": "s1", "session_resumed": False})) == []
    assert broken(talk.hears(asked[1], 200, {"session_id": "s1", "session_resumed": True})) == []
    assert broken(talk.hears(asked[2], 201, {"session_id": "s2", "session_resumed": False})) == ["RES-06", "RES-06"]


def test_a_create_without_an_answer_leaves_those_beside_it_undecided() -> None:
    talk = Talk()
    asked = [talk.asks(talk.ann, "create", client="tab") for _ in range(2)]
    assert broken(talk.hears(asked[0], None)) == []
    looks = talk.hears(asked[1], 200, {"session_id": "s1", "session_resumed": True})
    assert (broken(looks), looks.undecided) == ([], ["RES-06"])


def test_where_no_answer_has_the_flag_nothing_of_it_is_undecided() -> None:
    def without_flag(binding: Binding) -> Binding:
        return replace(binding, returns={name: at for name, at in binding.returns.items() if name != "resumed"})

    flagless = replace(CONTRACT, bindings=tuple(map(without_flag, CONTRACT.bindings)))
    for contract, undecided in ((CONTRACT, ["RES-02"]), (flagless, [])):
        talk = Talk(contract)
        talk.created(talk.ann, "s1", "tab")
        talk.call(talk.ann, "delete", None, session="s1")
        assert talk.created(talk.ann, "s2", "tab").undecided == undecided


def test_another_users_session_by_the_same_client_id() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert broken(talk.created(talk.bob, "s1", "tab", resumed=True)) == ["RES-05"]
    looks = talk.created(talk.ann, "s1", "tab", resumed=True)
    assert (broken(looks), "RES-05" in looks.made) == ([], True)


def test_a_deleted_session_is_gone_and_its_id_is_not_issued_again() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert broken(talk.call(talk.ann, "delete", 204, session="s1")) == []
    assert broken(talk.call(talk.ann, "read", 404, session="s1")) == []
    assert broken(talk.call(talk.ann, "read", 200, {"session_id": "s1"}, session="s1")) == ["LIF-05"]
    assert broken(talk.created(talk.ann, "s1", "tab")) == ["RES-08", "LIF-01"]
    assert broken(talk.created(talk.ann, "s2", "tab", resumed=True)) == ["RES-02"]


def test_a_call_that_was_under_way_when_the_session_was_deleted_may_end_either_way() -> None:
    for status in (200, 404):
        talk = Talk()
        talk.created(talk.ann, "s1", "tab")
        beat = talk.asks(talk.ann, "heartbeat", session="s1")
        assert broken(talk.call(talk.ann, "delete", 204, session="s1")) == []
        assert broken(talk.hears(beat, status, {"session_id": "s1"})) == []
        assert broken(talk.call(talk.ann, "heartbeat", 200, session="s1")) == ["CON-02"]


def test_a_delete_without_an_answer_leaves_the_session_open() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    talk.call(talk.ann, "delete", None, session="s1")
    for status in (200, 404):
        assert broken(talk.call(talk.ann, "read", status, {"session_id": "s1"}, session="s1")) == []


def test_a_session_that_lives_answers_about_itself() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert broken(talk.call(talk.ann, "read", 404, session="s1")) == ["CON-01"]
    assert broken(talk.call(talk.ann, "read", 200, {"session_id": "s2"}, session="s1")) == ["CON-01"]
    assert broken(talk.call(talk.ann, "read", 503, session="s1")) == []


def test_nothing_is_told_at_the_end_of_a_life_and_success_after_it_is_wrong() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert CONTRACT.life.default == 10800
    talk.now += 10798
    looks = talk.call(talk.ann, "read", 404, session="s1")
    assert (broken(looks), looks.undecided) == ([], ["CON-01"])
    talk.now += 10
    assert broken(talk.call(talk.ann, "read", 404, session="s1")) == []
    assert broken(talk.call(talk.ann, "heartbeat", 200, session="s1")) == ["EXP-08"]


def test_what_was_said_is_there_once_and_in_order() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    for text in ("one", "two"):
        talk.call(talk.ann, "add_message", 201, {}, session="s1", content=text)
    talk.call(talk.ann, "add_message", 422, session="s1", content="refused")
    talk.call(talk.ann, "add_message", None, session="s1", content="nobody knows")

    def heard(*texts: str) -> list[str]:
        body = {"messages": [{"content": text} for text in texts], "total": len(texts)}
        return broken(talk.call(talk.ann, "messages", 200, body, session="s1"))

    assert heard("one", "two") == heard("one", "two", "nobody knows") == []
    assert heard("one") == heard("one", "two", "two") == heard("one", "two", "refused") == ["MSG-01"]
    assert heard("two", "one") == ["MSG-02"]


def test_what_was_said_last_comes_first_where_the_contract_says_so() -> None:
    heard = CONTRACT.first("messages")
    lists = {**heard.lists, "each": replace(heard.lists["each"], newest_first=True)}
    others = tuple(replace(one, lists=lists) if one is heard else one for one in CONTRACT.bindings)
    talk = Talk(replace(CONTRACT, bindings=others))
    talk.created(talk.ann, "s1", "tab")
    for text in ("a", "b"):
        talk.call(talk.ann, "add_message", 201, {}, session="s1", content=text)

    def heard_as(*texts: str) -> list[str]:
        body = {"messages": [{"content": text} for text in texts], "total": len(texts)}
        return broken(talk.call(talk.ann, "messages", 200, body, session="s1"))

    assert heard_as("b", "a") == []
    assert heard_as("a", "b") == ["MSG-02"]


def test_messages_at_once_may_stand_in_any_order_but_all_of_them_do() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    asked = [talk.asks(talk.ann, "add_message", session="s1", content=text) for text in ("one", "two")]
    for one in asked:
        talk.hears(one, 201, {})

    def heard(*texts: str) -> list[str]:
        body = {"messages": [{"content": text} for text in texts], "total": len(texts)}
        return broken(talk.call(talk.ann, "messages", 200, body, session="s1"))

    assert heard("two", "one") == heard("one", "two") == []
    assert heard("two") == ["MSG-03"]


def test_a_list_has_ones_own_living_sessions_and_no_others() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    talk.created(talk.ann, "s2", "other")
    talk.created(talk.bob, "s3", "tab")
    talk.call(talk.ann, "delete", 204, session="s2")

    def listed(*sessions: str) -> list[str]:
        body = {"sessions": [{"session_id": session} for session in sessions], "total": len(sessions)}
        return broken(talk.call(talk.ann, "list", 200, body))

    assert listed("s1") == []
    assert listed("s1", "s3") == ["ISO-03", "LIF-06"]
    assert listed("s1", "s2") == ["LIF-05"]
    assert listed() == ["LIF-06"]
    assert listed("s1", "s1") == ["LIF-06"]


def test_somebody_elses_session_is_refused() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert broken(talk.call(talk.bob, "read", 404, session="s1")) == []
    assert broken(talk.call(talk.bob, "read", 200, {}, session="s1")) == ["ISO-01"]
    assert broken(talk.call(talk.bob, "heartbeat", 200, session="s1")) == ["ISO-02"]


def test_a_foreign_canary_is_a_leak_wherever_it_stands() -> None:
    talk = Talk()
    talk.created(talk.ann, "s1", "tab")
    assert broken(talk.hears(talk.asks(talk.ann, "read", session="s1"), 404, leaks=("bob",))) == ["ISO-01", "CON-01"]
    assert broken(talk.hears(talk.asks(talk.ann, "list"), 500, leaks=("bob",))) == ["ISO-03"]


def test_tallies_of_several_processes_add_up_and_keep_few_examples() -> None:
    talk, one, other = Talk(), Tally(), Tally()
    talk.created(talk.ann, "s1", "tab")
    for tally in (one, other):
        for _ in range(2):
            looks = talk.call(talk.bob, "read", 200, {}, session="s1")
            tally.add(looks)
            tally.show(looks.found[0], "> GET /x")
    one.merge(Tally.from_dict(json.loads(json.dumps(other.as_dict()))))
    assert one.looked["ISO-01"] == 4
    assert one.violations["ISO-01"] == 4
    assert len(one.examples["ISO-01"]) == 3
