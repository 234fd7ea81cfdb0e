"""The URL at which pact's verifier asks for provider states: a small server on this machine, for one run."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sessionproof.pacts.scene import Scene
from sessionproof.run import CURRENT, Talk

__all__ = ["StateServer"]

_LARGEST = 1024 * 1024  # bytes of one demand


class StateServer:
    """Answers `{state, params, action}` with the values that the state gives; 409 where it can't be made.

    It makes states for the scene that it was last given, under the name of that scene's check.
    """

    def __init__(self) -> None:
        self._path = f"/{secrets.token_hex(8)}"  # nothing else on this machine finds it by chance
        self._scene: Scene | None = None
        self._talk = Talk()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="provider-states", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def serve(self, scene: Scene) -> None:
        """From now on states are made in `scene`, as the check that calls this."""
        self._scene, self._talk = scene, CURRENT.get()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _answer(self, demand: Any) -> tuple[int, Mapping[str, Any]]:
        CURRENT.set(self._talk)
        if not isinstance(demand, dict) or self._scene is None:
            return 400, {}
        if demand.get("action") != "setup" or not demand.get("state"):  # the run cleans up by itself
            return 200, self._scene.values
        try:
            return 200, self._scene.enter(str(demand["state"]))
        except Exception:  # whatever it was is in the scene, and judged there
            return 409, {}  # after 5xx the verifier would try again for minutes

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        states = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST))
                status, values = states._answer(_demand(content)) if self.path == states._path else (404, {})
                answer = json.dumps(dict(values)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def _demand(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
