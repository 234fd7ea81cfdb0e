"""Two nodes with one Redis in a container: each keeps its contract, and they are one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sessionproof.caller import Caller
from sessionproof.deployments.bundled import bundled_server
from sessionproof.deployments.containers import daemon, redis_in_container, sweep
from sessionproof.errors import TargetError
from sessionproof.expect import Expect
from sessionproof.prepare import Prepared, prepare
from sessionproof.settings import Settings

ROOT = Path(__file__).parents[2]
WHY_NOT = "SESSIONPROOF_NO_CONTAINERS"  # set by CI where there can't be any; it says so at its end as well


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of these tests' own, in a container."""
    if reason := os.environ.get(WHY_NOT):
        pytest.skip(f"not run: {reason}")
    with ExitStack() as stack:
        try:
            yield stack.enter_context(redis_in_container())
        except TargetError as error:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"not run: {error}")


@pytest.fixture(scope="module")
def nodes(redis_url: str) -> Iterator[tuple[str, str]]:
    """Two processes of the reference server."""
    options = ("--store", redis_url, "--clock", "control")
    with bundled_server("fm-session-service", *options) as one, bundled_server("fm-session-service", *options) as other:
        yield one, other


@pytest.fixture
def runs(nodes: tuple[str, str]) -> Iterator[tuple[Prepared, Prepared]]:
    """A run against each node."""
    made = [prepare(Settings(base_url=url, contract="fm-session-service")) for url in nodes]
    yield made[0], made[1]
    for prepared in made:
        prepared.run.clean_up()
        prepared.run.sender.close()


def verified(url: str, report: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "sessionproof", "verify", url, "--contract", "fm-session-service", "--quiet"]
    command += ["--effort", "quick", "--clock", "control", "--json", str(report)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode in (0, 2), ended.stdout[-3000:] + ended.stderr[-3000:]
    return {row["id"]: row["verdict"] for row in json.loads(report.read_text(encoding="utf-8"))["requirements"]}


def test_each_node_keeps_the_contract(nodes: tuple[str, str], tmp_path: Path) -> None:
    verdicts = [verified(url, tmp_path / "report.json") for url in nodes]
    assert verdicts[0] == verdicts[1]
    assert {verdicts[0][id] for id in ("RES-01", "RES-03", "ISO-01", "LIF-05", "EXP-01", "MSG-01")} == {"passed"}
    assert {id for id, verdict in verdicts[0].items() if verdict == "unproven"} <= {"SEC-06", "CON-03", "CON-08"}


def test_what_one_node_acknowledges_the_other_shows(runs: tuple[Prepared, Prepared]) -> None:
    expect = Expect()
    here = Caller(runs[0].run, runs[0].run.actor("alice"))
    there = Caller(runs[1].run, here.actor)
    for first, second in ((here, there), (there, here)):
        session = first.has_session(client=first.text("client"))
        expect(second.read(session)).succeeds()
        text = first.text("said")
        first.has_said(session, text)
        assert [entry["content"] for entry in second.conversation(session).items() or ()] == [text]
        expect(second.delete(session)).succeeds()
        expect(first.read(session)).is_gone()


def test_a_client_resumes_on_the_other_node(runs: tuple[Prepared, Prepared]) -> None:
    here = Caller(runs[0].run, runs[0].run.actor("alice"))
    there = Caller(runs[1].run, here.actor)
    session = here.has_session(client=here.client)
    Expect()(there.create(client=here.client)).resumes(session)
    Expect()(here.create(client=here.client)).resumes(session)


def test_another_user_is_another_user_on_every_node(runs: tuple[Prepared, Prepared]) -> None:
    here = Caller(runs[0].run, runs[0].run.actor("alice"))
    bob = Caller(runs[1].run, runs[1].run.actor("bob"))
    Expect()(bob.read(here.has_session())).is_foreign()


def test_the_container_is_on_this_machine_alone_and_gone_with_the_tests(redis_url: str) -> None:
    client = daemon()
    try:
        port = int(redis_url.rpartition(":")[2].partition("/")[0])
        ours = client.containers.list(filters={"label": "sessionproof.owner"})
        bound = [binding for one in ours for binding in one.ports["6379/tcp"] if int(binding["HostPort"]) == port]
        assert [binding["HostIp"] for binding in bound] == ["127.0.0.1"]
        with redis_in_container():
            assert len(client.containers.list(filters={"label": "sessionproof.owner"})) == len(ours) + 1
        assert len(client.containers.list(all=True, filters={"label": "sessionproof.owner"})) == len(ours)
    finally:
        client.close()


KILLED = """
import os, signal
from sessionproof.deployments.containers import redis_in_container
with redis_in_container():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_leaves_is_swept(redis_url: str) -> None:
    client = daemon()
    try:
        before = {one.name for one in client.containers.list(filters={"label": "sessionproof.owner"})}
        subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, timeout=60, check=False)
        left = {one.name for one in client.containers.list(filters={"label": "sessionproof.owner"})} - before
        assert len(left) == 1
        assert set(sweep(client)) == left
        assert {one.name for one in client.containers.list(filters={"label": "sessionproof.owner"})} == before
    finally:
        client.close()


def test_without_a_daemon_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(TargetError, match="no Docker daemon answers") as raised, redis_in_container():
        pass
    assert len(str(raised.value).splitlines()) == 1


def test_without_the_image_it_is_one_line_and_names_the_setting(redis_url: str) -> None:
    with pytest.raises(TargetError, match="SESSIONPROOF_REDIS_IMAGE"), redis_in_container("127.0.0.1:9/none:1"):
        pass
