"""Faults in a first interaction, which names no session, and in who gets to know a session's id."""

from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import NewSession, Session
from ..routes.agentic_multi_client import AgenticMultiClient
from ..routes.faultmaven import FaultMaven
from .registry import AGENTIC, FAULTMAVEN, also, fault
from .tools import PATH, SentBody, TellsPath, add_header, content, everyone, memory, nth

FIRST_CONTACT: ContextVar[bool] = ContextVar("first contact", default=False)


@fault(
    "F-LIF-43",
    "LIF-08",
    "A first chat or upload makes two sessions: one that it uses, and one that it tells.",
    contracts=(AGENTIC,),
)
class TellsAnother(AgenticMultiClient):
    async def chat(self, request: Request) -> Response:
        return await self.retold(request, await super().chat(request))

    async def upload(self, request: Request) -> Response:
        return await self.retold(request, await super().upload(request))

    async def retold(self, request: Request, response: Response) -> Response:
        told = content(response)
        if not told["session_created"]:
            return response
        another = await self.new_session(request, None)
        return self.answer(response.status_code, {**told, "session_id": another.session_id})


@fault(
    "F-LIF-44",
    "LIF-08",
    "The middleware makes a session for a first upload, and so does the handler: one stays empty.",
    conditional=True,
    contracts=(AGENTIC,),
)
class UploadMakesTwo(AgenticMultiClient):
    async def named_or_new(self, request: Request, other: str | None) -> tuple[str, bool]:
        session_id, created = await super().named_or_new(request, other)
        if created and request.url.path == "/upload":
            await self.new_session(request, None)
        return session_id, created


@fault(
    "F-LIF-45",
    "LIF-08 ISO-09",
    "A chat without a session goes on in the session that was made last, if there is one.",
    conditional=True,
    contracts=(AGENTIC,),
)
class GoesOnInTheNewest(AgenticMultiClient):
    async def named_or_new(self, request: Request, other: str | None) -> tuple[str, bool]:
        living = everyone(self.core)
        if living and request.url.path == "/chat" and not (other or request.headers.get("x-session-id")):
            return living[-1].session_id, False
        return await super().named_or_new(request, other)


@fault(
    "F-LIF-46",
    "LIF-08",
    "A session that an upload makes is not stored: its id is told, and then unknown.",
    conditional=True,
    contracts=(AGENTIC,),
)
class UploadsSessionIsNotStored(AgenticMultiClient):
    async def upload(self, request: Request) -> Response:
        response = await super().upload(request)
        told = content(response)
        if told["session_created"]:
            await self.core.store.drop(told["session_id"])
        return response


@fault(
    "F-LIF-47",
    "SEC-03 LIF-08",
    "A first chat that is refused for its form leaves the session that was made for it.",
    conditional=True,
    contracts=(AGENTIC,),
)
class RefusedMakesSession(AgenticMultiClient):
    async def chat(self, request: Request) -> Response:
        try:
            return await super().chat(request)
        except RefusalError as error:
            if error.reason == "invalid_request" and not request.headers.get("x-session-id"):
                await self.new_session(request, None)
            raise


class NamesForYou(SentBody, FaultMaven):
    """Names a session where a query comes without one."""

    def wanting(self, request: Request) -> bool:
        return not (request.headers.get("x-session-id") or self.raw(request).get("session_id"))

    async def made(self, request: Request) -> str:
        created = await self.core.create(self.caller(request), NewSession())
        return created.session.session_id


@fault("F-LIF-48", "LIF-08", "A query that names no session is given a new one.", contracts=(FAULTMAVEN,))
class QueryMakesSession(NamesForYou):
    async def query(self, request: Request) -> Response:
        await self.peek(request)
        if self.wanting(request):
            add_header(request, "x-session-id", await self.made(request))
        return await super().query(request)


@fault(
    "F-LIF-49",
    "LIF-08 UPL-02",
    "A file that comes by the oldest path without a session is put into the user's newest one.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class FileGoesToTheNewest(FaultMaven):
    async def upload_data(self, request: Request) -> Response:
        living = await self.core.living(self.caller(request))
        if living and request.url.path == "/data" and not request.headers.get("x-session-id"):
            add_header(request, "x-session-id", living[-1].session_id)
        return await super().upload_data(request)


@fault(
    "F-LIF-50",
    "LIF-08",
    "A session id of null in a query's body stands for the user's session without a client, which is made for it.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class NullMakesSession(NamesForYou):
    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        if isinstance(sent, dict) and sent.get("session_id", "") in (None, "null", "undefined"):
            sent["session_id"] = await self.made(request)
        return sent


@fault(
    "F-SEC-54",
    "SEC-02 LIF-08",
    "A chat with an unknown id makes a session of that id.",
    contracts=(AGENTIC,),
)
class ChatCreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation != "query" or await self.find(session_id) is not None:
            return await super().missing(user, session_id, operation)
        wanted = NewSession(metadata={"client_id": None})
        session = replace(self.born(user, wanted, self.lives.default), session_id=session_id)
        await self.enter(session)
        return session


@fault(
    "F-SEC-55",
    "SEC-02 CAS-08",
    "By the oldest path a query with an unknown id makes a session of that id.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LegacyQueryCreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        unknown = operation == "query" and await self.find(session_id) is None
        if not unknown or PATH.get() != "/query":
            return await super().missing(user, session_id, operation)
        session = replace(self.born(user, NewSession(), self.lives.default), session_id=session_id)
        await self.enter(session)
        return session


also("F-SEC-55")(TellsPath)


@fault(
    "F-ISO-41",
    "ISO-10 SEC-01",
    "The ids of sessions that a first interaction makes are numbers in order.",
    conditional=True,
    contracts=(AGENTIC,),
)
class NumberedOnFirstContact(AgenticMultiClient):
    async def named_or_new(self, request: Request, other: str | None) -> tuple[str, bool]:
        FIRST_CONTACT.set(True)
        return await super().named_or_new(request, other)


@also("F-ISO-41")
class NumbersIds(Core):
    def new_session_id(self) -> str:
        number = UUID(int=(0xA11CE << 80) + nth(self, "ids"), version=4)
        return str(number) if FIRST_CONTACT.get() else super().new_session_id()


@fault(
    "F-ISO-42",
    "ISO-10 SEC-04",
    "The refusal of an unknown session names those that there are.",
    contracts=(AGENTIC,),
)
class RefusalListsIds(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        known = ", ".join(session.session_id for session in everyone(self))
        raise RefusalError("session_not_found", f"There is no such session; there are: {known or 'none'}.")


@fault(
    "F-ISO-43",
    "ISO-10 SEC-07",
    "A client's id in a path stands for the newest session of that client.",
    conditional=True,
    contracts=(AGENTIC,),
)
class ClientIdIsEnough(Core):
    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        clients = [other for other in everyone(self) if other.metadata.get("client_id") == session_id]
        return session or (clients[-1] if clients else None)


@fault(
    "F-ISO-44",
    "ISO-10 ISO-09",
    "A health check tells a caller that has asked before which sessions are new since then.",
    conditional=True,
    contracts=(AGENTIC,),
)
class HealthTellsNews(AgenticMultiClient):
    async def health(self, request: Request) -> Response:
        response = await super().health(request)
        ids = [session.session_id for session in everyone(self.core)]
        known = memory(self, "known").get("ids")
        memory(self, "known")["ids"] = ids
        if known is None:
            return response
        return self.answer(200, {**content(response), "new_sessions": [id for id in ids if id not in known]})
