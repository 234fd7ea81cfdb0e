"""Faults that one process alone doesn't show: something is kept in it that the others don't know of, or a restart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..clock import Clock
from ..core import Core, Operation
from ..lives import Lives
from ..model import NewSession, Session, Upload
from ..stores.store import Store
from ..uploads import Uploads
from .registry import AGENTIC, FAULTMAVEN, FM_SESSION, WITH_RESUMPTION, also, fault
from .tools import memory


@fault(
    "F-CON-21",
    "CON-08",
    "A process keeps the sessions that it has read, and shows them as they were until it changes them itself.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class KeepsWhatItHasRead(Core):
    async def usable(self, user: str, session_id: str, operation: Operation) -> Session:
        kept: Session | None = memory(self, "read").get(session_id)
        reads = operation in ("read", "messages", "cases", "case_history", "uploads")
        if reads and kept is not None and self.owns(user, kept, operation) and self.alive(kept, operation):
            return kept
        session = await super().usable(user, session_id, operation)
        memory(self, "read")[session_id] = session
        return session

    async def keep(self, session: Session, operation: Operation) -> Session:
        session = await super().keep(session, operation)
        memory(self, "read")[session.session_id] = session
        return session

    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "read").pop(session.session_id, None)


@fault(
    "F-CON-22",
    "CON-08",
    "Which session a client resumes is kept in the process that made it; another one makes a second session.",
    contracts=WITH_RESUMPTION,
)
class ClientsOfTheProcess(Core):
    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        session = await super().resumable(user, wanted)
        return session if session is not None and session.session_id in memory(self, "made") else None

    async def enter(self, session: Session) -> None:
        await super().enter(session)
        memory(self, "made")[session.session_id] = True


@fault(
    "F-CON-23",
    "CON-08",
    "The list has the sessions that this process has heard of, by a create or a call that named them.",
    conditional=True,
    contracts=(FM_SESSION, AGENTIC),
)
class ListsWhatItKnows(Core):
    async def living(self, user: str) -> Sequence[Session]:
        return [session for session in await super().living(user) if session.session_id in memory(self, "heard of")]

    async def enter(self, session: Session) -> None:
        await super().enter(session)
        memory(self, "heard of")[session.session_id] = True

    async def find(self, session_id: str) -> Session | None:
        memory(self, "heard of")[session_id] = True
        return await super().find(session_id)


@fault(
    "F-CON-24",
    "CON-08",
    "A process remembers when each session ends, as it heard first, and moves that by what it does itself alone.",
    conditional=True,
    contracts=(FM_SESSION, AGENTIC),
)
class EndsOfTheProcess(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        ends: datetime = memory(self, "ends").setdefault(session.session_id, session.expires_at)
        return super().alive(session, operation) and self.clock.now() < ends

    async def keep(self, session: Session, operation: Operation) -> Session:
        session = await super().keep(session, operation)
        memory(self, "ends")[session.session_id] = session.expires_at
        return session


@fault(
    "F-CON-25",
    "CON-08",
    "A process that starts gives each session that is there already a whole life, once somebody asks for it.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class RestartRenews(Core):
    def __init__(self, store: Store, clock: Clock, lives: Lives) -> None:
        super().__init__(store, clock, lives)
        self.from_before = {session.session_id for session in store.everyone()}

    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        if session is None or session_id not in self.from_before:
            return session
        self.from_before.remove(session_id)
        renewed = replace(session, expires_at=self.expiry(session.minutes, self.clock.now()))
        await self.store.save(renewed)
        return renewed


@fault(
    "F-CON-26",
    "CON-08",
    "Files lie on the disk of the process that took them, and only there they are listed.",
    contracts=(FAULTMAVEN,),
)
class FilesOfTheProcess(Core):
    async def usable(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await super().usable(user, session_id, operation)
        if operation not in ("read", "uploads"):
            return session
        here = memory(self, "files")
        return replace(session, uploads=tuple(file for file in session.uploads if file.upload_id in here))


@also("F-CON-26")
class TakesFiles(Uploads):
    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        upload = super().accepted(session, name, content)
        memory(self.core, "files")[upload.upload_id] = True
        return upload
