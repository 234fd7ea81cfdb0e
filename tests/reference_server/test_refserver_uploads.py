"""Uploads: whose they are, what they are called, and what of them is left after a refusal or an end."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reference_server.errors import RefusalError
from reference_server.local import SESSIONS, Local
from reference_server.uploads import LONGEST_FILE, LONGEST_NAME, safe_name
from reference_server.web import forms

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def local(kept: dict[str, Any]) -> Iterator[Local]:
    with Local(contract="faultmaven", **kept) as server:
        yield server


def upload(local: Local, session_id: str, name: str, content: bytes = b"x", user: str = "ann") -> httpx.Response:
    files, data = {"file": (name, content)}, {"session_id": session_id}
    return local.send("POST", "/api/v1/data/upload", user, files=files, data=data)


def listed(local: Local, session_id: str, user: str = "ann") -> Any:
    return local.send("GET", "/api/v1/data", user, params={"session_id": session_id}).json()["data"]


def knows(local: Local, session_id: str) -> str:
    request: dict[str, Any] = {"json": {"query": "what do you know?"}, "headers": {"X-Session-ID": session_id}}
    return str(local.send("POST", "/query", **request).json()["response"])


@pytest.mark.parametrize("content", [b"", b"line\r\n\r\n--x\r\n", bytes(range(256)), b"\xff" * 10, b"a" * 100_000])
def test_a_file_is_listed_once_as_it_was_sent(local: Local, content: bytes) -> None:
    session_id = local.new()
    answer = upload(local, session_id, "a.log", content)
    assert answer.status_code == 201
    entry = answer.json()
    assert entry.pop("session_id") == session_id
    assert (entry["filename"], entry["size"]) == ("a.log", len(content))
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert listed(local, session_id) == [entry]
    assert local.read(session_id)["data_uploads"] == ["a.log"]


def test_the_assistant_knows_the_files_of_its_session_in_every_case(local: Local) -> None:
    first, second = local.new(), local.new()
    upload(local, first, "a.log", b"disk full")
    upload(local, second, "a.log", b"all well")
    assert knows(local, first) == "You asked: what do you know?\nIn the file a.log: disk full"
    local.send("POST", f"{SESSIONS}/{first}/new-case")
    assert "disk full" in knows(local, first)
    assert "disk full" not in knows(local, second)


def test_a_refused_upload_leaves_nothing_behind(local: Local) -> None:
    mine, theirs, gone = local.new(), local.new("bob"), local.new()
    local.delete(gone)
    for session_id, status in ((theirs, 404), (gone, 404), (NOBODY, 404), ("../" + mine, 404), ("", 400)):
        assert upload(local, session_id, "a.log").status_code == status
    for files, data in (
        ({"other": ("a", b"x")}, {"session_id": mine}),
        ({"file": ("a", b"x" * (LONGEST_FILE + 1))}, {"session_id": mine}),
    ):
        assert local.send("POST", "/api/v1/data/upload", files=files, data=data).status_code == 422
    too_long: dict[str, Any] = {"files": {"file": ("a", b"x" * (2 * LONGEST_FILE))}, "data": {"session_id": mine}}
    assert local.send("POST", "/api/v1/data/upload", **too_long).status_code == 413
    json: dict[str, Any] = {"json": {"file": "x"}, "headers": {"X-Session-ID": mine}}
    assert local.send("POST", "/data", **json).status_code == 415
    assert listed(local, mine) == listed(local, theirs, "bob") == []


def test_files_end_with_their_session(local: Local) -> None:
    session_id = local.new(client_id="tab")
    upload(local, session_id, "a.log", b"disk full")
    local.delete(session_id)
    again = local.new(client_id="tab")
    assert listed(local, again) == []
    assert "disk full" not in knows(local, again)


def test_names_in_one_session_differ_and_in_two_do_not_matter(local: Local) -> None:
    first, second = local.new(), local.new()
    sent = ["a.log", "a.log", "A.LOG", "a.log.", "\u00e9", "e\u0301", "x/a.log", "a-2.log", ".rc", ".rc"]
    names = [upload(local, first, name, b"%d" % number).json()["filename"] for number, name in enumerate(sent)]
    assert names == [
        "a.log",
        "a-2.log",
        "A-3.LOG",
        "a-4.log",
        "\u00e9",
        "\u00e9-2",
        "a-5.log",
        "a-2-2.log",
        "rc",
        "rc-2",
    ]
    assert upload(local, second, "a.log").json()["filename"] == "a.log"
    digests = [entry["sha256"] for entry in listed(local, first)]
    assert digests == [hashlib.sha256(b"%d" % number).hexdigest() for number in range(len(sent))]


def test_uploads_at_the_same_moment_are_all_listed(local: Local) -> None:
    session_id = local.new()
    request = {"data": {"session_id": session_id}}
    answers = local.together(
        *(("POST", "/data", "ann", {**request, "files": {"file": ("a", b"%d" % n)}}) for n in range(16))
    )
    assert [answer.status_code for answer in answers] == [201] * 16
    assert len({entry["filename"] for entry in listed(local, session_id)}) == 16


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../other/x", "x"),
        ("..\\..\\x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\temp\\x.txt", "x.txt"),
        ("C:x", "C_x"),
        ("a\0b\n", "a_b_"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("..", "file"),
        ("", "file"),
        ("a/", "file"),
        (" . ", "file"),
        ("e\u0301", "\u00e9"),
        ("\ud800", "_"),
    ],
)
def test_names_are_safe(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


def test_long_names_keep_their_ending() -> None:
    name = safe_name("\u00e9" * 300 + ".log")
    assert name.endswith("\u00e9.log")
    assert len(name.encode()) <= LONGEST_NAME


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: text/plain\r\n\r\nx'
KIND = "multipart/form-data; boundary=b"


def test_forms_are_read_as_browsers_and_curl_write_them() -> None:
    for written, meant in ((b"a.log", "a.log"), (b"a%22b", 'a"b'), (b'a\\"b', 'a"b'), ("\u00e9".encode(), "\u00e9")):
        (part,) = forms.parse(KIND, form(FILE % written)).values()
        assert (part.name, part.filename, part.content) == ("file", meant, b"x")
    bare = b'content-disposition: FORM-DATA; name="session_id"\r\n\r\n1'
    assert forms.text(forms.parse('Multipart/Form-Data; boundary="b"', b"\r\n" + form(bare)), "session_id") == "1"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", form(FILE % b"a")),
        ("multipart/form-data; boundary=", form(FILE % b"a")),
        (KIND, b""),
        (KIND, form(FILE % b"a", end=b"")),
        (KIND, form(FILE % b"a")[:-6]),
        (KIND, form(FILE % b"a", FILE % b"b")),
        (KIND, form(b"no head")),
        (KIND, form(b"Content-Disposition: form-data\r\n\r\nx")),
        (KIND, form(FILE % b"\xff")),
        (KIND, form(*(b'Content-Disposition: form-data; name="%d"\r\n\r\n' % number for number in range(21)))),
    ],
)
def test_other_forms_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(RefusalError):
        forms.parse(kind, body)
