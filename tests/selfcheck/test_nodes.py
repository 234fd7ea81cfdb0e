"""Faults that only several nodes show are looked at on two of them; without a Redis they are out of reach, and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from sessionproof.deployments.nodes import Nodes
from sessionproof.deployments.redis import Redis
from sessionproof.requirements import load_requirements
from sessionproof.selfcheck import Fault, Outcome, Plan, Seen, judge, running, selfcheck
from sessionproof.selfcheck.lenses import LooksAtNodes
from sessionproof.selfcheck.programs import Programs
from sessionproof.selfcheck.suites import Suites
from sessionproof.selfcheck.words import out_of_reach

from .sample import CONTRACT, fault

BY_NODES, ALONE = fault("F-CON-21", "CON-08"), fault("F-RES-01", "RES-01")


@dataclass
class Made:
    """A lens that finds what a fault is declared to break, where it can look at it."""

    name: str = "made"
    about: str = ""
    of: str = "server"
    names_requirements: bool = True
    clean_runs: int = 1
    server: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def reaches(self, fault: Fault, contract: str) -> bool:
        return True

    def look(self, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
        self.asked.append(url)
        return Seen(fault.breaks if fault else (), 10, 1.0, ("RES-01",), {"CON-08": "the run lacks nodes"})

    def look_at_nodes(
        self, nodes: Nodes, store: Redis, contract: str, turn: int, programs: Programs, breaks: tuple[str, ...] = ()
    ) -> Seen:
        self.asked.append(" and ".join(nodes.urls))
        faulty = "--fault" in nodes.urls[0]
        return Seen(breaks if faulty else (), 20, 1.0, () if faulty else ("RES-01", "CON-08"))


@pytest.fixture
def lens(monkeypatch: pytest.MonkeyPatch) -> Made:
    """With servers and a Redis in place of real ones."""

    @contextmanager
    def server(contract: str, *arguments: str) -> Iterator[str]:
        yield " ".join(("one", *arguments))

    @contextmanager
    def redis() -> Iterator[Redis]:
        yield Redis("redis://made", "true", "true")

    @contextmanager
    def nodes(contract: str, store: str, *arguments: str) -> Iterator[Nodes]:
        yield Nodes((" ".join(("a", store, *arguments)), " ".join(("b", store, *arguments))), "true")

    for name, made in (("bundled_server", server), ("installed_redis", redis), ("bundled_nodes", nodes)):
        monkeypatch.setattr(running, name, made)
    return Made()


def plan(lens: Made) -> Plan:
    return Plan((BY_NODES, ALONE), (CONTRACT,), (lens,), "normal", 1, 60.0)


def test_two_servers_with_one_store_are_looked_at_for_what_needs_them(
    lens: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "redis_is_installed", lambda: True)
    matrix = selfcheck(plan(lens), lambda one: None)
    assert lens.asked == [
        "one",
        "a redis://made and b redis://made",
        f"a redis://made --fault {BY_NODES.id} and b redis://made --fault {BY_NODES.id}",
        f"one --fault {ALONE.id}",
    ]
    (clean,) = matrix.cleans
    assert (clean.passed, clean.not_judged, clean.spent.requests) == (("RES-01", "CON-08"), {}, 30)
    assert {kill.fault.id: kill.outcome for kill in matrix.kills} == dict.fromkeys(
        (BY_NODES.id, ALONE.id), Outcome.CAUGHT
    )
    assert "CON-08" in [one.requirement for one in matrix.tripped]


def test_without_a_redis_they_are_out_of_reach_and_it_is_told_why(lens: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "redis_is_installed", lambda: False)
    monkeypatch.setattr(Made, "look", blind)
    matrix = selfcheck(plan(lens), lambda one: None)
    assert {kill.outcome for kill in matrix.kills if kill.fault is BY_NODES} == {Outcome.OUT_OF_REACH}
    assert out_of_reach(matrix.kills)["the run lacks nodes"][0] == BY_NODES.id
    assert not [hole for hole in judge(matrix, load_requirements()).holes if BY_NODES.id in hole.subject]


def blind(lens: Made, url: str, contract: str, turn: int, programs: Programs, fault: Fault | None = None) -> Seen:
    return Seen((), 10, 1.0, ("RES-01",), {"CON-08": "the run lacks nodes"})


def test_the_suites_are_a_lens_that_can_look_at_nodes() -> None:
    assert isinstance(Suites("quick"), LooksAtNodes)
