"""Faults in keeping users, and sessions, apart."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Change, Message, NewSession, Page, Session, Status
from ..routes.faultmaven import FaultMaven
from ..routes.fm_session_service import FmSessionService
from ..web.views import Views
from .registry import AGENTIC, FM_SESSION, WITH_RESUMPTION, also, fault
from .tools import RawBody, SentBody, everyone, memory

AUTHORISED: ContextVar[str | None] = ContextVar("authorised", default=None)
ROLES: ContextVar[str] = ContextVar("roles", default="")


@fault("F-ISO-01", "ISO-01", "Reading a session does not check its owner.", contracts=WITH_RESUMPTION)
class ReadIsOpen(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return operation == "read" or super().owns(user, session, operation)


@fault(
    "F-ISO-02",
    "ISO-01 ISO-02",
    "The owner is checked everywhere but in heartbeat and the message list.",
    conditional=True,
)
class SubRoutesAreOpen(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return operation in ("heartbeat", "messages") or super().owns(user, session, operation)


@fault(
    "F-ISO-05",
    "ISO-03",
    "Page one of the list is the user's own, later pages are everybody's.",
    conditional=True,
)
class LaterPagesAreOpen(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        page = await super().sessions(user, status, limit, offset)
        return replace(page, items=everyone(self)[offset : offset + limit]) if offset else page


@fault(
    "F-ISO-06",
    "SEC-07 ISO-01 ISO-02",
    "Ownership is tested by prefix: user_1 can use the sessions of user_10.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class OwnerByPrefix(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return session.user_id.startswith(user)


@fault(
    "F-ISO-07",
    "ISO-06 SEC-05",
    "A user_id in the body of a create wins over the identity header.",
    contracts=WITH_RESUMPTION,
)
class BodyNamesOwner(RawBody):
    async def create_session(self, request: Request) -> Response:
        await self.peek(request, required=False)
        return await super().create_session(request)

    def caller(self, request: Request) -> str:
        return str(self.raw(request).get("user_id") or super().caller(request))


@also("F-ISO-07")
class CaseOwnerInBody(SentBody, FaultMaven):
    async def create_session(self, request: Request) -> Response:
        await self.peek(request, required=False)
        return await super().create_session(request)

    def caller(self, request: Request) -> str:
        return str(self.raw(request).get("user_id") or super().caller(request))


@fault(
    "F-ISO-08",
    "ISO-07 ISO-01 ISO-02",
    "The id in the path is authorised, the one in the header X-Session-ID is acted on.",
)
class ActsOnHeader(Views):
    def session_id(self, request: Request) -> str:
        path, header = super().session_id(request), request.headers.get("x-session-id")
        AUTHORISED.set(path if header else None)
        return header or path


@also("F-ISO-08")
class AuthorisesPath(Core):
    async def usable(self, user: str, session_id: str, operation: Operation) -> Session:
        path = AUTHORISED.get()
        if path is None:
            return await super().usable(user, session_id, operation)
        await super().usable(user, path, operation)
        return await self.find(session_id) or await self.missing(user, session_id, operation)


@fault(
    "F-ISO-12",
    "CON-01 ISO-03",
    "The current user of a list is kept in one place for all: at the same moment another's list is answered.",
    conditional=True,
)
class OneCurrentUser(Core):
    current = ""

    async def living(self, user: str) -> Sequence[Session]:
        self.current = user
        await asyncio.sleep(0.002)
        return await super().living(self.current)


@fault("F-ISO-20", "ISO-01 ISO-04 SEC-04", "The refusal of a foreign session tells its title.", conditional=True)
class RefusalTellsTitle(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and session.title and self.alive(session, operation):
            raise RefusalError("session_not_found", f"You have no session '{session.title}'.")
        return await super().missing(user, session_id, operation)


@fault(
    "F-ISO-21",
    "ISO-01",
    "What its owner has read before is answered from a cache, to everybody.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class CacheIsOpen(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session = await super().read(user, session_id)
        memory(self, "cached")[session_id] = True
        return session

    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        cached = operation == "read" and session.session_id in memory(self, "cached")
        return cached or super().owns(user, session, operation)


@fault("F-ISO-22", "ISO-02 EXP-07", "A foreign heartbeat is refused, but only after it has renewed the life.")
class RenewsThenRefuses(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and operation == "heartbeat" and self.alive(session, operation):
            await self.keep(self.renewed(session, self.clock.now()), operation)
        return await super().missing(user, session_id, operation)


@fault(
    "F-ISO-23",
    "ISO-02 LIF-06",
    "A foreign delete is refused, but the session is no longer in its owner's list.",
    conditional=True,
)
class DelistsThenRefuses(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and operation == "delete":
            await self.store.delist(session.user_id, session_id)
        return await super().missing(user, session_id, operation)


@fault(
    "F-ISO-24",
    "ISO-02",
    "A foreign message or update is refused, but counts as the session's last activity.",
    conditional=True,
)
class TouchesThenRefuses(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and operation in ("add_message", "update") and self.alive(session, operation):
            await self.keep(replace(session, last_activity_at=self.clock.now()), operation)
        return await super().missing(user, session_id, operation)


@fault("F-ISO-25", "ISO-03 LIF-06", "The total of the list counts everybody's sessions.")
class TotalOfEverybody(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        return replace(await super().sessions(user, status, limit, offset), total=len(everyone(self)))


@fault("F-ISO-26", "ISO-03", "With a filter by status the list is everybody's.", conditional=True)
class FilterForgetsUser(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        if status is None:
            return await super().sessions(user, status, limit, offset)
        return self.page([session for session in everyone(self) if session.status == status], limit, offset)


class ForbiddenError(RefusalError):
    """A session is there, and somebody else's."""


