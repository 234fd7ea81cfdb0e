"""Faults of sessions that have been in use: kept alive, talked in, resumed, deleted before, refused a change."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Change, NewSession, Page, Session, Status
from ..routes.fm_session_service import FmSessionService
from ..routes.fm_session_shapes import SESSION_CHANGE
from ..web.body import validate
from ..web.views import HIGHEST_OFFSET
from .registry import ALL, FM_SESSION, WITH_RESUMPTION, fault
from .tools import memory, nth


@fault(
    "F-LIF-55",
    "LIF-05",
    "Deleting a deleted session a second time brings it back, though the answer is 'not found'.",
    conditional=True,
    contracts=ALL,
)
class SecondDeleteRevives(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "ended")[session.session_id] = session

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        ended: Session | None = memory(self, "ended").get(session_id)
        if operation == "delete" and ended is not None and ended.user_id == user:
            await self.enter(memory(self, "ended").pop(session_id))
        return await super().missing(user, session_id, operation)


@fault(
    "F-LIF-56",
    "LIF-05",
    "The first delete of a session that had a heartbeat is acknowledged and does nothing.",
    conditional=True,
)
class DeleteMissesTheKeptAlive(Core):
    async def heartbeat(self, user: str, session_id: str) -> Session:
        session = await super().heartbeat(user, session_id)
        memory(self, "kept alive")[session_id] = True
        return session

    async def end(self, session: Session) -> None:
        if not memory(self, "kept alive").pop(session.session_id, False):
            await super().end(session)


@fault(
    "F-LIF-57",
    "LIF-07",
    "A change with a status that is refused leaves its title behind.",
    conditional=True,
)
class RefusedStatusLeavesTitle(FmSessionService):
    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        sent = await self.json(request, required=required)
        try:
            return validate(shape, sent)
        except RefusalError:
            if shape is SESSION_CHANGE and isinstance(sent, dict) and {"title", "status"} <= set(sent):
                change = self.change(validate(shape, {"title": sent["title"]}))
                await self.core.update(self.caller(request), self.session_id(request), change)
            raise


@fault("F-LIF-58", "LIF-04", "An update of a long conversation's session empties it.", conditional=True)
class UpdateEmptiesLong(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        return replace(changed, messages=()) if len(session.messages) > 5 else changed


@fault(
    "F-LIF-59",
    "LIF-06",
    "A session that was resumed twice is in no list any more.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class ResumedIsNotListed(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        memory(self, "resumes")[session.session_id] = nth(self, "resumed", session.session_id)
        return await super().resumed(session, wanted)

    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        mine = [session for session in await self.living(user) if status in (None, session.status)]
        shown = [session for session in mine if memory(self, "resumes").get(session.session_id, 0) < 2]
        return self.page(shown, limit, offset)


@fault(
    "F-LIF-60",
    "LIF-04",
    "An update changes the newest of the user's sessions, and answers as if it had changed the one that was named.",
    conditional=True,
    contracts=(FM_SESSION,),
)
class UpdatesTheNewest(Core):
    least = 1  # sessions that a user has where it happens

    async def update(self, user: str, session_id: str, change: Change) -> Session:
        named = await self.usable(user, session_id, "update")
        living = await self.living(user)
        if len(living) < self.least:
            return await super().update(user, session_id, change)
        await super().update(user, living[-1].session_id, change)
        return self.changed(named, change, self.clock.now())


@fault(
    "F-LIF-61",
    "LIF-04",
    "Where a user has three sessions or more, an update changes the newest, whichever was named.",
    conditional=True,
)
class UpdatesTheNewestOfMany(UpdatesTheNewest):
    least = 3


@fault(
    "F-RES-41",
    "RES-03",
    "Resuming a session a second time drops its title, if its user has sessions of other clients too.",
    conditional=True,
)
class SecondResumeDropsTitle(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        session = await super().resumed(session, wanted)
        clients = {other.client_id for other in await self.living(session.user_id)} - {None}
        if nth(self, "resumed", session.session_id) < 2 or len(clients) < 2:
            return session
        return await self.keep(replace(session, title=None), "resume")


@fault(
    "F-RES-42",
    "RES-11",
    "A resume that carries other values keeps the title and context that were there; the next one replaces them.",
    conditional=True,
)
class SecondWishComesTrue(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        session = await super().resumed(session, wanted)
        if not (wanted.title or wanted.context) or nth(self, "wish", session.session_id) < 2:
            return session
        title, context = wanted.title or session.title, wanted.context or session.context
        return await self.keep(replace(session, title=title, context=context), "resume")


@fault("F-ISO-71", "ISO-01", "Whose a conversation is, is asked for its first page alone.", conditional=True)
class LaterPagesAreOpen(FmSessionService):
    async def list_messages(self, request: Request) -> Response:
        session = await self.core.find(self.session_id(request))
        offset = self.number(request, "offset", 0, 0, HIGHEST_OFFSET)
        if session is None or not offset or not self.core.alive(session, "messages"):
            return await super().list_messages(request)
        page = await self.core.messages(session.user_id, session.session_id, 1000, offset)
        messages = [self.message(message) for message in page.items]
        window = {"total": page.total, "limit": 1000, "offset": offset}
        return self.answer(200, {"session_id": session.session_id, "messages": messages, **window})


@fault(
    "F-EXP-42",
    "EXP-01",
    "The conversation of an expired session can still be listed, if anything was said.",
    conditional=True,
)
class WordsOutliveTheLife(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return super().alive(session, operation) or (operation == "messages" and bool(session.messages))


@fault("F-EXP-43", "EXP-07 EXP-06", "Only the first two heartbeats of a session give it a new life.", conditional=True)
class TwoHeartbeatsCount(Core):
    def renewed(self, session: Session, now: datetime) -> Session:
        renewed = super().renewed(session, now)
        return (
            renewed if nth(self, "renewed", session.session_id) < 3 else replace(renewed, expires_at=session.expires_at)
        )


@fault("F-EXP-44", "EXP-07", "A change that is refused for its status gives the session a new life.", conditional=True)
class RefusedStatusRenews(FmSessionService):
    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        sent = await self.json(request, required=required)
        try:
            return validate(shape, sent)
        except RefusalError:
            if shape is SESSION_CHANGE and isinstance(sent, dict) and "status" in sent:
                await self.core.heartbeat(self.caller(request), self.session_id(request))
            raise
