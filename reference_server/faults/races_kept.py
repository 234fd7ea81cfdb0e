"""Faults in what is kept of changes at the same moment: words, keys, cases, parts of a session, and lists."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from ..cases import Cases
from ..core import Core, Operation
from ..model import CaseEntry, Change, Done, Message, NewMessage, Page, Session, Status
from .races import BRIEF
from .registry import AGENTIC, FAULTMAVEN, FM_SESSION, fault
from .tools import memory, nth


@fault(
    "F-CON-42",
    "CON-04",
    "An update of the metadata writes back all of the session as it was read: what others changed meanwhile is lost.",
    conditional=True,
)
class MetadataIsWrittenBack(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation in ("update", "heartbeat") else super().exclusive(user, operation)

    def changed(self, session: Session, change: Change, now: datetime) -> Session:
        changed = super().changed(session, change, now)
        if change.metadata is not None:
            memory(self, "merged")[session.session_id] = changed
        return changed

    async def keep(self, session: Session, operation: Operation) -> Session:
        merged = memory(self, "merged").pop(session.session_id, None) if operation == "update" else None
        if merged is not None:
            await asyncio.sleep(BRIEF)
        return await super().keep(session, operation)


@fault(
    "F-CON-43",
    "CON-05",
    "The list has the session in front that was used last: who pages misses one, or sees one twice.",
    contracts=(FM_SESSION,),
)
class LastUsedFirst(Core):
    async def living(self, user: str) -> Sequence[Session]:
        return sorted(await super().living(user), key=lambda session: session.last_activity_at, reverse=True)


@fault(
    "F-CON-44",
    "CON-05",
    "Later pages of a list are taken from the newest first, as if none had come meanwhile.",
    conditional=True,
    contracts=(FM_SESSION,),
)
class CountsFromTheNewest(Core):
    async def sessions(self, user: str, status: Status | None, limit: int, offset: int) -> Page[Session]:
        mine = [session for session in reversed(await self.living(user)) if status in (None, session.status)]
        return self.page(mine, limit, offset)


@fault(
    "F-CON-45",
    "CON-05",
    "A list is read in two steps: a session that is used in between isn't in it.",
    conditional=True,
    contracts=(FM_SESSION, AGENTIC),
)
class UsedInBetween(Core):
    async def living(self, user: str) -> Sequence[Session]:
        before = {session.session_id: session for session in await super().living(user)}
        await asyncio.sleep(BRIEF)
        return [session for session in await super().living(user) if before.get(session.session_id) is session]


@fault(
    "F-MSG-68",
    "MSG-11",
    "The key is noted after the work: repetitions at the same moment are all done.",
    conditional=True,
)
class KeysAreNotedLate(Core):
    async def add_message(self, user: str, session_id: str, new: NewMessage) -> Message:
        if new.repeatable is None:
            return await super().add_message(user, session_id, new)
        session = await self.usable(user, session_id, "add_message")
        before = self.said_before(session, new.repeatable)
        await asyncio.sleep(BRIEF)
        if before is not None:
            return before
        message = await super().add_message(user, session_id, replace(new, repeatable=None))
        async with self.exclusive(user, "add_message"):
            session = await self.usable(user, session_id, "add_message")
            await self.keep(self.noted(session, Done("add_message", new.repeatable, message.message_id)), "add_message")
        return message


@fault(
    "F-MSG-69",
    "MSG-11",
    "A create under a key looks for it, and is entered later: at the same moment each makes a session.",
    conditional=True,
)
class KeyedCreatesRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "create" else super().exclusive(user, operation)

    async def enter(self, session: Session) -> None:
        if session.done:
            await asyncio.sleep(BRIEF)
        await super().enter(session)


@fault(
    "F-MSG-70",
    "MSG-03",
    "From the third message on, a message is added to the conversation as it was a moment ago.",
    conditional=True,
)
class LaterMessagesRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "add_message" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation != "add_message":
            return await super().keep(session, operation)
        if len(session.messages) > 2:
            await asyncio.sleep(BRIEF)
        return await super().keep(session, operation)


@fault(
    "F-MSG-71",
    "MSG-03",
    "Messages that arrive together are put in order by their text, at every second read.",
    conditional=True,
)
class TogetherMeansSorted(Core):
    async def messages(self, user: str, session_id: str, limit: int, offset: int) -> Page[Message]:
        page = await super().messages(user, session_id, limit, offset)
        if nth(self, "read", session_id) % 2:
            return page
        together = sorted(page.items, key=lambda message: (int(message.timestamp.timestamp() * 50), message.content))
        return replace(page, items=together)


@fault(
    "F-MSG-72",
    "CON-01 ISO-01",
    "The newest answer is kept in one place for all: at the same moment another user's is recorded.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class OneNewestAnswer(Cases):
    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation != "query":
            return await super().keep(session, operation)
        *earlier, own = session.case_history
        memory(self, "newest")["answer"] = own.answer
        await asyncio.sleep(BRIEF)
        mixed = replace(own, answer=memory(self, "newest")["answer"])
        return await super().keep(replace(session, case_history=(*earlier, mixed)), operation)


@fault(
    "F-CAS-60",
    "CAS-06",
    "The current case is looked up before the queries wait for each other: each of the first ones makes its own.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LooksForTheCaseTooEarly(Cases):
    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        found = await self.core.find(session_id)
        if found is None or found.current_case_id is not None:
            return await super().ask(user, session_id, question)
        await asyncio.sleep(BRIEF)
        async with self.core.exclusive(user, "query"):
            session = await self.core.usable(user, session_id, "query")
            entry = self.answered(session, self.new_case_id(), question)
            await self.keep(self.recorded(session, entry), "query")
            return entry
