"""Sessions in a Redis that several processes share: together they behave as one, and a restart of them loses nothing.

A session lives as long as its key. That its `expires_at` has come ends it as well, for where a server's clock was
moved and Redis's wasn't.

**Why a stalled process can't spoil anything.** Whoever holds a user has put a token into the user's lock, a key that
ends by itself after LEASE seconds. Tokens are used once. What the holder writes is sent at the end, all at once, to a
script that first looks whether the lock has the holder's token: if so, nobody else has held the user since it was
taken, and all that was read under it is still true, because a lock that ran out never gets its old token back. If not,
because the process slept for longer than the lease, nothing is written, and the caller is told so with a 503. Looking
and writing are one step in Redis, so there is no moment in between to be late in. One that is killed has written
nothing, and blocks others for the rest of the lease.

The script also looks whether the sessions that are changed are still there. One whose life ended while its renewal was
under way stays ended, and the caller is told that there is no such session.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from ..clock import Clock, ControlledClock
from ..errors import UnavailableError, session_not_found
from ..model import Session
from . import codec
from .database import Database
from .scripts import BURY, COMMIT, LISTED

LEASE = 3.0  # seconds; a section takes milliseconds
LONGEST_WAIT = 10.0  # seconds for a user that others hold; more than a lease
PAUSE = 0.002  # seconds between two looks at a lock that another process has


@dataclass
class Section:
    """What happens while a user is held: which sessions it has found there, and what it wants to be written."""

    user: str
    token: str
    found: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)


SECTION: ContextVar[Section | None] = ContextVar("section", default=None)


class RedisStore:
    """Keeps sessions under a prefix of a Redis, none of its keys without an end."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._bury, self._listed, self._commit = (
            database.client.register_script(script) for script in (BURY, LISTED, COMMIT)
        )

    # Holding a user.

    @asynccontextmanager
    async def exclusive(self, user: str) -> AsyncIterator[None]:
        """Nobody else, in whichever process, is in here for the same user; or what they write is refused."""
        asked = time.monotonic()
        async with self._locks.setdefault(user, asyncio.Lock()):  # only one of this process asks Redis
            if self.database.failed_at > asked:
                raise UnavailableError()  # whoever was before us found out; we needn't wait as long again
            section = Section(user, uuid4().hex)
            await self._take(section)
            outer = SECTION.set(section)
            try:
                yield
            except UnavailableError:
                raise  # what was read is in doubt; the lock ends by itself
            except BaseException:
                await self._send(section, "release")
                raise
            else:
                await self._send(section, "release")
            finally:
                SECTION.reset(outer)

    async def _take(self, section: Section) -> None:
        lock, until = self.database.name("lock", section.user), time.monotonic() + LONGEST_WAIT
        client = self.database.client
        while not await self.database.ask(client.set(lock, section.token, nx=True, px=int(LEASE * 1000))):
            if time.monotonic() > until:
                raise UnavailableError("The user's sessions are in use. Nothing has changed.")
            await asyncio.sleep(PAUSE)
        if isinstance(self.clock, ControlledClock):
            await self.clock.catch_up()

    async def _send(self, section: Section, then: str) -> None:
        must_be = section.found & section.changed
        arguments = [section.user, section.token, then, str(len(must_be)), *must_be, *section.writes]
        section.writes, section.changed = [], set()
        outcome = await self._run(self._commit, *arguments)
        if outcome == b"lost":
            raise UnavailableError("It took too long. Nothing has changed.")
        if outcome == b"gone":
            raise session_not_found()

    async def _write(self, *write: str, changes: str | None = None) -> None:
        section = SECTION.get() or Section("", "")
        section.writes += write
        if changes is not None:
            section.changed.add(changes)
        if not section.token:
            await self._send(section, "hold")

    async def _flushed(self) -> Section | None:
        """The section, if we are in one; what it has written before can be read from now on."""
        section = SECTION.get()
        if section is not None and section.writes:
            await self._send(section, "hold")
        return section

    async def _run(self, script: Any, *arguments: str) -> Any:
        named = [argument.encode("utf-8", "surrogatepass") for argument in (self.database.prefix, *arguments)]
        return await self.database.ask(script(args=named))

    # Records.

    async def load(self, session_id: str) -> Session | None:
        section = await self._flushed()
        record = await self.database.ask(self.database.client.hget(self.database.name("session", session_id), "record"))
        session = None if record is None else await self._unless_over(codec.read(record))
        if section is not None and session is not None:
            section.found.add(session_id)
        return session

    async def save(self, session: Session) -> None:
        session_id, expires = session.session_id, session.expires_at
        left = (expires - self.clock.now()).total_seconds()
        life = max(1, math.ceil(left * 1000))  # a key never ends before its session
        record = codec.written(session)
        write = ("save", session_id, session.user_id, expires.isoformat(), str(life), record)
        await self._write(*write, changes=session_id)

    async def drop(self, session_id: str) -> None:
        section = SECTION.get()
        if section is not None:
            section.found.discard(session_id)
        await self._write("drop", session_id)

    async def _unless_over(self, session: Session) -> Session | None:
        if self.clock.now() < session.expires_at:
            return session
        await self._run(self._bury, session.session_id, session.expires_at.isoformat())
        return None

    # Lists.

    async def listed(self, user: str) -> Sequence[Session]:
        await self._flushed()
        found = [await self._unless_over(codec.read(record)) for record in await self._run(self._listed, user)]
        return [session for session in found if session is not None]

    async def enlist(self, user: str, session_id: str) -> None:
        await self._write("enlist", user, session_id)

    async def delist(self, user: str, session_id: str) -> None:
        await self._write("delist", user, session_id)

    # Clients.

    async def bound(self, key: Hashable) -> str | None:
        await self._flushed()
        found = await self.database.ask(self.database.client.get(self.database.name("client", json.dumps(key))))
        return None if found is None else str(found.decode())

    async def bind(self, key: Hashable, session_id: str) -> None:
        await self._write("bind", json.dumps(key), session_id)

    async def unbind(self, key: Hashable, session_id: str) -> None:
        await self._write("unbind", json.dumps(key), session_id)

    # All of it.

    async def sweep(self, over: Callable[[Session], bool]) -> int:
        """Nothing: keys end by themselves."""
        return 0

    async def check(self) -> None:
        """That it can be written to. Touches no session."""
        await self.database.ask(self.database.client.set(self.database.name("health", "check"), "", px=1000))

    async def close(self) -> None:
        await self.database.close()

    def everyone(self) -> Sequence[Session]:
        sessions = [codec.read(record) for record in self.database.all_values("session", "record")]
        return sorted(sessions, key=lambda session: session.created_at)
