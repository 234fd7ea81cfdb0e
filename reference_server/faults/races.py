"""Faults that need two calls at the same moment: what one does is undone, or seen, by the other."""

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager, nullcontext

from ..core import Core, Operation
from ..model import Created, NewSession, Session
from .registry import WITH_QUERIES, WITH_RESUMPTION, fault
from .tools import memory

SLOW = 0.01  # seconds, in which the other call comes in
BRIEF = 0.003  # as long as a look into a store takes


@fault(
    "F-CON-02",
    "CON-02 LIF-05",
    "Delete doesn't wait for others: a message that is under way stores the session again.",
    conditional=True,
)
class MessageUndoesDelete(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "delete" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "add_message":
            await asyncio.sleep(SLOW)
        return await super().keep(session, operation)


@fault(
    "F-CON-03",
    "CON-02 LIF-05",
    "Delete doesn't wait for others: a heartbeat that is under way enters the session again, in all tables.",
    conditional=True,
)
class HeartbeatUndoesDelete(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "delete" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation != "heartbeat":
            return await super().keep(session, operation)
        await asyncio.sleep(SLOW)
        if await self.find(session.session_id) is None:
            await self.enter(session)
        return await super().keep(session, operation)


@fault(
    "F-CON-04",
    "CON-01 ISO-01",
    "The session that is shown is kept in one place for all: at the same moment another user's is read.",
    conditional=True,
)
class OneShownSession(Core):
    shown: Session | None = None

    async def usable(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await super().usable(user, session_id, operation)
        if operation != "read":
            return session
        self.shown = session
        await asyncio.sleep(SLOW)
        return self.shown


@fault(
    "F-RES-38",
    "RES-06",
    "A user's creates take turns two at a time: the third of three at the same moment makes a session of its own.",
    conditional=True,
)
class ThirdCreateDoesNotWait(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        crowd = self.crowd()
        crowd[user] += 1
        try:
            return await super().create(user, wanted)
        finally:
            crowd[user] -= 1

    def crowd(self) -> Counter[str]:
        """How many creates of each user are under way."""
        found: Counter[str] = vars(self).setdefault("_crowd", Counter())
        return found

    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        alone = operation == "create" and self.crowd()[user] > 2
        return nullcontext() if alone else super().exclusive(user, operation)

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        living = await super().resumable(user, wanted)
        if living is None and wanted.client_id is not None:
            await asyncio.sleep(SLOW)
        return living


@fault(
    "F-RES-39",
    "RES-06",
    "After a delete of its session, creates of one client at the same moment don't see each other.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class CreatesAfterADeleteRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        ended = operation == "create" and user in memory(self, "ended")
        return nullcontext() if ended else super().exclusive(user, operation)

    async def end(self, session: Session) -> None:
        await super().end(session)
        if session.client_id is not None:
            memory(self, "ended")[session.user_id] = True

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        living = await super().resumable(user, wanted)
        if living is None and wanted.client_id is not None and user in memory(self, "ended"):
            await asyncio.sleep(BRIEF)
        return living


@fault(
    "F-RES-40",
    "RES-05 ISO-01",
    "Creates under way are known by their client id alone: another user's at the same moment gets the first one's.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class SharesWhatIsUnderWay(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        under_way = memory(self, "under way")
        first = under_way.get(wanted.client_id) if wanted.client_id is not None else None
        if first is not None:
            made: Created = await asyncio.shield(first)
            return Created(made.session, resumed=True)
        future = under_way[wanted.client_id] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.sleep(BRIEF)
            created = await super().create(user, wanted)
            future.set_result(created)
        finally:
            del under_way[wanted.client_id]
            future.cancel()
        return created


@fault(
    "F-CON-40",
    "CON-02 LIF-05",
    "A delete that comes while a query, a chat or an upload is under way is undone by it.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class WorkUndoesDelete(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "delete" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation in ("query", "upload"):
            await asyncio.sleep(BRIEF)
        return await super().keep(session, operation)


@fault(
    "F-CON-41",
    "CON-02 RES-08",
    "Delete forgets the client last: a create beside it is told the session that is being deleted.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class ResumeRevives(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation in ("delete", "create") else super().exclusive(user, operation)

    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        await asyncio.sleep(BRIEF)
        await self.enter(session)
        return await super().resumed(session, wanted)


@fault(
    "F-ISO-70",
    "CON-01 ISO-01",
    "Who calls is kept in one place for all while the session is looked up: a read beside another's shows that one's.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class OneCaller(Core):
    async def read(self, user: str, session_id: str) -> Session:
        memory(self, "asked")["session"] = (user, session_id)
        await asyncio.sleep(BRIEF)
        return await super().read(*memory(self, "asked")["session"])
