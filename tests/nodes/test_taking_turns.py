"""With several nodes the calls of a check take turns between them, and everything that is told says which was asked."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionproof.actors import Actor
from sessionproof.burst import at_once
from sessionproof.caller import Caller
from sessionproof.clocks.control import Control
from sessionproof.contract.model import Binding
from sessionproof.errors import TargetError, UsageError
from sessionproof.prepare import prepare
from sessionproof.report.document import Report
from sessionproof.sender import Sender
from sessionproof.settings import Settings
from sessionproof.timed import Moments
from sessionproof.verdicts import Exit, Verdict
from sessionproof.wire import Request
from tests.engine.fake_api import FakeApi, fake_api
from tests.engine.raw_server import RawServer, raw_server, whole
from tests.engine.running import REFERENCE, judged, plain_environment, said, served, verdicts

JUDGED = ("LIF-01", "LIF-05", "LIF-06", "RES-01", "RES-04", "ISO-01")
PROBE = Binding("probe", "GET", "/x", {}, {}, {})


@pytest.fixture
def nodes() -> Iterator[list[FakeApi]]:
    """Three APIs with the same sessions."""
    with fake_api() as one, fake_api() as two, fake_api() as three:
        two.shares_with(one)
        three.shares_with(one)
        yield [one, two, three]


def urls(nodes: list[FakeApi]) -> tuple[str, tuple[str, ...]]:
    return nodes[0].url, tuple(api.url for api in nodes[1:])


def run(nodes: list[FakeApi], folder: Path, *only: str, **settings: object) -> Report:
    url, others = urls(nodes)
    told = {"seed": 1, "contract": nodes[0].write(folder), "only": only or JUDGED, "explore": "no", **settings}
    return judged(url, node=others, **told)


def asked(history: Path, check: str) -> list[str]:
    """The node of each call of a check, in the order in which it was sent."""
    lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()[1:]]
    calls = sorted((line for line in lines if line.get("check", "") == check), key=lambda line: float(line["t0"]))
    return [line["node"] for line in calls]


# In turn


def test_every_node_is_asked_one_after_the_other_and_the_seed_says_which_is_first(
    nodes: list[FakeApi], tmp_path: Path
) -> None:
    firsts = set()
    for seed in range(4):
        history = tmp_path / f"{seed}.jsonl"
        assert run(nodes, tmp_path, "RES-01", seed=seed, history=history).exit is Exit.PROVEN
        order = asked(history, "every_create_with_one_client_id_returns_one_session")
        first = [api.url for api in nodes].index(order[0])
        assert order == [nodes[(first + place) % 3].url for place in range(len(order))]
        firsts.add(first)
    assert firsts == {0, 1, 2}


def test_the_same_seed_asks_the_same_nodes(nodes: list[FakeApi], tmp_path: Path) -> None:
    check = "every_create_with_one_client_id_returns_one_session"
    for name in ("a", "b"):
        run(nodes, tmp_path, "RES-01", seed=7, history=tmp_path / name)
    assert asked(tmp_path / "a", check) == asked(tmp_path / "b", check)


def test_one_node_is_in_no_history(nodes: list[FakeApi], tmp_path: Path) -> None:
    run(nodes[:1], tmp_path, "RES-01", history=tmp_path / "h")
    assert "node" not in (tmp_path / "h").read_text(encoding="utf-8")


def test_calls_at_the_same_moment_go_to_different_nodes(nodes: list[FakeApi], tmp_path: Path) -> None:
    url, others = urls(nodes)
    prepared = prepare(Settings(base_url=url, node=others, contract=nodes[0].write(tmp_path)))
    alice = Caller(prepared.run, prepared.run.actor("alice"))
    replies = at_once([alice.create] * 6)
    assert sorted(reply.request.node for reply in replies) == sorted([api.url for api in nodes] * 2)
    assert {alice.at(others[1]).create().request.node for _ in range(3)} == {others[1]}
    assert prepared.run.clean_up() == ()
    prepared.run.sender.close()


def answers(server: RawServer, connection: socket.socket) -> bool:
    connection.sendall(whole())
    return True


def test_connections_are_made_anew_where_there_are_several_nodes_and_kept_where_there_is_one() -> None:
    made = {}
    for several in (True, False):
        with raw_server(answers) as server:
            sender = Sender(server.url, others=["http://127.0.0.1:9"] if several else [])
            for _ in range(20):
                sender.wait_for(sender.send(Request(PROBE, Actor("alice", None), "GET", "/x", (), b"", {})))
            sender.close()
            made[several] = server.connections
    assert made[False] == 1
    assert 4 <= made[True] <= 5


# What is told


def test_a_failure_names_the_node_and_its_repeat_asks_the_same_ones(nodes: list[FakeApi], tmp_path: Path) -> None:
    nodes[1].sessions = {}  # it knows nothing of the others
    report = run(nodes[:2], tmp_path, "LIF-01", history=tmp_path / "h")
    assert report.exit is Exit.FAILED
    failed = next(result for result in report.results if result.verdict is Verdict.FAILED)
    order = asked(tmp_path / "h", "a_create_returns_a_new_id_that_reads_back_at_once")
    assert f"at {order[1]})" in failed.evidence[0].exchange
    assert f"URL={nodes[0].url} NODE2={nodes[1].url} " in failed.repeat
    variables = ['"$URL"' if node == nodes[0].url else '"$NODE2"' for node in order[:2]]
    assert [word for word in failed.repeat.split() if word.startswith(('"$URL"', '"$NODE2"'))] == [
        f"{variables[0]}/s",
        f'{variables[1]}/s/"$session1"',
    ]
    assert f"--node {nodes[1].url}" in failed.repeat
    shown = subprocess.run(
        ["bash", "-c", failed.repeat], env=plain_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert "HTTP/1.1 404" in shown.stdout


def test_the_report_says_that_there_were_several(nodes: list[FakeApi], tmp_path: Path) -> None:
    assert run(nodes, tmp_path, "RES-01").notes == (
        f"calls took turns between the nodes {', '.join(api.url for api in nodes)}",
    )
    assert run(nodes[:1], tmp_path, "RES-01").notes == ()


def test_what_needs_nodes_is_unproven_without_them_and_says_how_to_name_one(
    nodes: list[FakeApi], tmp_path: Path
) -> None:
    report = run(nodes[:1], tmp_path, "CON-08")
    assert verdicts(report) == {"CON-08": Verdict.UNPROVEN}
    ended = said("verify", nodes[0].url, "--contract", nodes[0].write(tmp_path), "--only", "CON-08", "--quiet")
    assert ended.code == 2
    assert "--node URL" in ended.out


# What can't be used


def test_a_node_that_is_not_there_ends_the_run_before_it_begins(nodes: list[FakeApi], tmp_path: Path) -> None:
    nodes[2].die()
    with pytest.raises(TargetError, match=f"{nodes[2].url}.*can't connect"):
        run(nodes, tmp_path)
    ended = said("verify", nodes[0].url, "--node", nodes[2].url, "--contract", nodes[0].write(tmp_path), "--quiet")
    assert (ended.code, len(ended.err.splitlines())) == (3, 1)
    assert nodes[2].url in ended.err


def test_a_node_of_another_service_ends_it_as_well(tmp_path: Path) -> None:
    with served(*REFERENCE) as one, served(*REFERENCE, "--contract", "faultmaven") as other:
        for settings, why in (
            (Settings(base_url=one, node=(other,)), "follows faultmaven, not fm-session-service"),
            (Settings(base_url=one, node=(f"{other}/api",), contract="fm-session-service"), f"{other}/api/.* 404"),
        ):
            with pytest.raises(TargetError, match=why):
                prepare(settings)


@pytest.mark.parametrize("again", ["http://127.0.0.1:9", "http://127.0.0.1:9/", "HTTP://127.0.0.1:9"])
def test_a_node_that_is_named_twice_is_no_other_node(again: str) -> None:
    for named in ((again,), ("http://127.0.0.1:10", "http://127.0.0.1:10/")):
        with pytest.raises(UsageError, match="named twice"):
            prepare(Settings(base_url="http://127.0.0.1:9", node=named))


def test_a_node_needs_a_target_and_is_a_url() -> None:
    ended = said("verify", "--node", "http://127.0.0.1:9", "--quiet")
    assert (ended.code, len(ended.err.splitlines())) == (4, 1)
    with pytest.raises(UsageError, match="not a URL"):
        prepare(Settings(base_url="http://127.0.0.1:9", node=("127.0.0.1:10",)))


def test_a_node_that_dies_in_the_middle_is_named_and_what_was_left_is_an_error(
    nodes: list[FakeApi], tmp_path: Path
) -> None:
    def before(method: str, path: str) -> None:
        if len(nodes[1].calls) == 8:
            nodes[1].die()

    nodes[1].before = before
    report = run(nodes[:2], tmp_path)
    seen = verdicts(report)
    assert set(seen.values()) <= {Verdict.PASSED, Verdict.ERROR}
    assert list(seen.values()).count(Verdict.ERROR) >= 4
    assert report.exit is Exit.TARGET
    reasons = {result.reason for result in report.results if result.verdict is Verdict.ERROR}
    assert all(f"the node {nodes[1].url} stopped answering" in reason for reason in reasons)


# Time


def test_probes_that_wait_begin_at_different_nodes(nodes: list[FakeApi], tmp_path: Path) -> None:
    url, others = urls(nodes)
    prepared = prepare(Settings(base_url=url, node=others, contract=nodes[0].write(tmp_path), clock="wall"))
    target = prepared.run
    assert target.clock is not None
    alice, first, lock = Caller(target, target.actor("alice")), [], Moments(target.clock)
    target.begin("a check")
    work = lock.start(lambda: lock.together(lambda _: first.append(alice.create().request.node), range(3)))
    work.thread.join()
    assert sorted(first) == sorted(api.url for api in nodes)
    target.clean_up()
    target.sender.close()


def test_the_test_clocks_of_all_nodes_are_moved_shared_or_not(redis_server: object) -> None:
    store = ("--store", redis_server.url)  # type: ignore[attr-defined]
    for options in ((), store):
        with (
            served(*REFERENCE, "--clock", "control", *options) as one,
            served(*REFERENCE, "--clock", "control", *options) as other,
        ):
            clock = Control(one, other, timeout=5.0)
            begun = Control(other, timeout=5.0).shift
            clock.jump(40.0)
            clock.jump(2.5)
            assert [Control(url, timeout=5.0).shift - begun for url in (one, other)] == pytest.approx([42.5, 42.5])
            clock.close()