@fault("F-ISO-27", "ISO-04", "A foreign session is answered 403, a missing one 404.", contracts=WITH_RESUMPTION)
class SaysForbidden(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and self.alive(session, operation):
            raise ForbiddenError("session_not_found", "This session is another user's.")
        return await super().missing(user, session_id, operation)


@also("F-ISO-27")
class AnswersForbidden(Views):
    def refusal(self, error: RefusalError, headers: dict[str, str] | None = None) -> Response:
        if isinstance(error, ForbiddenError):
            return self.answer(403, {"detail": error.detail, "reason": "forbidden"}, headers)
        return super().refusal(error, headers)


@fault(
    "F-ISO-28",
    "ISO-04",
    "The refusal of a foreign delete is worded differently from that of a missing session's.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class DeleteTellsForeign(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation == "delete" and await self.find(session_id) is not None:
            raise RefusalError("session_not_found", "This session can't be deleted.")
        return await super().missing(user, session_id, operation)


@fault("F-ISO-29", "ISO-05", "Without an identity the caller is the user 'anonymous'.", contracts=WITH_RESUMPTION)
class AnonymousUser(Views):
    def caller(self, request: Request) -> str:
        if self.identity_header.decode() not in request.headers:
            return "anonymous"
        return super().caller(request)


@fault(
    "F-ISO-30",
    "ISO-05",
    "An empty or blank identity is a user like any other.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class BlankUser(Views):
    def caller(self, request: Request) -> str:
        given = request.headers.get(self.identity_header.decode(), "-")
        return given if not given.strip() else super().caller(request)


@fault("F-ISO-31", "ISO-05", "A heartbeat needs no identity.", conditional=True)
class HeartbeatForAll(FmSessionService):
    async def heartbeat(self, request: Request) -> Response:
        session = await self.core.find(self.session_id(request))
        if session is not None and self.identity_header.decode() not in request.headers:
            owner = (self.identity_header, session.user_id.encode())
            request.scope["headers"] = [*request.scope["headers"], owner]
        return await super().heartbeat(request)


@fault("F-ISO-32", "ISO-06 ISO-05", "Of two identity headers the second one counts.", conditional=True)
class LastIdentityWins(Views):
    def caller(self, request: Request) -> str:
        values = request.headers.getlist(self.identity_header.decode())
        return values[-1] if len(values) > 1 and values[-1].strip() else super().caller(request)


@fault(
    "F-ISO-33",
    "ISO-06 ISO-01",
    "With the role 'admin' in a header one may read every session.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class AdminByHeader(Views):
    def caller(self, request: Request) -> str:
        ROLES.set(request.headers.get("x-user-roles", ""))
        return super().caller(request)


@also("F-ISO-33")
class AdminReadsAll(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        admin = operation in ("read", "messages") and "admin" in ROLES.get()
        return admin or super().owns(user, session, operation)


@fault(
    "F-ISO-34",
    "ISO-06 ISO-03",
    "A user_id in the query of a list wins over the identity header.",
    conditional=True,
)
class QueryNamesUser(FmSessionService):
    def caller(self, request: Request) -> str:
        listing = request.method == "GET" and "session_id" not in request.path_params
        return (request.query_params.get("user_id") if listing else None) or super().caller(request)


@fault(
    "F-ISO-35",
    "ISO-07",
    "A session named in the header X-Session-ID wins over the one in the path.",
    contracts=(FM_SESSION, AGENTIC),
)
class HeaderWins(Views):
    def session_id(self, request: Request) -> str:
        return request.headers.get("x-session-id") or super().session_id(request)


@fault(
    "F-ISO-36",
    "ISO-07",
    "A session_id in the body of a message wins over the one in the path.",
    conditional=True,
)
class MessageNamesSession(RawBody):
    async def add_message(self, request: Request) -> Response:
        await self.peek(request)
        return await super().add_message(request)

    def session_id(self, request: Request) -> str:
        return str(self.raw(request).get("session_id") or super().session_id(request))


@fault(
    "F-ISO-37",
    "ISO-07",
    "A session_id in the query of a delete wins over the one in the path.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class QueryNamesSession(Views):
    def session_id(self, request: Request) -> str:
        named = request.query_params.get("session_id") if request.method == "DELETE" else None
        return named or super().session_id(request)


@fault(
    "F-ISO-38",
    "ISO-09",
    "Conversations are cached by user and length: a user's session shows another one that is as long.",
    conditional=True,
)
class ConversationsMixedUp(Core):
    def conversation(self, session: Session) -> Sequence[Message]:
        own = super().conversation(session)
        cached: Sequence[Message] = memory(self, "conversations").setdefault((session.user_id, len(own)), own)
        return cached


@fault(
    "F-ISO-39",
    "ISO-09 LIF-02",
    "A new session starts with the metadata of its user's last one.",
    conditional=True,
)
class MetadataIsRemembered(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        remembered = memory(self, "metadata")
        metadata = {**remembered.get(user, {}), **session.metadata}
        remembered[user] = metadata
        return replace(session, metadata=metadata)


@fault(
    "F-ISO-40",
    "ISO-09",
    "What is written into one session's context is written into all sessions of its user.",
)
class ContextIsShared(Core):
    async def update(self, user: str, session_id: str, change: Change) -> Session:
        session = await super().update(user, session_id, change)
        if change.context is not None and session.status != "deleted":
            for other in await self.living(user):
                await self.keep(replace(other, context=session.context), "update")
        return session
