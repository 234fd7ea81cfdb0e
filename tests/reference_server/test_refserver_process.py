"""The server as a process: how it starts, what it says, how it ends."""

import json
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from reference_server.command import main
from reference_server.local import SESSIONS
from reference_server.routes import DEFAULTS
from tests.servers import running, stopped


def test_it_serves_and_logs_and_stops_with_its_parent() -> None:
    with running("--until-stdin-closes", "--contract", "fm-session-service") as (process, client):
        secret = {"X-User-ID": "canary-user"}
        new = client.post(SESSIONS, json={"title": "canary-title"}, headers=secret)
        assert new.status_code == 201
        client.get(new.headers["location"] + "?canary=query", headers={**secret, "X-Request-ID": "r1"})
        client.get("/canary-path", headers=secret)
        assert client.get("/_test/clock").status_code == 404
        output, errors = process.communicate(timeout=10)  # closes stdin
    assert process.returncode == 0
    assert output == ""
    lines = [json.loads(line) for line in errors.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("POST", SESSIONS, 201),
        ("GET", f"{SESSIONS}/{{session_id}}", 200),
        ("GET", None, 404),
        ("GET", None, 404),
    ]
    assert requests[1]["request_id"] == "r1"
    assert "canary" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly_and_fast(number: signal.Signals) -> None:
    with running() as (process, client):
        client.get("/health")  # and the connection stays open
        before = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - before < 4
        assert process.returncode == 0
        assert "Traceback" not in errors


def test_the_test_clock_and_short_minutes() -> None:
    with running("--clock", "control", "--minute-seconds", "0.5") as (_, client):
        caller = {"X-User-ID": "ann"}
        first = client.post(SESSIONS, headers=caller, json={"metadata": {"timeout_minutes": 10}}).json()
        assert client.post("/_test/clock", json={"advance_seconds": 4.5}).status_code == 200
        assert client.get(f"{SESSIONS}/{first['session_id']}", headers=caller).status_code == 200
        client.post("/_test/clock", json={"advance_seconds": 0.5})
        assert client.get(f"{SESSIONS}/{first['session_id']}", headers=caller).status_code == 404


