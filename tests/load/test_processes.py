"""Workers, hosts, ends: what a load run does besides speaking."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine.documents import ROOT
from tests.engine.fake_api import fake_api
from tests.engine.running import plain_environment
from tests.load.running import load, locust, server


def test_workers_have_one_verdict_and_a_history_each(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    with server("fm-session-service", "F-RES-03") as url:
        run = load(url, "resumption-storm", tmp_path, "--workers", "2", "--history", str(history))
    assert run.code == 1, run.said
    assert "RES-06" in run.broken()
    assert run.report["load"]["workers"] == 2
    assert not history.exists()
    calls = 0
    for number in (1, 2):
        header, *lines = (tmp_path / f"history-{number}.jsonl").read_text(encoding="utf-8").splitlines()
        assert json.loads(header)["lens"] == "load"
        assert {json.loads(line)["clock"] for line in lines} == {json.loads(header)["clock"]}
        calls += len([line for line in lines if json.loads(line).get("check") != "clean up"])
    assert calls == run.report["requests"] == sum(call["requests"] for call in run.report["load"]["calls"])


def test_plain_locust_is_bounded_by_itself_and_other_hosts_are_refused(tmp_path: Path) -> None:
    run = locust("http://192.0.2.1:8002", "load/isolation.py", tmp_path)
    assert run.code == 4
    assert "SESSIONPROOF_ALLOW_HOST=192.0.2.1" in run.said
    run = load("http://192.0.2.1:8002", "isolation", tmp_path)
    assert run.code == 4
    assert "--allow-host 192.0.2.1" in run.said


@pytest.mark.parametrize(
    ("allowed", "variable"), [(("--allow-host", "localhost.localdomain."), ""), ((), "localhost.localdomain.")]
)
def test_a_host_that_is_allowed_is_asked(allowed: tuple[str, ...], variable: str, tmp_path: Path) -> None:
    run = load("http://localhost.localdomain.:9", "isolation", tmp_path, *allowed, SESSIONPROOF_ALLOW_HOST=variable)
    assert run.code == 3, run.said
    assert "/openapi.json" in run.said


def test_ctrl_c_cleans_up_and_reports(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    command = [sys.executable, "-m", "sessionproof", "load", "URL", "--shape", "isolation", "--duration", "300"]
    with server() as url:
        process = subprocess.Popen(
            [url if part == "URL" else part for part in command],
            cwd=ROOT,
            env=plain_environment(SESSIONPROOF_JSON=str(file), SESSIONPROOF_HISTORY=str(tmp_path / "history.jsonl")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_for_lines(tmp_path / "history.jsonl", 200)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[0]
        finally:
            process.kill()
        created = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()[1:]]
        users = {event["actor"]: event["got"]["user"] for event in created if event.get("got", {}).get("user")}
        left = [
            httpx.get(f"{url}/api/v1/sessions", headers={"X-User-ID": user}).json()["total"] for user in users.values()
        ]
    assert process.returncode == 2, said
    assert json.loads(file.read_text(encoding="utf-8"))["left_behind"] == []
    assert users
    assert set(left) == {0}


def test_a_server_that_asks_to_wait_is_left_as_it_was(tmp_path: Path) -> None:
    with fake_api() as api:
        api.retry_after = "1"
        refused: set[str] = set()

        def once(method: str, path: str) -> tuple[int, Any] | None:
            if method != "DELETE" or path in refused:
                return None
            refused.add(path)
            return 429, {"code": "too_many"}

        api.before = once
        ended = load(api.url, "resumption-storm", tmp_path, "--contract", api.write(tmp_path))
        assert not api.sessions, ended.said
    assert refused
    assert ended.report["left_behind"] == []


def wait_for_lines(file: Path, count: int) -> None:
    for _ in range(600):
        if file.exists() and file.read_bytes().count(b"\n") >= count:
            return
        signal.sigtimedwait([], 0.1)
    raise AssertionError(f"{file} never had {count} lines")


def test_without_locust_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys; real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'locust' else real(name, *more)\n"
        "sys.argv = ['sessionproof', 'load', sys.argv[1]]; from sessionproof.commands import main; main()"
    )
    with server() as url:
        ended = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr.strip().splitlines() == [
        "sessionproof: load needs Locust, which isn't installed; pip install 'sessionproof[load]'"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--shape", "isolatoin"), "--shape isolatoin: no such shape"),
        (("--workers", "9"), "--workers 9: there are only 8 users"),
        (("--max-rps", "5"), "--max-rps: a load run goes as fast as it can"),
    ],
)
def test_a_wrong_call_is_one_line(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    run = load("http://127.0.0.1:9", "isolation", tmp_path, *options)
    assert run.code == 4
    assert words in run.said
    assert "Traceback" not in run.said


def test_the_users_need_neither_the_sender_nor_its_client() -> None:
    """They run under gevent's patches, where an event loop in a thread would block everybody."""
    code = (
        "import locust, sys, sessionproof.locust\n"
        "names = ('httpx', 'sessionproof.sender', 'sessionproof.run', 'pytest')\n"
        "print([name for name in names if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "[]", ended.stderr
