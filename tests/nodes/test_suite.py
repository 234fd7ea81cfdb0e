"""Two nodes with one Redis are one, and what makes them two is seen; a restart is a real one."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import httpx
import pytest

from sessionproof.deployments.nodes import bundled_nodes
from sessionproof.deployments.redis import installed_redis
from sessionproof.effort import Effort
from sessionproof.errors import TargetError
from sessionproof.report.document import Report
from sessionproof.verdicts import Exit, Verdict
from tests.engine.fake_api import fake_api
from tests.engine.running import judged
from tests.redis_server import needs

SESSIONS = "/api/v1/sessions"


def con_08(report: Report) -> dict[str, Verdict]:
    """The verdict of each check."""
    result = next(result for result in report.results if result.requirement.id == "CON-08")
    return {check.name: check.verdict for check in result.checks}


def run(contract: str, *server: str, only: str = "CON-08") -> Report:
    needs("redis-server")
    with installed_redis() as store, bundled_nodes(contract, store.url, "--clock", "control", *server) as nodes:
        return judged(
            nodes.urls[0],
            node=nodes.urls[1:],
            restart=None if server else nodes.restart,  # a fault shows without
            contract=contract,
            clock="control",
            only=(only,),
            effort=Effort.QUICK,
            seed=1,
        )


@pytest.mark.parametrize("contract", ["fm-session-service", "agentic-multi-client"])
def test_nodes_with_one_store_are_one(contract: str) -> None:
    report = run(contract)
    verdicts = con_08(report)
    assert len(verdicts) == 9
    assert set(verdicts.values()) <= {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert verdicts["a_restart_keeps_sessions"] is Verdict.PASSED


def test_a_client_that_each_process_knows_for_itself_is_seen() -> None:
    verdicts = con_08(run("fm-session-service", "--fault", "F-CON-22"))
    assert verdicts["a_client_id_resumes_one_session_on_every_node"] is Verdict.FAILED
    assert verdicts["a_delete_holds_on_every_node"] is Verdict.PASSED


def test_nodes_that_share_nothing_are_seen_by_a_contract_of_few_words(tmp_path: Path) -> None:
    with fake_api() as one, fake_api() as other:
        report = judged(one.url, node=(other.url,), contract=one.write(tmp_path), only=("CON-08",), seed=1)
        assert report.exit is Exit.FAILED
        other.shares_with(one)
        verdicts = con_08(judged(one.url, node=(other.url,), contract=one.write(tmp_path), only=("CON-08",), seed=1))
    assert Verdict.FAILED not in verdicts.values()
    assert verdicts["a_restart_keeps_sessions"] is Verdict.UNPROVEN
    assert verdicts["an_end_holds_on_every_node"] is Verdict.UNPROVEN


def test_a_copy_that_a_node_keeps_is_seen(tmp_path: Path) -> None:
    """The second node answers a read as it did the first time, until it has deleted the session itself."""
    with fake_api() as one, fake_api() as other:
        other.shares_with(one)
        kept: dict[str, dict[str, object]] = {}

        def before(method: str, path: str) -> tuple[int, object] | None:
            session = path.rpartition("/")[2]
            if method == "DELETE":
                kept.pop(session, None)
            if method == "GET" and session in other.sessions:
                kept.setdefault(session, dict(other.sessions[session]))
            return (200, kept[session]) if method == "GET" and session in kept else None

        other.before = before
        verdicts = con_08(judged(one.url, node=(other.url,), contract=one.write(tmp_path), only=("CON-08",), seed=1))
    assert verdicts["a_delete_holds_on_every_node"] is Verdict.FAILED


def test_the_command_restarts_the_last_node_and_nothing_is_left(tmp_path: Path) -> None:
    needs("redis-server")
    with installed_redis() as store, bundled_nodes("fm-session-service", store.url) as nodes:
        session = httpx.post(nodes.urls[1] + SESSIONS, headers={"X-User-ID": "ann"}).json()["session_id"]
        for _ in range(2):
            assert subprocess.run(shlex.split(nodes.restart), timeout=120, check=False).returncode == 0
            for url in nodes.urls:
                answer = httpx.get(f"{url}{SESSIONS}/{session}", headers={"X-User-ID": "ann"})
                assert answer.status_code == 200
        command = nodes.restart
    assert subprocess.run(shlex.split(command), timeout=60, check=False, stderr=subprocess.DEVNULL).returncode
    for url in nodes.urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)


def test_without_a_redis_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TargetError, match="redis-server isn't installed"), installed_redis():
        pass
