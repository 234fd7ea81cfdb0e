"""Faults of sessions that have been in use: kept alive, talked in, resumed, deleted before, refused a change."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Change, NewSession, Page, Session, Status
from ..routes.fm_session_service import FmSessionService
from ..routes.fm_session_shapes import SESSION_CHANGE
from ..web.body import validate
from .registry import ALL, WITH_RESUMPTION, fault
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
