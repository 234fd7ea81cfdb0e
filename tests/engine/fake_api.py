"""A small session API in this process, which a test can have misbehave at a moment of its choice."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["CONTRACT", "Dropped", "FakeApi", "fake_api"]

CONTRACT = """\
openapi: 3.1.0
x-session:
  name: fake
  identity: {header: X-User}
  foreign: [404]
  gone: [404]
  no_identity: [401]
  resume: {scope: [user, client], changes: keep}
  list: {scope: user}
paths:
  /s:
    post:
      x-session:
        does: create
        client: $request.body#/client
        title: [$request.body#/title, $response.body#/title]
        session: $response.body#/id
        resumed: $response.body#/resumed
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {200: {content: {application/json: {}}}}
    get:
      x-session: {does: list, each: {in: $response.body#/all, session: $item#/id, title: $item#/title}}
      responses: {200: {content: {application/json: {}}}}
  /s/{id}:
    get:
      x-session: {does: read, session: [$request.path.id, $response.body#/id], title: $response.body#/title}
      responses: {200: {content: {application/json: {}}}}
    delete:
      x-session: {does: delete, session: $request.path.id}
  /s/{id}/beat:
    post:
      x-session: {does: heartbeat, session: $request.path.id}
"""


class Dropped(Exception):
    """What a test raises to have the connection closed without an answer."""


class FakeApi:
    """Sessions in a dictionary. `before` is called ahead of every request with its method and path, and may wait,
    raise Dropped, or return the status and body to answer with in place of what is due."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.before: Callable[[str, str], tuple[int, Any] | None] = lambda method, path: None
        self.calls: list[tuple[str, str]] = []
        self.made = 0
        self.joins = False  # two lines of one header are one value to it (RFC 9110 section 5.3)
        self.retry_after = ""  # seconds, told with a refusal (429)
        self.ended = threading.Event()  # set when the test is over
        self._lock = threading.Lock()
        self._dead = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def die(self) -> None:
        """From now on nobody listens, and open connections are closed at their next request."""
        self._dead = True
        self._server.shutdown()
        self._server.socket.close()

    def stop(self) -> None:
        self.ended.set()
        if not self._dead:
            self.die()
        self._thread.join()

    def shares_with(self, other: FakeApi) -> None:
        """From now on it has the other's sessions, and changes them when the other doesn't."""
        self.sessions, self._lock = other.sessions, other._lock

    def write(self, folder: Path) -> str:
        """The contract of this API, as a file."""
        (folder / "fake.yaml").write_text(CONTRACT, encoding="utf-8")
        return str(folder / "fake.yaml")

    def answer(self, method: str, path: str, user: str | None, body: Any) -> tuple[int, Any]:
        self.calls.append((method, path))
        if self._dead:
            raise Dropped
        instead = self.before(method, path)
        if self._dead:
            raise Dropped
        with self._lock:
            return instead or self._due(method, path.strip("/").split("/"), user, body)

    def _due(self, method: str, parts: list[str], user: str | None, body: Any) -> tuple[int, Any]:
        if user is None:
            return 401, {"code": "no_identity"}
        mine = {id: session for id, session in self.sessions.items() if session["user"] == user}
        if parts == ["s"]:
            return self._create(user, mine, body) if method == "POST" else (200, {"all": list(mine.values())})
        if parts[1] not in mine:
            return 404, {"code": "not_found"}
        if method == "DELETE":
            del self.sessions[parts[1]]
            return 204, None
        return 200, mine[parts[1]]

    def _create(self, user: str, mine: dict[str, dict[str, Any]], body: Any) -> tuple[int, Any]:
        client = body.get("client") if isinstance(body, dict) else None
        for session in mine.values():
            if client and session["client"] == client:
                return 200, {**session, "resumed": True}
        new: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "user": user,
            "client": client,
            "title": (body or {}).get("title"),
        }
        self.sessions[new["id"]] = new
        self.made += 1
        return 201, {**new, "resumed": False}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def handle_one(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                try:
                    body = json.loads(content) if content else {}
                except ValueError:
                    body = {}
                named: list[str] = self.headers.get_all("X-User") or []
                user = None if not named else ", ".join(named) if api.joins else named[0]
                try:
                    status, answer = api.answer(self.command, self.path.partition("?")[0], user, body)
                except Dropped:
                    self.close_connection = True
                    return
                text = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                if status == 429 and api.retry_after:
                    self.send_header("Retry-After", api.retry_after)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = handle_one  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        return Handler


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    api = FakeApi()
    try:
        yield api
    finally:
        api.stop()
