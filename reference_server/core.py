"""The rules of sessions, without HTTP.

Whatever reads and then writes does so while it holds its user (`exclusive`), so operations of one user
happen one after another, and an acknowledged one is never undone by a slower one. Reads take one value and
need no hold. Operations of different users never wait for each other.

Each rule is a method of its own with a name that says it; an operation only puts them in order.
"""

from collections.abc import Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar
from uuid import uuid4

from .clock import Clock
from .errors import session_not_found
from .idempotency import Repeats
from .lives import Lives
from .model import Change, Created, Done, Message, NewMessage, NewSession, Page, Session, Status
from .stores.store import Store

Operation = Literal[
    "create", "resume", "read", "update", "delete", "list", "add_message", "messages", "heartbeat", "sweep",
    "query", "new_case", "cases", "case_history", "clear", "upload", "uploads",
]  # fmt: skip
LONGEST_TITLE = 80  # characters of a generated title
T = TypeVar("T")


class Core(Repeats):
    """Sessions of many users, kept apart, resumed by client, ended on time."""

    def __init__(self, store: Store, clock: Clock, lives: Lives) -> None:
        self.store = store
        self.clock = clock
        self.lives = lives
        self.births = 0
        self.births_until_sweep = 1000

    # Operations. All of them refuse with a RefusalError and then have changed nothing.

    async def create(self, user: str, wanted: NewSession) -> Created:
        """The living session of this user and client, exactly as it is; or else a new one."""
        minutes = self.minutes(wanted)
        async with self.exclusive(user, "create"):
            await self.sweep()
            before = self.created_before(await self.living(user), wanted.repeatable) if wanted.repeatable else None
            if before is not None:
                return before
            living = await self.resumable(user, wanted)
            if living is not None:
                session = await self.resumed(living, wanted)
                if wanted.repeatable is not None:
                    session = await self.keep(self.noted(session, Done("create", wanted.repeatable)), "resume")
                return Created(session, resumed=True)
            session = self.born(user, wanted, minutes)
            if wanted.repeatable is not None:
                session = self.noted(session, Done("create", wanted.repeatable, began=session))
            await self.enter(session)
            return Created(session, resumed=False)

    async def read(self, user: str, session_id: str) -> Session:
        """The session as it is. Changes nothing, not even its activity."""
        return await self.usable(user, session_id, "read")

    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        """The user's living sessions, the oldest first; only those of a status, if one is named."""
        mine = [session for session in await self.living(user) if status in (None, session.status)]
        return self.page(mine, limit, offset)

    async def update(self, user: str, session_id: str, change: Change) -> Session:
        """The session after the change: fields that weren't sent stay. The status `deleted` deletes."""
        async with self.exclusive(user, "update"):
            session = await self.usable(user, session_id, "update")
            if change == Change():
                return session
            changed = self.changed(session, change, self.clock.now())
            if changed.status == "deleted":
                await self.end(session)
                return changed
            return await self.keep(changed, "update")

    async def delete(self, user: str, session_id: str) -> None:
        """The session and all that is in it are gone, at once and for good."""
        async with self.exclusive(user, "delete"):
            await self.end(await self.usable(user, session_id, "delete"))

    async def add_message(self, user: str, session_id: str, new: NewMessage) -> Message:
        """The message as it now stands, once, at the end of the conversation."""
        async with self.exclusive(user, "add_message"):
            session = await self.usable(user, session_id, "add_message")
            before = self.said_before(session, new.repeatable)
            if before is not None:
                return before
            message = self.message(session, new, self.clock.now())
            session = self.appended(session, message)
            if new.repeatable is not None:
                session = self.noted(session, Done("add_message", new.repeatable, message.message_id))
            await self.keep(session, "add_message")
            return message

    async def messages(self, user: str, session_id: str, limit: int, offset: int) -> Page[Message]:
        """One page of the conversation, in the order of acknowledgement."""
        session = await self.usable(user, session_id, "messages")
        return self.page(self.conversation(session), limit, offset, self.message_count(session))

    async def heartbeat(self, user: str, session_id: str) -> Session:
        """The session, whose life starts anew from now. Nothing else renews it."""
        async with self.exclusive(user, "heartbeat"):
            session = await self.usable(user, session_id, "heartbeat")
            return await self.keep(self.renewed(session, self.clock.now()), "heartbeat")

    # Who may use what, and until when.

    async def usable(self, user: str, session_id: str, operation: Operation) -> Session:
        """The user's living session of this id; any other is not found, whatever the cause."""
        session = await self.find(session_id)
        if session is None or not self.owns(user, session, operation) or not self.alive(session, operation):
            return await self.missing(user, session_id, operation)
        return session

    async def find(self, session_id: str) -> Session | None:
        """The record of exactly this id."""
        return await self.store.load(session_id)

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        """Ids come only from the server: an operation on any other brings nothing into being."""
        raise session_not_found()

    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        """Only the user who created a session has it."""
        return session.user_id == user

    def alive(self, session: Session, operation: Operation) -> bool:
        """A session lives until its expiry, for every operation alike."""
        return self.clock.now() < session.expires_at

    def renewed(self, session: Session, now: datetime) -> Session:
        """The session with a whole life before it."""
        return replace(session, last_activity_at=now, expires_at=self.expiry(session.minutes, now))

    def expiry(self, minutes: float, now: datetime) -> datetime:
        """The end of a life that starts now."""
        return now + self.lives.length(minutes)

    # Birth and resumption.

    def key(self, user: str, client_id: str) -> Hashable:
        """What a session is resumed by: both strings exactly, as a pair, so that no two pairs can meet."""
        return (user, client_id)

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        """The living session of this user and client. Without a client there is none."""
        if wanted.client_id is None:
            return None
        session_id = await self.store.bound(self.key(user, wanted.client_id))
        session = None if session_id is None else await self.find(session_id)
        return session if session and self.alive(session, "resume") else None

    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        """The session as it is: resuming changes nothing, whatever else the caller wants."""
        return session

    def minutes(self, wanted: NewSession) -> float:
        """The length of life in force: the one requested, within its limits, or else the default."""
        return self.lives.minutes(wanted.metadata.get("timeout_minutes"))

    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        """A new session with an id of its own, empty, active, its life before it."""
        now = self.clock.now()
        return Session(
            session_id=self.new_session_id(),
            user_id=user,
            client_id=wanted.client_id,
            title=wanted.title,
            status="active",
            context=dict(wanted.context),
            metadata={**wanted.metadata, "timeout_minutes": minutes},
            minutes=minutes,
            created_at=now,
            updated_at=now,
            last_activity_at=now,
            expires_at=self.expiry(minutes, now),
        )

    def new_session_id(self) -> str:
        """122 random bits: never issued before, and not to be guessed."""
        return str(uuid4())

    # What changes.

    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        """Title, status and context are replaced if sent; metadata is merged, but for the length of life.

        A length that no session can have is refused, not left out.
        """
        self.lives.minutes((change.metadata or {}).get("timeout_minutes"))
        return replace(
            session,
            title=session.title if change.title is None else change.title,
            status=session.status if change.status is None else change.status,
            context=session.context if change.context is None else dict(change.context),
            metadata={**session.metadata, **(change.metadata or {}), "timeout_minutes": session.minutes},
            updated_at=now,
            last_activity_at=now,
        )

    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        """What was said, code point for code point, with an id and a time of ours."""
        return Message(self.new_message_id(session), new.role, new.content, now, dict(new.metadata))

    def new_message_id(self, session: Session) -> str:
        """Never issued before, so it needs no counter that could repeat."""
        return f"msg_{uuid4().hex}"

    def appended(self, session: Session, message: Message) -> Session:
        """The session with the message at the end of its conversation, and its title from the first one."""
        return replace(
            session,
            messages=(*session.messages, message),
            title=self.titled(session, message),
            updated_at=message.timestamp,
            last_activity_at=message.timestamp,
        )

    def titled(self, session: Session, message: Message) -> str | None:
        """The title, if there is one; otherwise the first line of what the user says first."""
        if session.title is not None or message.role != "user":
            return session.title
        lines = message.content.strip().splitlines()
        return lines[0].rstrip()[:LONGEST_TITLE] if lines else None

    # What is shown.

    async def living(self, user: str) -> Sequence[Session]:
        """The user's living sessions in the order of their birth, each of them once."""
        return [session for session in await self.store.listed(user) if self.alive(session, "list")]

    def conversation(self, session: Session) -> Sequence[Message]:
        """The messages of a session, for every view of them."""
        return session.messages

    def message_count(self, session: Session) -> int:
        """How many messages there are, for every view of them."""
        return len(session.messages)

    def page(self, items: Sequence[T], limit: int, offset: int, total: int | None = None) -> Page[T]:
        """A window of the items; past the end it is empty."""
        return Page(items[offset : offset + limit], len(items) if total is None else total, limit, offset)

    # What is kept.

    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        """While this is held nobody else changes the user's sessions."""
        return self.store.exclusive(user)

    async def enter(self, session: Session) -> None:
        """The session is in all tables; its client, if it has one, now resumes it."""
        await self.store.save(session)
        await self.store.enlist(session.user_id, session.session_id)
        if session.client_id is not None:
            await self.store.bind(self.key(session.user_id, session.client_id), session.session_id)

    async def keep(self, session: Session, operation: Operation) -> Session:
        """The session is stored before anybody hears of it."""
        await self.store.save(session)
        return session

    async def end(self, session: Session) -> None:
        """Nothing of the session is left in any table."""
        await self.store.drop(session.session_id)
        await self.store.delist(session.user_id, session.session_id)
        if session.client_id is not None:
            await self.store.unbind(self.key(session.user_id, session.client_id), session.session_id)

    async def sweep(self) -> None:
        """Sessions that are over leave the memory; they never come to outnumber the living by much.

        A sweep looks at every session, so it comes after as many births as sessions were left by the last.
        """
        self.births += 1
        if self.births >= self.births_until_sweep:
            left = await self.store.sweep(self.overdue)
            self.births, self.births_until_sweep = 0, max(1000, left)

    def overdue(self, session: Session) -> bool:
        """Only what no operation could find any more is swept."""
        return not self.alive(session, "sweep")
