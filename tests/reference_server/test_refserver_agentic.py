"""The contract agentic-multi-client: the id is the credential, and a first interaction makes a session."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reference_server.local import Local

SESSIONS = "/sessions"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server has its folders."""
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    return tmp_path


@pytest.fixture
def local(kept: dict[str, Any], root: Path) -> Iterator[Local]:
    with Local(contract="agentic-multi-client", **kept) as server:
        yield server


def new(local: Local, **body: Any) -> str:
    answer = local.send("POST", SESSIONS, None, json=body)
    assert answer.status_code == 201
    return str(answer.json()["session_id"])


def read(local: Local, session_id: str) -> Any:
    return local.send("GET", f"{SESSIONS}/{session_id}", None).json()


def chat(local: Local, session_id: str, message: str = "why?") -> httpx.Response:
    return local.send("POST", "/chat", None, json={"message": message}, headers={"X-Session-ID": session_id})


def upload(local: Local, session_id: str, name: str = "a.txt", content: bytes = b"x") -> httpx.Response:
    return local.send("POST", "/upload", None, files={"file": (name, content)}, headers={"X-Session-ID": session_id})


def reason(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"detail", "reason"}
    return answer.status_code, answer.json()["reason"]


in_memory = pytest.mark.parametrize("kept", [{}], ids=["memory"])  # elsewhere there are no folders


def folders(root: Path) -> dict[str, dict[str, bytes]]:
    return {folder.name: {file.name: file.read_bytes() for file in folder.iterdir()} for folder in root.iterdir()}


def test_every_create_is_new_whatever_the_client(local: Local) -> None:
    first, second = new(local, client_id="my_client"), new(local, client_id="my_client")
    assert first != second
    assert read(local, first) == {
        "session_id": first,
        "client_id": "my_client",
        "created_at": "2030-01-01T00:00:00.000000Z",
        "last_activity": "2030-01-01T00:00:00.000000Z",
        "expires_at": "2030-01-01T01:00:00.000000Z",
        "message_count": 0,
        "upload_count": 0,
        "messages": [],
        "uploads": [],
    }
    by_header = local.send("POST", SESSIONS, None, headers={"X-Client-ID": "client-3"}).json()
    assert by_header["client_id"] == "client-3"


def test_a_chat_is_shown_in_its_order_and_remembered_by_its_own_assistant(local: Local) -> None:
    first, second = new(local), new(local)
    chat(local, first, "a secret")
    answer = chat(local, first, "what do you know?").json()
    assert answer["response"] == "You asked: what do you know?\nBefore that: a secret"
    assert answer["session_created"] is False
    messages = read(local, first)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert [message["content"] for message in messages[::2]] == ["a secret", "what do you know?"]
    assert messages[3]["content"] == answer["response"]
    assert "secret" not in chat(local, second, "what do you know?").json()["response"]


def test_clear_empties_chat_and_memory_of_one_session_and_keeps_the_rest(local: Local) -> None:
    first, second = new(local, client_id="c"), new(local)
    for session_id in (first, second):
        chat(local, session_id, "a secret")
    upload(local, first, "a.txt", b"kept")
    for _ in range(2):
        answer = local.send("POST", f"{SESSIONS}/{first}/clear", None, headers={"x-session-id": first})
        assert (answer.status_code, answer.json()) == (200, {"session_id": first, "message_count": 0})
    session = read(local, first)
    assert (session["messages"], session["client_id"], session["upload_count"]) == ([], "c", 1)
    assert chat(local, first, "and?").json()["response"] == "You asked: and?\nIn the file a.txt: kept"
    assert read(local, second)["message_count"] == 2


def test_the_list_shows_everybody_and_counts(local: Local) -> None:
    first, second = new(local, client_id="a"), new(local)
    chat(local, first)
    upload(local, second)
    body = local.send("GET", SESSIONS, None).json()
    assert [session["session_id"] for session in body["sessions"]] == [first, second]
    assert body["stats"] == {"active_sessions": 2, "messages": 2, "uploads": 1, "timeout_minutes": 60}
    local.send("DELETE", f"{SESSIONS}/{first}", None)
    assert local.send("GET", SESSIONS, None).json()["stats"]["active_sessions"] == 1


def test_any_interaction_with_a_session_renews_its_hour(local: Local) -> None:
    session_id = new(local)
    for act in (read, chat, upload, chat):
        local.forward(minutes=59)
        act(local, session_id)
    local.forward(minutes=59)
    local.send("POST", f"{SESSIONS}/{session_id}/clear", None)
    local.forward(minutes=59)
    local.send("GET", SESSIONS, None)
    local.send("GET", "/health", None)
    chat(local, new(local))
    local.forward(minutes=1)
    assert reason(local.send("GET", f"{SESSIONS}/{session_id}", None)) == (404, "session_not_found")


