"""Faults in making, reading, changing, listing and deleting sessions."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ..core import Core, Operation
from ..model import Change, Created, NewSession, Page, Session, Status
from ..routes.fm_session_service import FmSessionService
from ..routes.fm_session_shapes import SESSION_CHANGE
from ..web.body import validate
from ..web.views import Views
from .registry import AGENTIC, ALL, FM_SESSION, WITH_QUERIES, WITH_RESUMPTION, fault
from .tools import everyone, memory, nth


@fault(
    "F-LIF-01",
    "LIF-05",
    "Delete hides the session from the list; reading it still answers 200.",
    contracts=WITH_RESUMPTION,
)
class DeleteOnlyHides(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        await self.keep(replace(session, status="deleted"), "delete")

    def alive(self, session: Session, operation: Operation) -> bool:
        return super().alive(session, operation) and (operation == "read" or session.status != "deleted")


@fault("F-LIF-02", "LIF-04", "An update replaces the record: context and metadata that aren't sent are lost.")
class UpdateReplaces(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        bare = replace(session, context={}, metadata={})
        return super().changed(bare, change, now)


@fault(
    "F-LIF-04",
    "CON-04 CON-02",
    "An update writes back the whole session as it was read before: what others changed meanwhile is undone.",
)
class UpdateWritesBack(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "update" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "update":
            await asyncio.sleep(0.01)
        return await super().keep(session, operation)


@fault(
    "F-LIF-06",
    "LIF-05 SEC-03",
    "Deleting a session that was deleted before answers 500.",
    conditional=True,
    contracts=ALL,
)
class DeleteAgainFails(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "deleted")[session.session_id] = True

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation == "delete" and session_id in memory(self, "deleted"):
            raise KeyError(session_id)
        return await super().missing(user, session_id, operation)


@fault(
    "F-LIF-20",
    "LIF-01",
    "The first read of a new session asks a replica that doesn't have it yet, and is answered 404.",
    contracts=WITH_RESUMPTION,
)
class FirstReadMisses(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session = await super().read(user, session_id)
        if nth(self, "first read", session_id) == 1:
            return await self.missing(user, session_id, "read")
        return session


@fault(
    "F-LIF-21", "LIF-01", "Every 25th new session is answered, but was never stored.", conditional=True, contracts=ALL
)
class SometimesNotStored(Core):
    async def enter(self, session: Session) -> None:
        if nth(self, "stored") % 25:
            await super().enter(session)


@fault(
    "F-LIF-22",
    "LIF-01 LIF-05 RES-08",
    "The id of the session that was deleted last is given to the next new session.",
    conditional=True,
    contracts=(FM_SESSION, AGENTIC),
)
class ReusesIds(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "free")[session.session_id] = True

    def new_session_id(self) -> str:
        free = memory(self, "free")
        return str(free.popitem()[0]) if free else super().new_session_id()


@fault("F-LIF-23", "LIF-02 MSG-06 EXP-13", "Times are told without a zone.", contracts=ALL)
class NaiveTimes(Views):
    def time(self, moment: datetime) -> str:
        return super().time(moment).removesuffix("Z")


@fault(
    "F-LIF-24",
    "LIF-02 ISO-09",
    "Sessions that are made without a context share one: what one of them is given later, all of them have.",
    conditional=True,
)
class SharedDefaultContext(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        return session if wanted.context else replace(session, context=memory(self, "context"))

    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed, shared = super().changed(session, change, now), memory(self, "context")
        if change.context is None or session.context is not shared:
            return changed
        shared.clear()
        shared.update(change.context)
        return replace(changed, context=shared)


@fault("F-LIF-25", "LIF-02", "created_at comes from a clock that is a second ahead of the others.")
class CreatedInTheFuture(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        return replace(session, created_at=session.created_at + timedelta(seconds=1))


@fault(
    "F-LIF-26",
    "LIF-03",
    "Every read counts as activity and as an update: it moves both times.",
    contracts=WITH_RESUMPTION,
)
class ReadTouches(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session, now = await super().read(user, session_id), self.clock.now()
        return await self.keep(replace(session, updated_at=now, last_activity_at=now), "read")


@fault("F-LIF-27", "LIF-03 LIF-07", "Reading an archived session makes it active again.", conditional=True)
class ReadActivates(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session = await super().read(user, session_id)
        await self.keep(replace(session, status="active"), "read")
        return session


@fault("F-LIF-29", "LIF-04", "A change of the status loses the context.", conditional=True)
class StatusLosesContext(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        return changed if change.status is None or change.context else replace(changed, context={})


@fault("F-LIF-30", "LIF-04", "The second update of a session loses its client_id.", conditional=True)
class SecondUpdateLosesClient(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        return replace(changed, client_id=None) if nth(self, "update", session.session_id) == 2 else changed


@fault("F-LIF-31", "LIF-05", "The messages of a deleted session can still be listed.", conditional=True)
class MessagesOutliveTheirSession(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "conversations")[session.session_id] = session

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        left: Session | None = memory(self, "conversations").get(session_id)
        if operation == "messages" and left is not None and self.owns(user, left, operation):
            return left
        return await super().missing(user, session_id, operation)


@fault("F-LIF-32", "LIF-06", "A session that was updated is in the list twice.", conditional=True)
class ListedTwice(Core):
    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "update":
            memory(self, "twice")[session.session_id] = True
        return await super().keep(session, operation)

    async def living(self, user: str) -> list[Session]:
        mine = await super().living(user)
        return [*mine, *(session for session in mine if session.session_id in memory(self, "twice"))]


@fault(
    "F-LIF-33",
    "LIF-06",
    "The total of the list still counts the sessions that were deleted.",
    conditional=True,
)
class TotalKeepsDeleted(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        nth(self, "deleted of", session.user_id)

    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        page = await super().sessions(user, status, limit, offset)
        deleted: int = vars(self).get("_counts", {}).get(("deleted of", user), 0)
        return replace(page, total=page.total + deleted)


@fault("F-LIF-34", "LIF-06", "Pages of the list after the first begin one session too late.", conditional=True)
class LaterPagesSkip(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        return await super().sessions(user, status, limit, offset + (offset > 0))


@fault("F-LIF-35", "LIF-07", "Any word is accepted as a status, stored and shown.")
class AnyStatus(FmSessionService):
    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        if shape is not SESSION_CHANGE:
            return await super().body(request, shape, required=required)
        sent = await self.json(request, required=required)
        if not isinstance(sent, dict) or not isinstance(sent.get("status"), str):
            return validate(shape, sent)
        others = {name: value for name, value in sent.items() if name != "status"}
        return {**validate(shape, others), "status": sent["status"]}


@fault("F-LIF-36", "LIF-07 LIF-05", "The status 'deleted' is a label: the session goes on as before.")
class DeletedIsALabel(Core):
    async def update(self, user: str, session_id: str, change: Change) -> Session:
        if change.status != "deleted":
            return await super().update(user, session_id, change)
        session = await self.usable(user, session_id, "update")
        return await self.keep(self.changed(session, change, self.clock.now()), "update")


@fault("F-LIF-37", "LIF-07", "The messages of an archived session can't be listed.", conditional=True)
class ArchivedIsUnreadable(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        archived = session.status == "archived" and operation == "messages"
        return super().alive(session, operation) and not archived


@fault(
    "F-LIF-38",
    "LIF-07",
    "An archived session stays archived: making it active again is acknowledged and does nothing.",
    conditional=True,
)
class ArchivedForGood(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        if session.status == "archived" and change.status == "active":
            change = replace(change, status=None)
        return super().changed(session, change, now)


@fault("F-LIF-39", "LIF-09", "The health check needs an identity.", contracts=WITH_RESUMPTION)
class HealthNeedsIdentity(Views):
    async def health(self, request: Request) -> Response:
        self.caller(request)
        return await super().health(request)


@fault(
    "F-LIF-40",
    "LIF-09",
    "The health check shows the id and the user of the newest session.",
    contracts=(FM_SESSION, AGENTIC),
)
class HealthShowsSessions(Views):
    async def health(self, request: Request) -> Response:
        newest = [f"{session.session_id} of {session.user_id}" for session in everyone(self.core)[-1:]]
        return self.answer(200, {"status": "healthy", "service": self.settings.service_name, "newest": newest})


@fault(
    "F-LIF-41", "LIF-09 EXP-07", "Each health check renews the life of every session.", contracts=(FM_SESSION, AGENTIC)
)
class HealthRenews(Views):
    async def health(self, request: Request) -> Response:
        for session in everyone(self.core):
            await self.core.keep(self.core.renewed(session, self.core.clock.now()), "heartbeat")
        return await super().health(request)


@fault("F-LIF-42", "LIF-09", "A health check with an identity makes a session for it.", conditional=True)
class HealthCreates(Views):
    async def health(self, request: Request) -> Response:
        if self.identity_header.decode() in request.headers:
            await self.core.create(self.caller(request), NewSession(title="health check"))
        return await super().health(request)


@fault(
    "F-LIF-51",
    "LIF-05",
    "Delete takes the session off the list and removes its files; its chat goes on as before.",
    contracts=(AGENTIC,),
)
class DeleteOnlyDelists(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        await self.keep(replace(session, uploads=()), "delete")


@fault(
    "F-LIF-52",
    "LIF-03",
    "Reading a session that has files and a chat cuts the chat down to its newest three queries.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class ReadCuts(Core):
    async def read(self, user: str, session_id: str) -> Session:
        return await self.cut(await super().read(user, session_id), "read")

    async def heartbeat(self, user: str, session_id: str) -> Session:
        return await self.cut(await super().heartbeat(user, session_id), "heartbeat")

    async def cut(self, session: Session, operation: Operation) -> Session:
        if session.uploads:
            await self.keep(replace(session, case_history=session.case_history[-3:]), operation)
        return session


@fault(
    "F-LIF-53",
    "LIF-01 LIF-08",
    "The answer to every second create without a client has the id of the first of them, which goes on.",
    conditional=True,
    contracts=(AGENTIC,),
)
class TellsFirstId(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        created = await super().create(user, wanted)
        client = wanted.metadata.get("client_id")
        first: str = memory(self, "first").setdefault(client, created.session.session_id)
        if client is not None or nth(self, "creates") % 2 or not await self.find(first):
            return created
        return replace(created, session=replace(created.session, session_id=first))


@fault(
    "F-LIF-54",
    "LIF-02 ISO-09",
    "A new session starts with the files of the one that was made before it, if that has any.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class StartsWithFiles(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        mine = [other for other in everyone(self) if other.user_id == user]
        return replace(super().born(user, wanted, minutes), uploads=mine[-1].uploads if mine else ())
