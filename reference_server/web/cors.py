"""Browsers of the configured origins may call every route and read every answer, errors included."""

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from ..errors import RefusalError

METHODS = ("GET", "POST", "PUT", "DELETE")
REQUEST_HEADERS = ("Content-Type", "X-User-ID", "X-User-Email", "X-User-Roles", "X-Session-ID", "X-Request-ID")
READABLE_HEADERS = ("Location", "X-Request-ID")


class Cors(CORSMiddleware):
    """Any origin with `*`, or exactly those named. Credentials are never allowed: identity is a header."""

    def __init__(
        self,
        app: ASGIApp,
        origins: Sequence[str],
        refusal: Callable[[RefusalError, dict[str, str]], Response],
    ) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=READABLE_HEADERS,
        )
        self.refusal = refusal

    def preflight_response(self, request_headers: Headers) -> Response:
        """Allowed or not; a refusal has the form of every other error."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        error = RefusalError("origin_not_allowed", "This origin, method or header is not allowed across origins.")
        headers = {
            name: value
            for name, value in response.headers.items()
            if name == "vary" or name.startswith("access-control-")
        }
        return self.refusal(error, headers)
