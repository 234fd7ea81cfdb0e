"""Sharded judging gives what one process gives, and a failure is shrunk to what shows it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sessionproof.check import judging
from sessionproof.check.judging import judge_sources
from sessionproof.check.sharing import lines_of, pieces
from sessionproof.check.shrinking import same_as, shrink
from sessionproof.check.source import read_source
from sessionproof.contract import bundled_contracts, load_contract
from sessionproof.history import Event
from sessionproof.model import Judgement, Rules, judge, seen
from tests.engine.running import command, said, subcommand

from .histories import add, create, delete, header, listed, read, write

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.of(load_contract(bundled_contracts()["fm-session-service"]))


def much(sessions: int, chance: random.Random) -> list[Event]:
    """Sessions side by side, each with calls in its own order; some lose an entry, some live on after a delete, some
    stand in another user's list."""
    told: list[list[Event]] = []
    for number in range(sessions):
        session, actor = f"s{number}", f"user{number % 7}"
        at = [number * 0.001 + step for step in range(9)]
        foreign = [f"s{number - 1}"] if number % 13 == 12 else []
        own = [f"s{one}" for one in range(number % 7, min(number + 8, sessions), 7)]
        shown = ["a", "b"] if number % 5 else ["b"]
        end = [delete(session, at[6], actor), read(session, ["a", "b", "c"], at[7], actor)] if number % 11 == 0 else []
        told.append(
            [
                create(session, at[0], actor, f"client{number}"),
                add(session, "a", at[1], actor),
                add(session, "b", at[2], actor),
                read(session, shown, at[3], actor),
                listed([*own, *foreign], at[4], actor),
                add(session, "c", at[5], actor),
                *end,
            ]
        )
    return sorted((event for one in told for event in one), key=lambda event: (event.t1, chance.random()))


def as_values(judgement: Judgement) -> object:
    anomalies = [(one.name, one.requirement, one.subject, one.sentence) for one in judgement.anomalies]
    return anomalies, sorted(judgement.looked.items()), sorted(judgement.undecided.items())


@pytest.mark.parametrize(("jobs", "share"), [(1, 2_000), (1, 30_000), (2, 10_000), (3, 1 << 30)])
def test_shares_and_processes_change_nothing(tmp_path: Path, rules: Rules, jobs: int, share: int) -> None:
    events = much(120, random.Random(3))
    half = len(events) // 2
    files = [write(tmp_path / "1.jsonl", events), write(tmp_path / "2.jsonl", events[:half], header("two"))]
    sources = tuple(read_source(file, file.name) for file in files)
    alone = judge_sources(sources, rules, 1)
    assert alone.judgement.anomalies
    shared = judge_sources(sources, rules, jobs, share=share)
    assert as_values(shared.judgement) == as_values(alone.judgement)
    assert shared.events == alone.events == len(events) + half


@pytest.mark.parametrize(("most", "again"), [(100_000, {"s22", "s33", "s40", "s119"}), (20, None)])
def test_sessions_are_let_go_while_the_history_is_read_and_that_changes_nothing(
    tmp_path: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch, most: int, again: set[str] | None
) -> None:
    """A read after a delete long ago, a list, and a leak: named again, they are judged as though never let go."""
    late = [
        read("s22", ["a", "b", "c"], 50.0, "user1"),
        listed(["s33", "s119"], 50.1, "user6"),
        add("s40", "d", 50.2, "user5", leaks=["user1"]),
        create("t1", 50.3, "user3", "client3", got={"session": "t1", "resumed": False, "count": 10**30}),
        create("t2", 50.4, "user3", "client3"),
        *(read("s119", ["a", "b", "c"], 60.0 + number, "user0") for number in range(400)),
    ]
    early = [event for event in much(120, random.Random(3)) if event.op != "list"]
    events = [*sorted(early, key=lambda event: event.session), *late]
    file = write(tmp_path / "1.jsonl", events)
    alone = judge(map(seen, [msgspec.structs.replace(event, n=n) for n, event in enumerate(events, 1)]), rules)
    looked_at_again: list[frozenset[str] | None] = []
    in_shares = judging._judge_shares

    def spied(*arguments: Any) -> Any:
        looked_at_again.append(arguments[3] if len(arguments) > 3 else None)
        return in_shares(*arguments)

    monkeypatch.setattr(judging, "_judge_shares", spied)
    monkeypatch.setattr("sessionproof.check.source.BLOCK", 4_000)
    monkeypatch.setattr("sessionproof.check.streaming._MOST", most)
    found = judge_sources((read_source(file, "h"),), rules, 1, share=16_000)
    assert looked_at_again == [again]
    assert found.judgement.anomalies
    alone.anomalies.sort(key=judging._order)
    assert as_values(found.judgement) == as_values(alone)
    assert found.events == len(events)


@pytest.mark.parametrize("size", [1, 7, 100, 1_000, 1 << 20])
def test_pieces_of_a_file_have_each_line_once(tmp_path: Path, size: int) -> None:
    source = read_source(write(tmp_path / "h.jsonl", much(3, random.Random(1))), "h")
    whole = source.path.read_bytes()[source.begins :]
    assert b"".join(block for piece in pieces((source,), size) for block in lines_of(piece)) == whole


