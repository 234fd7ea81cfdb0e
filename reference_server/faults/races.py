"""Faults that need two calls at the same moment: what one does is undone, or seen, by the other."""

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager, nullcontext

from ..core import Core, Operation
from ..model import Created, NewSession, Session
from .registry import fault

SLOW = 0.01  # seconds, in which the other call comes in


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
