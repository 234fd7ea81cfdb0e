"""`sessionproof` as a person runs it, and small targets that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

__all__ = ["answering", "sessionproof"]


def sessionproof(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command, run in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "sessionproof", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@contextmanager
def answering(content: bytes, kind: str = "application/json", path: str = "/openapi.json") -> Iterator[str]:
    """The URL of a server that has `content` at `path` and answers 404 elsewhere; anything but GET is an error."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == path
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content) if found else 0))
            self.end_headers()
            self.wfile.write(content if found else b"")

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