def lossy() -> list[Event]:
    """Among much that is right: s3's second read lacks what its first one shows."""
    around = [event for event in much(12, random.Random(5)) if event.session not in ("s0", "s5", "s10", "s11")]
    return [*around, read("s3", ["b"], 20.0, "user3"), read("s3", ["a", "b", "c"], 21.0, "user3")]


def test_a_failure_is_shrunk_to_calls_that_still_fail_and_of_which_none_can_go(rules: Rules) -> None:
    events = [msgspec.structs.replace(event, n=n) for n, event in enumerate(lossy(), 1)]
    found = [one for one in judge(map(seen, events), rules).anomalies if one.subject == "s3"]
    assert found

    def shows(events: Sequence[Event]) -> bool:
        return same_as(found[0], events, rules) is not None

    kept = shrink(events, shows)
    few = [events[place] for place in kept]
    assert shows(few)
    assert {event.session for event in few} == {"s3"}
    assert len(few) <= 4
    for left_out in few:
        assert not shows([event for event in few if event is not left_out])
    assert shrink(few, shows) == list(range(len(few))), "shrinking again changes nothing"
    assert shrink(events, shows, [kept]) == kept


def test_patience_bounds_what_is_judged_on_the_way(rules: Rules) -> None:
    asked: list[int] = []

    def shows(events: Sequence[Event]) -> bool:
        asked.append(len(events))
        return True

    events = much(40, random.Random(1))
    kept = shrink(events, shows, patience=len(events) * 3)
    assert kept
    assert sum(asked) < len(events) * 4


def test_what_is_left_of_a_failure_is_judged_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "lossy.jsonl", lossy())
    ended = said("check", file, "--json", tmp_path / "report.json")
    assert ended.code == 1
    left = sorted((tmp_path / "lossy-minimised").iterdir())
    broken = {
        row["id"] for row in json.loads((tmp_path / "report.json").read_text())["requirements"] if row["evidence"]
    }
    assert {one.name.rsplit("-", 1)[0] for one in left} == broken
    for one in left:
        again = said("check", one, "--minimised", tmp_path / "again")
        assert again.code == 1
        assert f"✗ {one.name.rsplit('-', 1)[0]}" in again.out
        assert (tmp_path / "again" / one.name).read_bytes() == one.read_bytes()
        assert str(one) in " ".join(ended.out.split())


def test_failures_go_where_they_are_wanted_or_nowhere(tmp_path: Path) -> None:
    file = write(tmp_path / "lossy.jsonl", lossy())
    assert said("check", file, "--minimised", tmp_path / "a" / "b").code == 1
    assert list((tmp_path / "a" / "b").iterdir())
    ended = said("check", file, "--minimised", file)
    assert ended.code == 4
    assert "--minimised" in ended.err


def test_the_page_and_the_terminal_show_the_few_calls(tmp_path: Path) -> None:
    file = write(tmp_path / "lossy.jsonl", lossy())
    ended = said("check", file, "--html", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 1
    assert "What happened" in page
    assert "messages in s3" in page
    assert "messages in s3 -> 200" in " ".join(ended.out.split())


def test_requirements_that_a_history_says_nothing_of_are_not_selected(tmp_path: Path) -> None:
    file = write(tmp_path / "h.jsonl", [create("s1", 1), add("s1", "a", 2), read("s1", "a", 3)])
    report = tmp_path / "report.json"
    assert said("check", file, "--json", report, "--junit", tmp_path / "j.xml", "--only", "messages").code == 0
    rows = json.loads(report.read_text())["requirements"]
    assert {row["verdict"] for row in rows} == {"passed", "not selected"}
    assert {row["group"] for row in rows if row["verdict"] == "passed"} == {"messages"}


def test_a_golden_anomaly_is_told_in_the_same_words(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "golden")
    ended = said("check", tmp_path / "golden" / "lost.jsonl", "-q", COLUMNS="100")
    told = ended.out[ended.out.index("FAILED (1)") : ended.out.index("    repeat:")]
    assert ended.code == 1
    assert told == (GOLDEN / "lost.txt").read_text(encoding="utf-8")


def test_processes_are_ended_by_the_command(tmp_path: Path) -> None:
    file = write(tmp_path / "h.jsonl", much(60, random.Random(2)))
    ended = subcommand([*command("check", file, "--jobs", "2", "--minimised", tmp_path / "few")])
    assert ended.code == 1, ended.err
    assert "by 2 processes" in ended.out


def test_spelling_and_order_of_a_line_change_nothing(tmp_path: Path, rules: Rules) -> None:
    file = write(tmp_path / "1.jsonl", much(40, random.Random(3)))
    first, *lines = file.read_bytes().splitlines()
    spelled = [json.dumps(dict(sorted(json.loads(line).items(), reverse=True))).encode() for line in lines]
    other = tmp_path / "2.jsonl"
    other.write_bytes(b"\n".join([first, *spelled, b""]))
    found = [judge_sources((read_source(one, "h"),), rules, 1, share=3_000) for one in (file, other)]
    assert as_values(found[0].judgement) == as_values(found[1].judgement)
