"""Faults of sessions with more behind them than a new one: changed, archived, resumed, with long texts, in pages."""

from dataclasses import replace
from datetime import datetime

from ..core import Core, Operation
from ..errors import RefusalError, session_not_found
from ..model import Change, Message, NewMessage, NewSession, Page, Session, Status
from .registry import WITH_RESUMPTION, fault
from .tools import memory

LONG = 8192  # characters: what an old table takes


@fault(
    "F-LIF-62",
    "LIF-07 LIF-06",
    "A list of one status goes by the status that a session had before the last change.",
    conditional=True,
)
class ListedByTheOldStatus(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        if change.status is not None:
            memory(self, "before")[session.session_id] = session.status
        return super().changed(session, change, now)

    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        before = memory(self, "before")
        mine = [one for one in await self.living(user) if status in (None, before.get(one.session_id, one.status))]
        return self.page(mine, limit, offset)


@fault("F-ISO-72", "ISO-01", "Whose a conversation is, isn't asked for once the session is archived.", conditional=True)
class ArchivesAreOpen(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return super().owns(user, session, operation) or (operation == "messages" and session.status == "archived")


@fault(
    "F-ISO-73",
    "ISO-01 ISO-04",
    "Who asks for another's session that was changed is told its title in the refusal.",
    conditional=True,
)
class RefusalsNameTheChanged(Core):
    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        memory(self, "changed")[session.session_id] = True
        return super().changed(session, change, now)

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is None or session_id not in memory(self, "changed") or not self.alive(session, operation):
            return await super().missing(user, session_id, operation)
        raise RefusalError("session_not_found", f"{session_not_found().detail} ({session.title} isn't yours.)")


@fault(
    "F-EXP-45",
    "EXP-07 ISO-02",
    "Another user's call is refused, and gives the session a new life if it was resumed before.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class StrangersKeepTheResumed(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        memory(self, "resumed")[session.session_id] = True
        return await super().resumed(session, wanted)

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and session_id in memory(self, "resumed") and self.alive(session, operation):
            await self.keep(self.renewed(session, self.clock.now()), "heartbeat")
        return await super().missing(user, session_id, operation)


@fault(
    "F-EXP-46",
    "EXP-06 EXP-07",
    "A heartbeat of a session in which something was said gives half a life.",
    conditional=True,
)
class WordsWearOut(Core):
    def renewed(self, session: Session, now: datetime) -> Session:
        renewed = super().renewed(session, now)
        return replace(renewed, expires_at=self.expiry(session.minutes / 2, now)) if session.messages else renewed


@fault(
    "F-EXP-47",
    "EXP-07 EXP-06",
    "A heartbeat of an archived session is acknowledged, and does nothing.",
    conditional=True,
)
class ArchivesGrowOld(Core):
    def renewed(self, session: Session, now: datetime) -> Session:
        return session if session.status == "archived" else super().renewed(session, now)


@fault(
    "F-EXP-48",
    "EXP-07",
    "To list sessions from the second on gives those that are shown a new life.",
    conditional=True,
)
class LaterPagesRenew(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        page = await super().sessions(user, status, limit, offset)
        for session in page.items if offset else ():
            await self.keep(self.renewed(session, self.clock.now()), "heartbeat")
        return page


@fault("F-MSG-74", "MSG-04", f"Of what is said the first {LONG} characters are kept.", conditional=True)
class LongTextsAreCut(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        return super().message(session, replace(new, content=new.content[:LONG]), now)
