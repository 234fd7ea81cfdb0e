"""Faults in ids, in what is believed of a request, in errors, in spellings of a path, and across origins."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid1, uuid5
from zlib import crc32

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message as WireMessage
from starlette.types import Receive, Scope, Send

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Change, NewMessage, NewSession, Session
from ..routes.fm_session_service import FmSessionService
from ..web.cors import Cors
from ..web.edge import Edge, LastResort
from ..web.views import Views
from .registry import AGENTIC, ALL, FM_SESSION, WITH_RESUMPTION, also, fault
from .tools import RawBody, UnknownFaultMavenFields, UnknownFields, everyone, extra, nth

ENDING_IN_SLASHES = ("/api/v1/query/",)  # paths that are declared so


@fault("F-SEC-01", "SEC-01", "Ids look like random UUIDs, but are made from the time and the machine.", contracts=ALL)
class TimeBasedIds(Core):
    def new_session_id(self) -> str:
        return str(UUID(int=uuid1().int, version=4))


@fault(
    "F-SEC-02",
    "SEC-02 LIF-05 MSG-01",
    "Reading an unknown id, or a heartbeat to it, makes a session of that id.",
    contracts=WITH_RESUMPTION,
)
class ReadCreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation not in ("read", "heartbeat") or await self.find(session_id) is not None:
            return await super().missing(user, session_id, operation)
        session = replace(self.born(user, NewSession(), self.lives.default), session_id=session_id)
        await self.enter(session)
        return session


@fault("F-SEC-20", "SEC-01", "The last eight digits of an id are a counter.", contracts=(FM_SESSION, AGENTIC))
class CountedIds(Core):
    def new_session_id(self) -> str:
        return f"{super().new_session_id()[:-8]}{nth(self, 'ids'):08x}"


@fault("F-SEC-21", "SEC-01", "The first eight digits of an id are a checksum of the user.")
class IdsTellTheUser(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        return replace(session, session_id=f"{crc32(user.encode()):08x}{session.session_id[8:]}")


@fault(
    "F-SEC-22",
    "SEC-01 LIF-01 RES-08 RES-07",
    "With a client_id the id is a hash of user and client: the same one again after a delete.",
    conditional=True,
)
class IdsFromClients(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        if wanted.client_id is None:
            return session
        known = uuid5(NAMESPACE_OID, repr((user, wanted.client_id))).int
        return replace(session, session_id=str(UUID(int=known, version=4)))


@fault(
    "F-SEC-23",
    "SEC-02 SEC-05",
    "A session_id in the body of a create is the new session's id.",
    contracts=WITH_RESUMPTION,
)
class TakesSessionId(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        chosen = extra(wanted).get("session_id")
        taken = any(other.session_id == chosen for other in everyone(self))
        return replace(session, session_id=str(chosen)) if chosen and not taken else session


also("F-SEC-23")(UnknownFields)
also("F-SEC-23")(UnknownFaultMavenFields)


@fault("F-SEC-24", "SEC-02 LIF-05", "An update of an unknown id makes a session of that id.", conditional=True)
class UpdateCreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation != "update" or await self.find(session_id) is not None:
            return await super().missing(user, session_id, operation)
        session = replace(self.born(user, NewSession(), self.lives.default), session_id=session_id)
        await self.enter(session)
        return session


@fault(
    "F-SEC-25",
    "SEC-03",
    "An update stores the title before it finds that something else in the body is wrong.",
    conditional=True,
)
class UpdatesHalf(RawBody):
    async def update_session(self, request: Request) -> Response:
        try:
            return await super().update_session(request)
        except RefusalError:
            title = self.raw(request).get("title")
            if isinstance(title, str):
                await self.core.update(self.caller(request), self.session_id(request), Change(title=title))
            raise


@fault(
    "F-SEC-26", "SEC-03 MSG-04", "A NUL character anywhere in a body is answered 500.", conditional=True, contracts=ALL
)
class NulFails(Views):
    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        if "\\x00" in repr(sent):
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return sent


@fault("F-SEC-27", "SEC-03", "A limit or offset that is no number is answered 500.", conditional=True)
class NumbersUnchecked(Views):
    def number(self, request: Request, name: str, default: int, lowest: int, highest: int) -> int:
        return max(lowest, min(highest, int(self.one(request, name) or default)))


@fault(
    "F-SEC-28", "SEC-04", "A missing session's refusal shows the key that was looked up in the store.", contracts=ALL
)
class RefusalTellsKey(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        raise RefusalError("session_not_found", f"redis: no such key session:{session_id}")


@fault(
    "F-SEC-29",
    "SEC-04",
    "An invalid body is refused in the framework's form, not in ours.",
    conditional=True,
    contracts=ALL,
)
class FrameworksForm(Views):
    def refusal(self, error: RefusalError, headers: dict[str, str] | None = None) -> Response:
        if error.reason != "invalid_request":
            return super().refusal(error, headers)
        detail = [{"loc": ["body"], "msg": error.detail, "type": "value_error"}]
        return self.answer(422, {"detail": detail}, headers)


@fault("F-SEC-30", "SEC-04", "Answers to GET may be kept for a minute by any cache.", conditional=True)
class GetIsCacheable(Edge):
    def mark(self, headers: MutableHeaders, scope: Scope) -> None:
        super().mark(headers, scope)
        if scope["method"] == "GET":
            headers["Cache-Control"] = "public, max-age=60"


@fault(
    "F-SEC-31",
    "SEC-04",
    "Refusals of unknown routes and methods have no reason.",
    conditional=True,
    contracts=(FM_SESSION, AGENTIC),
)
class RoutingHasNoReason(Views):
    def refusal(self, error: RefusalError, headers: dict[str, str] | None = None) -> Response:
        if error.reason not in ("route_not_found", "method_not_allowed"):
            return super().refusal(error, headers)
        status = 404 if error.reason == "route_not_found" else 405
        return self.answer(status, {"detail": error.detail}, headers)


@fault("F-SEC-32", "SEC-05", "An update takes over an expires_at that it is sent.", conditional=True)
class TakesExpiry(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        with suppress(ValueError):
            sent = datetime.fromisoformat(str(extra(change).get("expires_at")))
            changed = replace(changed, expires_at=sent if sent.tzinfo else sent.replace(tzinfo=UTC))
        return changed


also("F-SEC-32")(UnknownFields)


@fault("F-SEC-33", "SEC-05 LIF-02", "A create takes over the messages that its body has.")
class TakesMessages(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        sent = extra(wanted).get("messages")
        texts = [str(item["content"]) for item in sent if "content" in item] if isinstance(sent, list) else []
        said = (self.message(session, NewMessage("user", text), session.created_at) for text in texts)
        return replace(session, messages=tuple(said))


also("F-SEC-33")(UnknownFields)


@fault(
    "F-SEC-34",
    "SEC-05 ISO-06",
    "A user_id in a create's metadata is the new session's owner.",
    conditional=True,
)
class MetadataNamesOwner(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        return super().born(str(wanted.metadata.get("user_id", user)), wanted, minutes)


@fault("F-SEC-35", "SEC-07", "Session ids are found in upper case as well.", conditional=True, contracts=ALL)
class IdsWithoutCase(Core):
    async def find(self, session_id: str) -> Session | None:
        return await super().find(session_id.lower())


@fault(
    "F-SEC-36",
    "SEC-07",
    "The beginning of an id is enough, if no other session's begins like that.",
    conditional=True,
    contracts=ALL,
)
class IdsByPrefix(Core):
    async def find(self, session_id: str) -> Session | None:
        found = [other for other in everyone(self) if other.session_id.startswith(session_id)]
        return await super().find(session_id) or (found[0] if len(found) == 1 else None)


@fault("F-SEC-37", "SEC-07 ISO-01 ISO-02", "Owners are compared without regard to case.", conditional=True)
class OwnerWithoutCase(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return session.user_id.casefold() == user.casefold()


class TrailingSlash(LastResort):
    """Recognises a route with a slash too many, below the sessions."""

    def slashed(self, scope: Scope) -> bool:
        path = str(scope.get("path", ""))
        return path.startswith("/api/") and path.endswith("/") and path not in ENDING_IN_SLASHES

    def straighten(self, scope: Scope) -> None:
        scope["path"] = scope["path"].rstrip("/")
        scope["raw_path"] = scope["path"].encode()


@fault("F-SEC-38", "SEC-08", "With a slash at its end a route works, but loses the body.", contracts=WITH_RESUMPTION)
class SlashLosesBody(TrailingSlash):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def nothing() -> WireMessage:
            return {"type": "http.request", "body": b"", "more_body": False}

        if self.slashed(scope):
            self.straighten(scope)
            receive = nothing
        await super().__call__(scope, receive, send)


@fault(
    "F-SEC-39",
    "SEC-08 ISO-05 ISO-01",
    "With a slash at its end a read asks for no identity.",
    conditional=True,
)
class SlashSkipsIdentity(TrailingSlash):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.slashed(scope) and scope["method"] == "GET":
            self.straighten(scope)
            scope["unchecked"] = True
        await super().__call__(scope, receive, send)


@also("F-SEC-39")
class UncheckedRead(FmSessionService):
    async def read_session(self, request: Request) -> Response:
        session = await self.core.find(self.session_id(request))
        if session is None or not self.core.alive(session, "read") or "unchecked" not in request.scope:
            return await super().read_session(request)
        return self.answer(200, self.session(session))


@fault("F-SEC-40", "SEC-08", "With a slash at its end a route is redirected by 301: a POST comes back as a GET.")
class SlashRedirects(TrailingSlash):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.slashed(scope):
            await RedirectResponse(scope["path"].rstrip("/"), 301)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


@fault("F-SEC-41", "SEC-09", "Every origin is allowed, together with credentials.", contracts=ALL)
class WildcardWithCredentials(Cors):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.simple_headers["Access-Control-Allow-Credentials"] = "true"
        self.preflight_headers["Access-Control-Allow-Credentials"] = "true"


@fault("F-SEC-42", "SEC-09", "Errors can't be read across origins.", conditional=True, contracts=(FM_SESSION, AGENTIC))
class ErrorsAreClosed(Cors):
    async def send(self, message: WireMessage, send: Send, request_headers: Headers) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            await send(message)
        else:
            await super().send(message, send, request_headers)


@fault("F-SEC-43", "SEC-09", "PUT and DELETE are not allowed across origins.", conditional=True)
class TwoMethodsOnly(Cors):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.allow_methods = ("GET", "POST")
        self.preflight_headers["Access-Control-Allow-Methods"] = "GET, POST"


@fault("F-SEC-44", "SEC-05 ISO-06 LIF-04", "An update takes over a user_id that it is sent.", conditional=True)
class TakesOwner(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        return replace(changed, user_id=str(extra(change).get("user_id", session.user_id)))


also("F-SEC-44")(UnknownFields)
