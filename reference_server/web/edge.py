"""The outer layers: every answer has a request id and stays out of caches; every error has its form."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import RefusalError
from .logs import LOG

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Edge:
    """The outermost layer: gives each request an id, each answer its headers, each exchange a log line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = self.request_id(Headers(scope=scope))
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.mark(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self.log(scope, status, 1000 * (time.perf_counter() - started))

    def request_id(self, headers: Headers) -> str:
        """The caller's, if it is a plain word; otherwise a new one."""
        given = headers.get("x-request-id", "")
        return given if SANE_REQUEST_ID.fullmatch(given) else uuid4().hex

    def mark(self, headers: MutableHeaders, scope: Scope) -> None:
        """Adds what every answer carries."""
        headers["X-Request-ID"] = scope["request_id"]
        headers["Cache-Control"] = "no-store"

    def log(self, scope: Scope, status: int, ms: float) -> None:
        """One line, with the path's template in place of the path. Status 0: the caller was gone."""
        template = getattr(scope.get("route"), "path", None)
        fields = {
            "request_id": scope["request_id"],
            "method": scope["method"],
            "path": template,
            "status": status,
            "ms": round(ms, 3),
        }
        LOG.info("request", extra={"fields": fields})


class LastResort:
    """The layer around the routes: refuses ambiguous paths, and turns whatever escapes into a plain 500."""

    def __init__(
        self,
        app: ASGIApp,
        refusal: Callable[[RefusalError], Response],
        failure: Callable[[Exception], Response],
    ) -> None:
        self.app = app
        self.refusal = refusal
        self.failure = failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.ambiguous(scope):
            response = self.refusal(RefusalError("route_not_found", "There is no such route."))
            await response(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            return
        except Exception as error:
            LOG.error("failure", exc_info=error, extra={"fields": {"request_id": scope.get("request_id")}})
            if begun:
                raise
            await self.failure(error)(scope, receive, send)

    def ambiguous(self, scope: Scope) -> bool:
        """An encoded slash would be taken for a separator, and a last line break be overlooked."""
        raw: bytes = scope.get("raw_path") or b""
        return b"%2f" in raw.lower() or scope["path"].endswith("\n")
