"""Recorded HTTP traffic is judged like a history: requests by the contract, users by its identity channel."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from sessionproof.check.har import convert
from sessionproof.contract import Identity, bundled_contracts, load_contract
from sessionproof.history import Event
from tests.engine.running import reference_server, said

CONTRACT = ("--contract", "fm-session-service")


class Archive:
    """What a browser's network panel would have saved of these calls."""

    def __init__(self, url: str, **headers: str) -> None:
        self.entries: list[dict[str, Any]] = []
        hooks = {"response": [self._note]}
        self.client = httpx.Client(base_url=url, headers=headers, event_hooks=hooks)

    def _note(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        self.entries.append(entry(request, response.status_code, response.content, response.elapsed.total_seconds()))

    def save(self, file: Path) -> Path:
        file.write_text(json.dumps({"log": {"version": "1.2", "entries": self.entries}}, indent=2), encoding="utf-8")
        return file


def entry(request: httpx.Request, status: int, content: bytes, seconds: float) -> dict[str, Any]:
    return {
        "startedDateTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": seconds * 1000,
        "request": {
            "method": request.method,
            "url": str(request.url),
            "headers": [{"name": name, "value": value} for name, value in request.headers.items()],
            **(
                {"postData": {"mimeType": "application/json", "text": request.content.decode()}}
                if request.content
                else {}
            ),
        },
        "response": {
            "status": status,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"text": base64.b64encode(content).decode(), "encoding": "base64"},
        },
    }


@contextmanager
def recorded(*faults: str) -> Iterator[Archive]:
    with reference_server(*faults) as url:
        archive = Archive(url, **{"X-User-ID": "ann"})
        with archive.client:
            yield archive


def conversation(archive: Archive) -> None:
    """A session, three messages, and what can be read of them."""
    session = archive.client.post("/api/v1/sessions", json={"client_id": "laptop"}).json()["session_id"]
    for text in ("one", "two", "three"):
        archive.client.post(f"/api/v1/sessions/{session}/messages", json={"role": "user", "content": text})
        archive.client.get(f"/api/v1/sessions/{session}/messages")
    archive.client.get("/favicon.ico")


def test_traffic_of_a_right_server_is_proven(tmp_path: Path) -> None:
    with recorded() as archive:
        conversation(archive)
    ended = said("check", archive.save(tmp_path / "traffic.har"), *CONTRACT)
    assert ended.code == 0, ended.out
    assert "7 of its 8 requests are calls of the API at http://127.0.0.1" in " ".join(ended.out.split())


def test_traffic_of_a_server_that_loses_messages_is_not(tmp_path: Path) -> None:
    with recorded() as archive:
        conversation(archive)
    last = archive.entries[-2]["response"]["content"]
    shown = json.loads(base64.b64decode(last["text"]))
    assert len(shown["messages"]) == 3
    shown["messages"].pop(1)
    shown |= {"total": 2}
    last |= {"text": json.dumps(shown), "encoding": ""}
    ended = said("check", archive.save(tmp_path / "traffic.har"), *CONTRACT)
    assert ended.code == 1, ended.out
    assert "MSG-0" in ended.out.splitlines()[-1]


def test_what_others_may_have_written_is_told_of_the_whole_traffic_alone(tmp_path: Path) -> None:
    with recorded() as archive:
        conversation(archive)
    archive.entries = [entry for entry in archive.entries if b"two" not in sent_in(entry)]
    file = archive.save(tmp_path / "traffic.har")
    ended = said("check", file, *CONTRACT)
    assert ended.code == 2, ended.out
    assert "1 answer would be wrong if these were all calls to the sessions" in " ".join(ended.out.split())
    ended = said("check", file, "--traffic", "whole", *CONTRACT)
    assert ended.code == 1, ended.out
    assert "phantom" in ended.out


def sent_in(entry: dict[str, Any]) -> bytes:
    return str(entry["request"].get("postData", "")).encode()


def test_a_har_file_does_not_say_its_contract(tmp_path: Path) -> None:
    ended = said("check", Archive("http://x").save(tmp_path / "traffic.har"))
    assert ended.code == 4
    assert "--contract" in ended.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"log": {"entries": []}}', "none of its 0 requests"),
        ('{"log": {"entries": [{"request": 1}]}}', "not a HAR file that can be read"),
        ('{"log": {"entries": [', "not a HAR file that can be read"),
        ('{"log": ', "not a HAR file that can be read"),
    ],
)
def test_what_is_no_archive_gets_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "traffic.har"
    file.write_text(text, encoding="utf-8")
    ended = said("check", file, *CONTRACT)
    assert ended.code == 4
    assert says in ended.err
    assert ended.err.count("\n") == 1


def events(tmp_path: Path, archive: Archive) -> list[Event]:
    """The archive as a history of an API whose users have tokens."""
    contract = load_contract(bundled_contracts()["fm-session-service"])
    bearer = replace(contract, identity=Identity("bearer", "Authorization", login="known"))
    history = tmp_path / "history.jsonl"
    convert(archive.save(tmp_path / "traffic.har"), "traffic.har", bearer, history)
    return [msgspec.json.decode(line, type=Event) for line in history.read_bytes().splitlines()[1:]]


def asks(archive: Archive, path: str, token: str, status: int = 200, **body: Any) -> None:
    request = httpx.Request(
        "POST", f"https://api.example/base{path}", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    archive.entries.append(entry(request, status, b'{"session_id": "s1", "session_resumed": false}', 0.01))


def web_token(subject: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"eyJh.{claims}.c2ln"


def test_tokens_are_never_in_the_history_and_their_owners_are_users(tmp_path: Path) -> None:
    archive = Archive("http://x")
    for token in (web_token("ann"), web_token("ben"), web_token("ann") + "2"):
        asks(archive, "/api/v1/sessions", token, client_id="c")
    found = events(tmp_path, archive)
    assert [event.user for event in found] == ["ann", "ben", "ann"]
    assert "eyJh" not in (tmp_path / "history.jsonl").read_text()


def test_calls_by_tokens_of_nobody_knows_whom_are_left_out_where_there_are_several(tmp_path: Path) -> None:
    archive = Archive("http://x")
    asks(archive, "/api/v1/sessions", "opaque-token-1")
    assert len(events(tmp_path, archive)) == 1
    asks(archive, "/api/v1/sessions", "opaque-token-2")
    asks(archive, "/api/v1/sessions", web_token("ann"))
    assert [event.user for event in events(tmp_path, archive)] == ["ann"]
