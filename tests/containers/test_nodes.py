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

from sessionproof.deployments.containers import daemon, redis_in_container, sweep
from sessionproof.deployments.nodes import Nodes, bundled_nodes
from sessionproof.errors import TargetError

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
def nodes(redis_url: str) -> Iterator[Nodes]:
    """Two processes of the reference server."""
    with bundled_nodes("fm-session-service", redis_url, "--clock", "control") as nodes:
        yield nodes


def verified(nodes: Nodes, report: Path) -> dict[str, Any]:
    url, other = nodes.urls
    command = [sys.executable, "-m", "sessionproof", "verify", url, "--node", other, "--restart", nodes.restart]
    command += ["--contract", "fm-session-service", "--effort", "quick", "--clock", "control", "--quiet"]
    command += ["--json", str(report)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode in (0, 2), ended.stdout[-3000:] + ended.stderr[-3000:]
    return {row["id"]: row["verdict"] for row in json.loads(report.read_text(encoding="utf-8"))["requirements"]}


def test_two_nodes_keep_the_contract_as_one(nodes: Nodes, tmp_path: Path) -> None:
    verdicts = verified(nodes, tmp_path / "report.json")
    looked_at = ("RES-01", "RES-03", "ISO-01", "LIF-05", "EXP-01", "MSG-01", "CON-08")
    assert {verdicts[id] for id in looked_at} == {"passed"}
    assert {id for id, verdict in verdicts.items() if verdict == "unproven"} <= {"SEC-06"}


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
