"""A restart in the middle of a run: nobody calls meanwhile, it ends in time, and what went wrong is one line."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sessionproof import disturbing
from sessionproof.caller import Caller
from sessionproof.errors import TargetError
from sessionproof.expect import Unproven
from sessionproof.prepare import Prepared, prepare
from sessionproof.settings import Settings
from tests.engine.fake_api import FakeApi, fake_api


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


@pytest.fixture
def prepared(api: FakeApi, tmp_path: Path) -> Iterator[Prepared]:
    made = prepare(Settings(base_url=api.url, contract=api.write(tmp_path)))
    yield made
    made.run.clean_up()
    made.run.sender.close()


def test_without_a_command_it_is_unproven_and_says_how(prepared: Prepared) -> None:
    with pytest.raises(Unproven, match="--restart COMMAND"):
        prepared.run.disturbance.restart()


def test_workers_do_not_disturb_each_other(api: FakeApi, tmp_path: Path) -> None:
    made = prepare(Settings(base_url=api.url, contract=api.write(tmp_path), restart="true"), joins=True)
    with pytest.raises(Unproven, match="not with -n"):
        made.run.disturbance.restart()
    made.run.sender.close()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("exit 7", "the command ended with 7"),
        ("echo first; echo no such container >&2; exit 1", "ended with 1: no such container"),
        ("/no/such/program", "ended with 127: .*not found"),
        ("sleep 100", "still running after 0.3 s"),
    ],
)
def test_a_command_that_fails_or_hangs_is_one_line(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch, command: str, why: str
) -> None:
    if "sleep" in command:
        monkeypatch.setattr(disturbing, "_LONGEST", 0.3)
    prepared.run.disturbance.restarts = command
    with pytest.raises(TargetError, match=why) as raised:
        prepared.run.disturbance.restart()
    assert len(str(raised.value).splitlines()) == 1
    assert Caller(prepared.run, prepared.run.actor("alice")).create().ok, "the run goes on"


def test_what_the_command_leaves_running_is_not_waited_for(prepared: Prepared) -> None:
    began = time.monotonic()
    prepared.run.disturbance.restarts = "sleep 30 &"
    prepared.run.disturbance.restart()
    assert time.monotonic() - began < 20


def test_a_target_that_does_not_come_back_is_named(
    api: FakeApi, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbing, "_LONGEST", 1.0)
    prepared.run.disturbance.restarts = "true"
    looks: list[str] = []

    def before(method: str, path: str) -> tuple[int, object] | None:
        looks.append(path)
        return (503, {}) if len(looks) > 1 else None

    api.before = before
    with pytest.raises(TargetError, match=f"--restart: 1 s after it {api.url} doesn't answer as before"):
        prepared.run.disturbance.restart()
    api.before = lambda method, path: None


def test_no_call_is_under_way_meanwhile(api: FakeApi, prepared: Prepared, tmp_path: Path) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    prepared.run.disturbance.restarts = f"touch {shlex.quote(str(began))}; sleep 1; touch {shlex.quote(str(ended))}"
    during: list[str] = []

    def before(method: str, path: str) -> None:
        if method == "POST" and began.exists() and not ended.exists():
            during.append(path)

    api.before = before
    stop = threading.Event()
    alice = Caller(prepared.run, prepared.run.actor("alice"))

    def calls() -> None:
        while not stop.is_set():
            alice.create()

    threads = [threading.Thread(target=calls) for _ in range(3)]
    for thread in threads:
        thread.start()
    while api.made < 10:
        time.sleep(0.01)
    prepared.run.disturbance.restart()
    made = api.made
    while api.made < made + 5:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert ended.exists()
    assert during == []
