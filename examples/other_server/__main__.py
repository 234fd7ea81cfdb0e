"""A session API in Python's standard library: `python examples/other_server --port 0`.

It shares nothing with SessionProof but the ideas: conversations for sessions, devices for clients, turns for messages,
topics for cases, log-in with bearer tokens. `contract.yaml` beside it tells SessionProof all of that:

    sessionproof verify http://127.0.0.1:PORT --contract examples/other_server/contract.yaml
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from accounts import Accounts
from api import Api
from calls import Call
from refused import Refused
from store import Store

LARGEST = 1024 * 1024  # bytes of a request's body


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole, has the API answer it, and writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that a connection may be idle
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def answer(self) -> None:
        try:
            call = Call(self.command, self.path, self.headers, self._content())
            status, body = self.server.api.answer(call)
        except Refused as refused:
            status, body = refused.status, _error(refused.code, refused.message)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception as error:
            self.log_error("%s", f"{type(error).__name__} in {self.command}")
            status, body = 500, _error("internal", "the server failed")
        self._write(status, body)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def _content(self) -> bytes:
        lengths = self.headers.get_all("Content-Length") or ["0"]
        readable = len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit()
        if "Transfer-Encoding" in self.headers or not readable:
            self.close_connection = True
            raise Refused(411, "length_required", "send the body with one Content-Length")
        if len(lengths[0]) > 9 or int(lengths[0]) > LARGEST:
            self.close_connection = True
            raise Refused(413, "too_large", f"at most {LARGEST} bytes")
        content = self.rfile.read(int(lengths[0]))
        if len(content) < int(lengths[0]):
            raise ConnectionError("the request was cut off")
        return content

    def _write(self, status: int, body: Any) -> None:
        kind, content = _spelled(body)
        self.send_response(status)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        if kind:
            self.send_header("Content-Type", kind)
            self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses: unknown methods, overlong or broken heads."""
        self.close_connection = True
        self._write(code if code < 500 else 405, _error("invalid", "the request's head can't be used"))

    def version_string(self) -> str:
        return "other-server"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: an example keeps quiet."""


def _spelled(body: Any) -> tuple[str, bytes]:
    """The body's media type and its bytes."""
    match body:
        case None:
            return "", b""
        case bytes():
            return "application/octet-stream", body
    return "application/json", json.dumps(body, ensure_ascii=False).encode()


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.api = Api(Accounts(), Store(_forward_clock()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that hang up are no news."""


def _forward_clock() -> Callable[[], float]:
    """Seconds since 1970 that never go back, whatever happens to the system's clock."""
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()


def _stop(number: int, frame: object) -> None:
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="other_server", description="A session API in the standard library.")
    parser.add_argument("--port", type=int, default=8010, help="0 for any free one")
    server = Server(parser.parse_args().port)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _stop)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
