"""Histories of calls at the same moment: a server that keeps its promises is proven, faulty ones are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sessionproof.burst import at_once
from sessionproof.prepare import prepare
from sessionproof.run import Run
from sessionproof.settings import Settings
from sessionproof.wire import Reply
from tests.engine.running import REFERENCE, said, served

CLEAN, FAULTY = 12, 60  # rounds: a window of a few milliseconds is missed now and then


def deletes(run: Run) -> None:
    """Messages and heartbeats while the session is deleted, and what is there afterwards."""
    alice = run.actor("alice")
    call = run.contract.first
    session = run.ask(call("create"), alice, {}).session
    said = {"session": session, "role": "user", "content": alice.text()}

    def doing(operation: str) -> Callable[[], Reply]:
        return lambda: run.ask(call(operation), alice, said)

    at_once([doing("add_message"), doing("heartbeat"), doing("delete"), doing("add_message")])
    run.ask(call("read"), alice, {"session": session})


def creates(run: Run) -> None:
    """Creates by one client at once, and once more."""
    alice = run.actor("alice")
    create = run.contract.first("create")
    at_once([lambda: run.ask(create, alice, {"client": alice.client})] * 5)
    run.ask(create, alice, {"client": alice.client})


def queries(run: Run) -> None:
    """Queries in one case at once, and its history."""
    alice = run.actor("alice")
    call = run.contract.first
    session = run.ask(call("create"), alice, {}).session
    first = run.ask(call("query"), alice, {"session": session, "question": alice.text()})
    case = {} if first["case"] is None else {"case": first["case"]}

    def asking(question: str) -> Callable[[], Reply]:
        return lambda: run.ask(call("query"), alice, {"session": session, "question": question, **case})

    at_once([asking(alice.text()) for _ in range(4)])
    run.ask(call("case_history"), alice, {"session": session, **case})


def recorded(contract: str, race: Callable[[Run], None], file: Path, *faults: str) -> Path:
    """The history of many such races."""
    flags = [part for fault in faults for part in ("--fault", fault)]
    with served(*REFERENCE, "--contract", contract, *flags) as url:
        run = prepare(Settings(base_url=url, contract=contract, history=file)).run
        for number in range(FAULTY if faults else CLEAN):
            run.begin(f"race {number}")
            race(run)
        run.recorder.close()
        run.sender.close()
    return file


CASES = [
    ("fm-session-service", deletes, ("F-CON-02",), "resurrected"),
    ("fm-session-service", deletes, ("F-CON-03",), "resurrected"),
    ("fm-session-service", creates, ("F-RES-38",), "twin"),
    ("faultmaven", queries, ("F-MSG-51",), "lost"),
    ("fm-session-service", deletes, (), ""),
    ("fm-session-service", creates, (), ""),
    ("faultmaven", queries, (), ""),
]


@pytest.mark.parametrize(
    ("contract", "race", "faults", "anomaly"), CASES, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_fault_is_seen_in_the_history_alone(
    tmp_path: Path, contract: str, race: Callable[[Run], None], faults: tuple[str, ...], anomaly: str
) -> None:
    ended = said("check", recorded(contract, race, tmp_path / "races.jsonl", *faults))
    assert ended.code == (1 if faults else 0), ended.out
    assert f"nothing {anomaly}:" in ended.out or not faults
