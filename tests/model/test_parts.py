"""What makes long histories cheap changes nothing: the pass for quiet sessions, and shares of the sessions."""

from __future__ import annotations

import pickle
import random
import re
from collections import Counter
from itertools import chain

import pytest

from sessionproof.contract import bundled_contracts, load_contract
from sessionproof.history import Event, Header
from sessionproof.model import ANOMALIES, Judgement, Rules, Seen, Shard, join, judge, seen

from ..servers import ROOT
from .compare import KINDS
from .story import RULES, history

QUIET = (
    "new s tab | say s a | read s a | say s b | same s tab | beat s | read s a b | list s | end s | get s = 404 | "
    "by bob | new t tab | say t c | read t c | list t | +50 | get t"
)


def told(judgement: Judgement) -> tuple[Counter[object], Counter[str], Counter[str]]:
    anomalies = Counter((one.name, one.subject, one.sentence) for one in judgement.anomalies)
    return Counter(anomalies), +judgement.looked, +judgement.undecided


def without_the_quick_pass(events: list[Seen], rules: Rules, monkeypatch: pytest.MonkeyPatch) -> Judgement:
    with monkeypatch.context() as patch:
        patch.setattr("sessionproof.model.session.judge_quiet", lambda *_: None)
        return judge(events, rules)


@pytest.mark.parametrize("last", [None, *range(1, 16)])
def test_quiet_sessions_are_judged_as_all_others(last: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = " | ".join(QUIET.split(" | ")[:last])
    assert told(judge(history(lines), RULES)) == told(without_the_quick_pass(history(lines), RULES, monkeypatch))


@pytest.mark.parametrize("kind", KINDS)
def test_random_sessions_are_judged_alike_with_and_without_the_quick_pass(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = KINDS[kind]
    for number in range(400):
        chance = random.Random(number)
        calls = world.history(chance)
        calls = world.changed(calls, chance) if number % 2 else calls
        quick = judge(world.events_of(calls), world.RULES)
        slow = without_the_quick_pass(world.events_of(calls), world.RULES, monkeypatch)
        assert told(quick) == told(slow), number


def several(chance: random.Random) -> list[Seen]:
    """Sessions of several users, put together, some of them wrong."""
    lines = [
        QUIET,
        "by carol | new u pad | say u a | read u | end u | +1 | beat u | list u s",
        "by dan | new v pad | list u v",
        "by carol | +1 | new w pad",
        "new x tab ~ 9 | say x q = - | read x q",
    ]
    events = sorted(chain.from_iterable(history(line) for line in lines), key=lambda event: (event.t1, chance.random()))
    for number, event in enumerate(events, 1):
        event.n = number
    return events


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_sessions_dealt_out_to_shards_are_judged_as_together(shares: int) -> None:
    whole = judge(several(random.Random(1)), RULES)
    shards = [Shard(RULES) for _ in range(shares)]
    for event in several(random.Random(1)):
        mine = sum(event.session.encode()) % shares
        for number, shard in enumerate(shards):
            if number == mine:
                shard.add([event])
            elif event.op == "list":
                shard.overhear(event)
    parts = [pickle.loads(pickle.dumps(shard.end())) for shard in shards]
    assert len(whole.anomalies) > 3
    assert told(join(parts, RULES)) == told(whole)


@pytest.mark.parametrize("name", bundled_contracts())
def test_the_rules_of_a_contract_go_to_other_processes(name: str) -> None:
    rules = Rules.of(load_contract(bundled_contracts()[name]), scale=0.5, early=2)
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert (rules.scale, rules.early, rules.late) == (0.5, 2, 1)


def test_the_rules_say_what_the_contract_says() -> None:
    contract = load_contract(bundled_contracts()["fm-session-service"])
    rules = Rules.of(contract, scale=0.1)
    assert (rules.life, rules.shortest, rules.longest) == (1080.0, 6.0, 2880.0)
    assert (rules.resumes_by, rules.lists, rules.flags, rules.deleted) == ("user", "user", True, "deleted")
    assert rules.shows == {"read", "messages"}
    header = Header(clock="c", started="", target="", contract="", lens="", seed=1, tool="", scale=0.1, life=7.0)
    assert Rules.for_history(contract, header).life == 7.0
    cases = Rules.of(load_contract(bundled_contracts()["faultmaven"]))
    assert (cases.cases, cases.shows, cases.queries_show) == (True, frozenset({"case_history"}), True)
    alone = Rules.of(load_contract(bundled_contracts()["agentic-multi-client"]))
    assert (alone.users, alone.resumes_by, alone.answers, alone.flags) == (False, "", True, False)


def test_judging_leaves_the_events_as_they_are() -> None:
    events = several(random.Random(1))
    assert told(judge(events, RULES)) == told(judge(events, RULES))
    assert events == several(random.Random(1))


def test_an_event_is_seen_as_its_line_is_decoded() -> None:
    sent, got = (
        {"content": "a", "metadata": {}},
        {"messages": [{"content": "a", "time": "now"}], "total": 3, "life": 3.0},
    )
    event = Event(n=1, t0=1.0, t1=2.0, clock="c", actor="a", op="read", call="GET /", session="s", sent=sent, got=got)
    found = seen(event)
    assert found.sent is not None
    assert found.got is not None
    assert found.got.messages is not None
    assert (found.sent.content, found.got.messages[0].content, found.got.total) == ("a", "a", 3)


def test_every_anomaly_is_explained() -> None:
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    table = page.partition("## Anomalies")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(ANOMALIES)