def test_the_timeout_is_a_setting() -> None:
    with Local(contract="agentic-multi-client", default_minutes=5) as local:
        session_id = new(local)
        local.forward(minutes=5)
        assert local.send("GET", f"{SESSIONS}/{session_id}", None).status_code == 404
        assert local.send("GET", SESSIONS, None).json()["stats"]["timeout_minutes"] == 5


@pytest.mark.parametrize("headers", [{}, {"X-Session-ID": ""}])
def test_the_first_interaction_without_a_session_makes_exactly_one(local: Local, headers: dict[str, str]) -> None:
    said = local.send("POST", "/chat", None, json={"message": "hello"}, headers=headers).json()
    assert said["session_created"] is True
    assert read(local, said["session_id"])["message_count"] == 2
    sent = local.send("POST", "/upload", None, files={"file": ("a", b"x")}, headers=headers)
    assert (sent.status_code, sent.json()["session_created"]) == (201, True)
    assert chat(local, sent.json()["session_id"]).json()["session_created"] is False
    assert local.send("GET", SESSIONS, None).json()["stats"]["active_sessions"] == 2


def test_what_is_refused_makes_no_session_and_leaves_no_file(local: Local, root: Path) -> None:
    deleted = new(local)
    local.send("DELETE", f"{SESSIONS}/{deleted}", None)
    for session_id in (NOBODY, deleted, "undefined", "null", "../x"):
        assert reason(chat(local, session_id)) == (404, "session_not_found")
        assert reason(upload(local, session_id)) == (404, "session_not_found")
    for body in (b"{", b"{}", b'{"message": ""}', b'{"message": 5}'):
        answer = local.send("POST", "/chat", None, content=body, headers={"Content-Type": "application/json"})
        assert reason(answer) == (422, "invalid_request")
    assert local.send("POST", "/upload", None, files={"other": ("a", b"x")}).status_code == 422
    assert local.send("POST", "/upload", None).status_code == 415
    assert local.send("GET", SESSIONS, None).json()["sessions"] == []
    assert folders(root) == {}


def test_two_sessions_in_one_request_are_refused(local: Local) -> None:
    first, second = new(local), new(local)
    header = {"x-session-id": second}
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/clear")):
        answer = local.send(method, f"{SESSIONS}/{first}{path}", None, headers=header)
        assert reason(answer) == (422, "session_ambiguous")
    said = {"message": "why?", "session_id": first}
    assert reason(local.send("POST", "/chat", None, json=said, headers=header)) == (422, "session_ambiguous")
    request: dict[str, Any] = {"files": {"file": ("a", b"x")}, "data": {"session_id": first}, "headers": header}
    assert reason(local.send("POST", "/upload", None, **request)) == (422, "session_ambiguous")
    assert read(local, first)["message_count"] == read(local, second)["upload_count"] == 0


@in_memory
def test_files_lie_in_a_folder_per_session_under_safe_names(local: Local, root: Path) -> None:
    first, second = new(local), new(local)
    for session_id, content in ((first, b"1"), (second, b"2")):
        for name in ("a.txt", "../../a.txt", "A.TXT", f"../session_{first}/x", "/etc/passwd", "CON"):
            assert upload(local, session_id, name, content).status_code == 201
    names = ["a.txt", "a-2.txt", "A-3.TXT", "x", "passwd", "_CON"]
    assert folders(root) == {
        f"session_{first}": dict.fromkeys(names, b"1"),
        f"session_{second}": dict.fromkeys(names, b"2"),
    }
    assert [entry["filename"] for entry in read(local, first)["uploads"]] == names


@in_memory
def test_folders_end_with_their_sessions(local: Local, root: Path) -> None:
    deleted, expired = new(local), new(local)
    upload(local, deleted)
    upload(local, expired)
    local.send("DELETE", f"{SESSIONS}/{deleted}", None)
    assert list(folders(root)) == [f"session_{expired}"]
    local.forward(minutes=60)
    new(local)
    assert folders(root) == {}


def test_slashes_are_exact_and_there_are_no_users(local: Local) -> None:
    session_id = new(local)
    for path in (SESSIONS, f"{SESSIONS}/{session_id}", "/health"):
        assert local.send("GET", path + "/", None).status_code == 404
        assert local.send("GET", path, None).status_code == local.send("GET", path, "ann").status_code == 200