def test_the_environment_is_read() -> None:
    settings = {"SERVICE_NAME": "mine", "ENVIRONMENT": "test", "SESSION_TTL_MINUTES": "7", "PORT": "1"}
    other = {"MAX_SESSION_TTL_MINUTES": "9", "LOG_LEVEL": "warning"}
    with running(**settings, **other) as (process, client):
        assert client.get("/health").json() == {"status": "healthy", "service": "mine", "environment": "test"}
        new = client.post(SESSIONS, headers={"X-User-ID": "ann"}).json()
        assert new["metadata"] == {"timeout_minutes": 7}
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert errors == ""


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        (["--port", "x"], {}, "--port"),
        (["--port", "70000"], {}, "--port"),
        (["--contract", "nope"], {}, "fm-session-service"),
        (["--minute-seconds", "0"], {}, "--minute-seconds"),
        (["--minute-seconds", "nan"], {}, "--minute-seconds"),
        (["--clock", "sundial"], {}, "--clock"),
        (["--store", "http://localhost"], {}, "--store"),
        (["--store", "redis://localhost:port/0"], {}, "--store"),
        ([], {"REDIS_URL": "redis://localhost/sessions"}, "REDIS_URL"),
        (["--unknown"], {}, "--unknown"),
        ([], {"PORT": "-1"}, "PORT"),
        ([], {"SESSION_TTL_MINUTES": "0"}, "SESSION_TTL_MINUTES"),
        ([], {"SESSION_TTL_MINUTES": "481"}, "SESSION_TTL_MINUTES"),
        ([], {"MAX_SESSION_TTL_MINUTES": "many"}, "MAX_SESSION_TTL_MINUTES"),
        ([], {"CORS_ORIGINS": "example.org"}, "CORS_ORIGINS"),
        ([], {"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
    ],
)
def test_a_bad_value_is_one_clear_line(
    arguments: list[str],
    environment: dict[str, str],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 4
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert word in line


def test_a_bad_value_ends_the_process() -> None:
    ended = stopped("--port", "x")
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = stopped("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 3
    (line,) = ended.stderr.splitlines()
    assert "in use" in line


def test_faults_are_switched_on_one_by_one_and_announced() -> None:
    with running("--fault", "F-RES-01", "--fault", "F-SEC-20") as (process, client):
        ids = [
            client.post(SESSIONS, headers={"X-User-ID": "ann"}, json={"client_id": "tab"}).json()["session_id"]
            for _ in range(2)
        ]
        assert [session_id[-8:] for session_id in ids] == ["00000001", "00000002"]
        process.terminate()
        _, errors = process.communicate(timeout=10)
    assert "broken on purpose: F-RES-01" in errors
    assert "broken on purpose: F-SEC-20" in errors


def raw(client: httpx.Client, request: bytes) -> bytes:
    """What comes back before the server closes, or falls silent after its answer."""
    host, port = client.base_url.host, cast("int", client.base_url.port)
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def test_hostile_requests_get_an_answer_that_is_no_5xx() -> None:
    caller = b"Host: x\r\nX-User-ID: ann\r\nConnection: close\r\n"
    post = b"POST " + SESSIONS.encode() + b" HTTP/1.1\r\n" + caller + b"Content-Type: application/json\r\n"
    long = b"x" * 1_000_000
    requests: list[tuple[bytes, bytes]] = [
        (b"GET /api/v1/sessions/" + long + b" HTTP/1.1\r\n" + caller + b"\r\n", b"404"),
        (b"GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nX-User-ID: a\0b\r\n\r\n", b"400"),
        (b"GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nX-User-ID: " + long + b"\r\n\r\n", b"401"),
        (b"GET /api/v1/sessions/%FF%00 HTTP/1.1\r\n" + caller + b"\r\n", b"404"),
        (b"nonsense\r\n\r\n", b"400"),
        (post + b"Content-Length: 50000000\r\n\r\n", b"413"),
        (post + b"Content-Length: 5\r\n\r\n{}", b""),  # ends half-way: nobody is left to hear an answer
        (
            post + b"Transfer-Encoding: chunked\r\n\r\n" + b"100000\r\n" + b" " * 0x100000 + b"\r\n1\r\n{",
            b"413",
        ),
    ]
    with running() as (_, client):
        for request, status in requests:
            answer = raw(client, request)
            assert answer[9:12] == status, (request[:60], answer[:200])
        assert client.get(SESSIONS, headers={"X-User-ID": "ann"}).json()["total"] == 0


def test_a_long_body_is_answered_although_nobody_reads_it_to_the_end() -> None:
    with running() as (_, client):
        for _ in range(2):
            kwargs: dict[str, Any] = {"headers": {"X-User-ID": "ann", "Content-Type": "application/json"}}
            assert client.post(SESSIONS, content=b" " * 20_000_000, **kwargs).status_code == 413
            assert client.get(SESSIONS, headers={"X-User-ID": "ann"}).status_code == 200


def test_each_contract_has_its_own_port_and_settings() -> None:
    with running("--contract", "agentic-multi-client", SESSION_TIMEOUT="5", SESSION_TTL_MINUTES="7") as (_, client):
        assert client.get("/sessions").json()["stats"]["timeout_minutes"] == 5
        assert client.get("/health").json()["service"] == "agentic-multi-client"
    with running("--contract", "faultmaven", SESSION_TTL_MINUTES="7", GUESTS="yes") as (_, client):
        new = client.post(SESSIONS).json()
        assert (new["timeout_minutes"], new["user_id"]) == (7, None)
    assert {name: settings.port for name, settings in DEFAULTS.items()} == {
        "fm-session-service": 8002,
        "faultmaven": 8000,
        "agentic-multi-client": 8000,
    }


def test_uploads_are_gone_when_the_server_has_stopped(tmp_path: Path) -> None:
    with running("--contract", "agentic-multi-client", TMPDIR=str(tmp_path)) as (process, client):
        assert client.post("/upload", files={"file": ("a.txt", b"x")}).status_code == 201
        (file,) = tmp_path.glob("uploads-*/session_*/a.txt")
        assert file.read_bytes() == b"x"
        process.terminate()
        process.wait(10)
    assert list(tmp_path.iterdir()) == []


def test_a_client_has_a_proxy_in_front_of_the_main_server() -> None:
    with running("--contract", "agentic-multi-client") as (_, server):
        backend = str(server.base_url).rstrip("/")
        with running("--proxy-for", backend, "--client", "3", CLIENT_ID="three") as (process, client):
            assert client.get("/health").json() == {
                "status": "healthy",
                "service": "agentic-client-proxy",
                "client_id": "three",
                "backend": backend,
            }
            session_id = client.post("/chat", json={"message": "hello"}).json()["session_id"]
            assert client.get("/sessions").json()["session_id"] == session_id
            assert server.get(f"/sessions/{session_id}").json()["client_id"] == "three"
            process.terminate()
            assert process.wait(10) == 0
        with running("--client", "12", BACKEND_URL=backend) as (_, client):
            assert re.fullmatch("client-12-[0-9a-f]{8}", client.get("/sessions").json()["client_id"])
    with running("--client", "2", BACKEND_URL="http://127.0.0.1:1") as (_, client):
        assert client.get("/health").status_code == 200
        assert client.get("/sessions").status_code == 502


@pytest.mark.parametrize("arguments", [["--proxy-for", "nonsense"], ["--client", "x"], ["--client", "-1"]])
def test_a_proxy_that_cannot_be_is_one_clear_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert arguments[0] in line
