"""Is there a session API, and which? Asked by GET alone, answered by a contract or by one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sessionproof.contract import load_contract
from sessionproof.contract.source import read_source
from sessionproof.errors import SessionProofError, TargetError, UsageError
from sessionproof.sender import Sender
from sessionproof.target import check_url, fits, recognise, served_openapi

from .documents import BUNDLED
from .fake_api import CONTRACT, FakeApi, fake_api
from .raw_server import raw_server, whole
from .running import reference_server


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api() as api:
        yield api


@contextmanager
def sender_to(url: str) -> Iterator[Sender]:
    sender = Sender(url, timeout=20.0)
    try:
        yield sender
    finally:
        sender.close()


def serves(api: FakeApi, **answers: Any) -> None:
    """Have the API serve documents: `openapi=...` is at /openapi.json, everything else is answered 404."""
    at = {f"/{name}.json": answer for name, answer in answers.items()}
    api.before = lambda method, path: at.get(path, (404, {"code": "none"}))


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8002", "http://127.0.0.1:8002"),
        ("http://127.0.0.1:8002/", "http://127.0.0.1:8002"),
        ("https://api.example/v1//", "https://api.example/v1"),
        ("HTTP://[::1]:80", "HTTP://[::1]:80"),
    ],
)
def test_urls(url: str, base: str) -> None:
    assert check_url(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8002",
        "127.0.0.1",
        "ftp://a",
        "http://",
        "http://:80",
        "http://a:0",
        "http://a:70000",
        "http://a:x",
        "http://[::1",
        "http://a/?b=c",
        "http://a/#b",
        "http://user:secret@a",
        "/s",
        "--help",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_url(url)
    assert len(str(raised.value).splitlines()) == 1


# Which contract


def test_a_target_is_recognised_by_the_document_that_it_serves(api: FakeApi) -> None:
    serves(api, openapi=(200, read_source(BUNDLED).document))
    with sender_to(api.url) as sender:
        found = recognise(sender)
    assert found.contract.name == "fm-session-service"
    assert "operations are in /openapi.json" in found.why
    assert {method for method, _ in api.calls} == {"GET"}


def test_a_target_is_recognised_by_how_it_answers() -> None:
    with reference_server() as url, sender_to(url) as sender:
        found = recognise(sender)
        assert served_openapi(sender) is None or "openapi" in found.why
    assert found.contract.name == "fm-session-service"
    assert found.why


def test_a_session_api_that_no_bundled_contract_is_of(api: FakeApi) -> None:
    with sender_to(api.url) as sender, pytest.raises(TargetError, match="follows none of the bundled contracts"):
        recognise(sender)
    assert {method for method, _ in api.calls} == {"GET"}
    assert api.made == 0


def test_a_web_page_is_no_api() -> None:
    def page(server: object, connection: Any) -> bool:
        connection.sendall(whole(b"<!DOCTYPE html><html></html>"))
        return True

    with raw_server(page) as server, sender_to(server.url) as sender:
        with pytest.raises(TargetError, match="a web page, not an API"):
            recognise(sender)
        with pytest.raises(TargetError, match="a web page, not an API"):
            fits(load_contract(BUNDLED), sender)


def test_a_web_page_of_no_declared_type_is_no_api() -> None:
    def page(server: object, connection: Any) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<html><body></html>")
        return True

    expected = pytest.raises(TargetError, match="a web page, not an API")
    with raw_server(page) as server, sender_to(server.url) as sender, expected:
        recognise(sender)


def test_where_the_document_is_looked_for(api: FakeApi) -> None:
    with sender_to(api.url) as sender:
        serves(api)
        assert served_openapi(sender) is None
        looked = [path for _, path in api.calls]
        assert looked[0] == "/openapi.json"
        assert len(looked) == len(set(looked)) > 2
        serves(api, mine=(200, {"openapi": "3.1.0"}))
        assert served_openapi(sender, "/mine.json") == ("/mine.json", '{"openapi": "3.1.0"}')
        assert api.calls[-1] == ("GET", "/mine.json")
        serves(api, openapi=(500, {"openapi": "3.1.0"}))
        assert served_openapi(sender) is None
    assert {method for method, _ in api.calls} == {"GET"}


DOCUMENTS: dict[str, Any] = {
    "a list": ["openapi"],
    "a list of paths": {"openapi": "3.1.0", "paths": [1]},
    "a path that is nothing": {"openapi": "3.1.0", "paths": {"/s": None}},
    "a path that is a number": {"openapi": "3.1.0", "paths": {"/s": 3}},
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_strange_document_is_one_clear_line(api: FakeApi, document: Any) -> None:
    serves(api, openapi=(200, document))
    with sender_to(api.url) as sender, pytest.raises(SessionProofError) as raised:
        recognise(sender)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    "document", [{"openapi": "3.1.0"}, {"openapi": "3.1.0", "paths": None}, {"openapi": 3, "paths": {}}]
)
def test_a_document_that_says_nothing_is_no_evidence(api: FakeApi, document: Any) -> None:
    serves(api, openapi=(200, document))
    with sender_to(api.url) as sender, pytest.raises(TargetError, match="follows none of the bundled contracts"):
        recognise(sender)


# Does it fit


def test_a_contract_that_fits(api: FakeApi, tmp_path: Path) -> None:
    with sender_to(api.url) as sender:
        fits(load_contract(Path(api.write(tmp_path))), sender)
    assert {method for method, _ in api.calls} == {"GET"}
    assert api.made == 0


def test_a_wrong_base_url(api: FakeApi, tmp_path: Path) -> None:
    serves(api)
    with (
        sender_to(api.url) as sender,
        pytest.raises(TargetError, match=r"answers 404; the base URL or the contract \(fake\)"),
    ):
        fits(load_contract(Path(api.write(tmp_path))), sender)


def test_a_contract_of_nothing_but_posts_is_asked_for_at_the_root(api: FakeApi, tmp_path: Path) -> None:
    text = CONTRACT[: CONTRACT.index("    get:")]
    (tmp_path / "posts.yaml").write_text(text, encoding="utf-8")
    with sender_to(api.url) as sender:
        fits(load_contract(tmp_path / "posts.yaml"), sender)
        assert api.calls == [("GET", "/")]
        api.die()
        with pytest.raises(TargetError):
            fits(load_contract(tmp_path / "posts.yaml"), sender)
