"""A client's own proxy: hands requests on to the main server and adds the headers that say whose session it is.

A proxy serves one client. It remembers which sessions were made through it; the last of them is the client's current
one, and used where a request names none. It keeps nothing else, and shows nobody the other clients' sessions.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import RefusalError
from .web import body as bodies
from .web import forms
from .web.edge import Edge, LastResort
from .web.views import LONGEST_FORM, STATUS

PATIENCE = 30  # seconds to wait for the main server
# These belong to one connection (RFC 9110 section 7.6.1), or are made anew for the next one.
OF_A_CONNECTION = {
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "host", "content-length", "content-encoding", "date", "server",
}  # fmt: skip
NOTHING: Mapping[str, str] = {}
INTERACTIONS = ("/chat", "/upload")  # what needs a session, and doesn't name it in its path


class Proxy:
    """Forwards for one client. `transport` replaces the network, in tests."""

    def __init__(self, backend: str, client_id: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.backend = backend
        self.client_id = client_id
        self.sessions: dict[str, None] = {}  # made through this proxy and not known to be gone, the current one last
        self._first = asyncio.Lock()
        self._client = httpx.AsyncClient(transport=transport, timeout=PATIENCE, trust_env=False)

    def app(self) -> ASGIApp:
        """The proxy with the layers that the server has as well, so that its errors and its log look alike."""
        return Edge(LastResort(self.respond, _refusal, _failure))

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        own = {("GET", "/health"): self.health, ("GET", "/sessions"): self.list_sessions}
        try:
            response = await own.get((request.method, request.url.path), self.forward)(request)
        except RefusalError as error:
            response = _refusal(error)
        await response(scope, receive, send)

    async def health(self, request: Request) -> Response:
        """Whether the proxy can work; the main server has a health of its own."""
        content = {"status": "healthy", "service": "agentic-client-proxy", "client_id": self.client_id}
        return _json(200, {**content, "backend": self.backend})

    async def list_sessions(self, request: Request) -> Response:
        """Only what was made through this proxy, with the id of the current session and statistics of its own."""
        answer = await self.send(request, b"")
        if answer.status_code != 200:
            return answer
        listed = json.loads(bytes(answer.body))
        own = [session for session in listed["sessions"] if session["session_id"] in self.sessions]
        living = {session["session_id"] for session in own}
        self.sessions = {session_id: None for session_id in self.sessions if session_id in living}
        stats = {
            **listed["stats"],
            "active_sessions": len(own),
            "messages": sum(session["message_count"] for session in own),
            "uploads": sum(session["upload_count"] for session in own),
        }
        content = {"session_id": self.current, "client_id": self.client_id, "sessions": own, "stats": stats}
        return _json(200, content)

    async def forward(self, request: Request) -> Response:
        """The main server's answer to the request, in the client's session if it names none."""
        body = await bodies.read_bytes(request, LONGEST_FORM)
        if self.wants_session(request, body):
            return await self.interact(request, body)
        return await self.noticed(request, body)

    async def interact(self, request: Request, body: bytes) -> Response:
        """The interaction in the current session; where there is none, or it has ended, in one that is made for it."""
        while self.current is None:
            async with self._first:  # of several at the same moment only one makes the session
                if self.current is None:
                    return await self.noticed(request, body)
        current = self.current
        answer = await self.noticed(request, body, {"X-Session-ID": current})
        if answer.status_code != 404:
            return answer
        self.sessions.pop(current, None)
        return await self.interact(request, body)

    @property
    def current(self) -> str | None:
        """The client's session, the last one that was made."""
        return next(reversed(self.sessions), None)

    def wants_session(self, request: Request, body: bytes) -> bool:
        """Whether the request is an interaction that names no session, neither in a header nor in its body."""
        if request.method != "POST" or request.url.path not in INTERACTIONS or request.headers.get("x-session-id"):
            return False
        kind = request.headers.get("content-type", "")
        try:
            if kind.startswith("multipart/"):
                return not forms.text(forms.parse(kind, body), "session_id")
            said = bodies.parse(body)
            return not (isinstance(said, dict) and said.get("session_id"))
        except RefusalError:  # the main server will say so
            return False

    async def noticed(self, request: Request, body: bytes, extra: Mapping[str, str] = NOTHING) -> Response:
        """The answer; a session that was made is remembered, and one that was deleted forgotten."""
        answer = await self.send(request, body, extra)
        path = request.url.path
        if request.method == "POST" and path in ("/sessions", *INTERACTIONS) and answer.status_code in (200, 201):
            made = json.loads(bytes(answer.body))
            if made.get("session_created", True):
                self.sessions[made["session_id"]] = None
        if request.method == "DELETE" and answer.status_code in (204, 404):
            self.sessions.pop(path.removeprefix("/sessions/"), None)
        return answer

    async def send(self, request: Request, body: bytes, extra: Mapping[str, str] = NOTHING) -> Response:
        """The request with the client's headers, sent on; what comes back, or 502 where nothing does."""
        added = {"X-Client-ID": self.client_id, "X-Request-ID": request.scope["request_id"], **extra}
        ours = {name.lower() for name in added}
        headers = [(n, v) for n, v in request.headers.raw if n.decode("latin-1") not in OF_A_CONNECTION | ours]
        headers += [(n.encode(), v.encode()) for n, v in added.items()]
        raw_path: bytes = request.scope["raw_path"]
        target = raw_path + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
        sent = self._client.build_request(
            request.method, httpx.URL(self.backend).copy_with(raw_path=target), headers=headers, content=body or None
        )
        try:
            answer = await self._client.send(sent)
        except httpx.HTTPError:
            return _json(502, {"detail": "The main server did not answer.", "reason": "backend_unreachable"})
        response = Response(answer.content, answer.status_code)
        response.raw_headers = [
            *((n.lower(), v) for n, v in answer.headers.raw if n.decode("latin-1").lower() not in OF_A_CONNECTION),
            *(pair for pair in response.raw_headers if pair[0] == b"content-length" and answer.status_code != 204),
        ]
        return response


def _refusal(error: RefusalError) -> Response:
    return _json(STATUS[error.reason], {"detail": error.detail, "reason": error.reason})


def _failure(error: Exception) -> Response:
    return _refusal(RefusalError("internal_error", "The request could not be carried out."))


def _json(status: int, content: Any) -> Response:
    return Response(json.dumps(content), status, {"Cache-Control": "no-store"}, "application/json")
