"""Sessions in dictionaries of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from ..model import Session


class MemoryStore:
    """Keeps everything in dictionaries of this process, and forgets it when the process ends.

    No method here ever really waits, so each of them, and each sequence of them, runs as a whole.
    The locks are held all the same: they are what makes the core right with any store.
    """

    def __init__(self) -> None:
        self.records: dict[str, Session] = {}
        self.lists: dict[str, dict[str, None]] = {}
        self.clients: dict[Hashable, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # gone when nobody waits

    @asynccontextmanager
    async def exclusive(self, user: str) -> AsyncIterator[None]:
        """Nobody else is in here for the same user."""
        lock = self._locks.setdefault(user, asyncio.Lock())
        async with lock:
            yield

    async def load(self, session_id: str) -> Session | None:
        return self.records.get(session_id)

    async def save(self, session: Session) -> None:
        self.records[session.session_id] = session

    async def drop(self, session_id: str) -> None:
        self.records.pop(session_id, None)

    async def listed(self, user: str) -> Sequence[Session]:
        return [self.records[session_id] for session_id in self.lists.get(user, ()) if session_id in self.records]

    async def enlist(self, user: str, session_id: str) -> None:
        self.lists.setdefault(user, {})[session_id] = None

    async def delist(self, user: str, session_id: str) -> None:
        ids = self.lists.get(user, {})
        ids.pop(session_id, None)
        if not ids:
            self.lists.pop(user, None)

    async def bound(self, key: Hashable) -> str | None:
        return self.clients.get(key)

    async def bind(self, key: Hashable, session_id: str) -> None:
        self.clients[key] = session_id

    async def unbind(self, key: Hashable, session_id: str) -> None:
        """Forget the key, unless another session has taken it over."""
        if self.clients.get(key) == session_id:
            del self.clients[key]

    async def sweep(self, over: Callable[[Session], bool]) -> int:
        """Forget every session that is over, in all tables; says how many are left."""
        gone = {session_id: session for session_id, session in self.records.items() if over(session)}
        for session_id, session in gone.items():
            await self.drop(session_id)
            await self.delist(session.user_id, session_id)
        self.clients = {key: session_id for key, session_id in self.clients.items() if session_id not in gone}
        return len(self.records)

    async def check(self) -> None:
        """It can always be used."""

    async def close(self) -> None:
        """There is nothing to put away."""

    def everyone(self) -> Sequence[Session]:
        return list(self.records.values())
