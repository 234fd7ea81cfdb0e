"""What all routes do alike: who calls, about which session, with what body; and how to answer."""

import json
import re
from datetime import datetime
from typing import Any, ClassVar

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ..core import Core
from ..errors import Reason, RefusalError, invalid
from ..settings import Settings
from . import body as bodies
from . import forms

LONGEST_USER_ID = 256  # code points
HIGHEST_OFFSET = 1_000_000_000
LONGEST_FORM = 11 * 1024 * 1024  # bytes

STATUS: dict[Reason, int] = {
    "no_identity": 401,
    "no_session": 400,
    "session_ambiguous": 422,
    "session_not_found": 404,
    "case_not_found": 404,
    "route_not_found": 404,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "key_reused": 422,
    "origin_not_allowed": 400,
    "internal_error": 500,
    "store_unavailable": 503,
}


class Views:
    """The steps of a route. Their order everywhere: identity, session, body, rules, answer."""

    identity_header: ClassVar[bytes] = b"x-user-id"

    def __init__(self, core: Core, settings: Settings) -> None:
        self.core = core
        self.settings = settings

    def caller(self, request: Request) -> str:
        """The user whom the gateway names: exactly one header, in UTF-8, not blank. Nothing else counts."""
        values = [value for name, value in request.scope["headers"] if name == self.identity_header]
        refusal = RefusalError("no_identity", "The identity header must be there once, and name a user.")
        if len(values) != 1:
            raise refusal
        try:
            user = bytes(values[0]).decode("utf-8")
        except UnicodeDecodeError:
            raise refusal from None
        if not user.strip() or len(user) > LONGEST_USER_ID:
            raise refusal
        return user

    def session_id(self, request: Request) -> str:
        """The session that the path names. No other part of a request can name one."""
        return str(request.path_params["session_id"])

    def named(self, request: Request, *others: str | None) -> str:
        """The one session that the request names: in its path, in X-Session-ID, or where `others` come from.

        Where it names two, none of them is meant; an empty text names none.
        """
        header = request.headers.getlist("x-session-id")
        found = {name for name in (request.path_params.get("session_id"), *header, *others) if name}
        if len(found) > 1:
            raise RefusalError("session_ambiguous", "The request names more than one session.")
        if not found:
            raise RefusalError("no_session", "The request has to name a session; create one first.")
        return str(found.pop())

    async def form(self, request: Request) -> dict[str, forms.Part]:
        """The fields of a form with a file."""
        content_type = request.headers.get("content-type", "")
        return forms.parse(content_type, await bodies.read_bytes(request, LONGEST_FORM))

    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        """The body in the declared form."""
        return bodies.validate(shape, await self.json(request, required=required))

    async def json(self, request: Request, *, required: bool) -> Any:
        """What the body says, whatever its form; where none is required, no body is an empty object."""
        raw = await bodies.read_bytes(request)
        if not raw and not required:
            return {}
        bodies.check_media_type(request.headers.get("content-type", ""))
        return bodies.parse(raw)

    def number(self, request: Request, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number from the query, in plain digits and within its range."""
        text = self.one(request, name)
        if text is None:
            return default
        if not re.fullmatch("[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
            raise invalid(f"{name}: must be a whole number between {lowest} and {highest}")
        return int(text)

    def one(self, request: Request, name: str) -> str | None:
        """A parameter of the query, which may be there once or not at all."""
        values = request.query_params.getlist(name)
        if len(values) > 1:
            raise invalid(f"{name}: must not be there more than once")
        return values[0] if values else None

    def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
        """The content as JSON; without content, no body."""
        if content is None:
            return Response(status_code=status, headers=headers)
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return Response(text.encode(), status, headers, "application/json")

    def time(self, moment: datetime) -> str:
        """RFC 3339 in UTC with microseconds."""
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    async def health(self, request: Request) -> Response:
        """Whether the service can work; says nothing about sessions, and does nothing to them."""
        await self.core.store.check()
        settings = self.settings
        content = {"status": "healthy", "service": settings.service_name, "environment": settings.environment}
        return self.answer(200, content)

    def refusal(self, error: RefusalError, headers: dict[str, str] | None = None) -> Response:
        """The same form for every error, on every route."""
        return self.answer(STATUS[error.reason], {"detail": error.detail, "reason": error.reason}, headers)

    def failure(self, error: Exception) -> Response:
        """Something went wrong in here; outside it is nobody's business what."""
        return self.refusal(RefusalError("internal_error", "The request could not be carried out."))
