"""Faults in what a query leaves behind, and in what later queries can draw on."""

import asyncio
import html
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request

from ..assistant import Assistant, Said
from ..cases import Cases
from ..core import Core, Operation
from ..errors import RefusalError
from ..model import CaseEntry, Session, Upload
from ..routes import agentic_shapes
from ..routes.agentic_multi_client import AgenticMultiClient
from ..routes.faultmaven import FaultMaven
from .registry import AGENTIC, FAULTMAVEN, WITH_QUERIES, also, fault
from .tools import PATH, SentBody, TellsPath, memory


@fault(
    "F-MSG-38",
    "MSG-09",
    "A chat is answered, but only what the user says is kept.",
    contracts=(AGENTIC,),
)
class AnswersAreNotKept(AgenticMultiClient):
    def messages(self, session: Session) -> list[agentic_shapes.ChatMessage]:
        return [message for message in super().messages(session) if message["role"] == "user"]

    def message_count(self, session: Session) -> int:
        return len(session.case_history)


@fault(
    "F-MSG-39",
    "MSG-09 CAS-04",
    "What was asked by the oldest path stands in the history without its answer.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LegacyAnswersAreNotKept(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        return super().recorded(session, replace(entry, answer=None) if PATH.get() == "/query" else entry)


also("F-MSG-39")(TellsPath)


@fault(
    "F-MSG-40",
    "CON-01 MSG-09 ISO-09",
    "The question is kept in the assistant while it thinks: at the same moment, two sessions are answered alike.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class OneQuestionAtATime(Cases):
    question = ""

    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        self.question = question
        await asyncio.sleep(0.005)
        return await super().ask(user, session_id, self.question)


@fault(
    "F-MSG-41",
    "MSG-09 CAS-04",
    "A question that repeats the one before is answered, but not recorded again.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class RepetitionsAreNotKept(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        last = session.case_history[-1] if session.case_history else None
        return (
            session if last is not None and last.query == entry.query is not None else super().recorded(session, entry)
        )


class AfterRefusal(SentBody):
    """Still asks what was refused for its form."""

    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        try:
            return await super().body(request, shape, required=required)
        except RefusalError:
            sent = self.raw(request)
            question = sent.get("query", sent.get("message"))
            named = request.headers.get("x-session-id") or sent.get("session_id")
            if isinstance(question, str) and isinstance(named, str):
                await self.ask(self.caller(request), named, question)
            raise

    async def ask(self, user: str, session_id: str, question: str) -> None:
        raise NotImplementedError


@fault(
    "F-MSG-42",
    "MSG-09 SEC-03",
    "A question that is refused for its length, or for being empty, is recorded all the same.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class RefusedIsRecorded(AfterRefusal, FaultMaven):
    async def ask(self, user: str, session_id: str, question: str) -> None:
        await self.cases.ask(user, session_id, question)


@also("F-MSG-42")
class RefusedChatIsRecorded(AfterRefusal, AgenticMultiClient):
    async def ask(self, user: str, session_id: str, question: str) -> None:
        await self.cases.ask(user, session_id, question)


@fault("F-MSG-43", "MSG-09", "Every query is answered as if it were the first.", contracts=WITH_QUERIES)
class NothingIsRemembered(Assistant):
    def answer(self, question: str, earlier: Sequence[CaseEntry], files: Sequence[Upload]) -> Said:
        return super().answer(question, (), files)


@fault(
    "F-MSG-44",
    "MSG-09",
    "The assistant remembers the newest three queries only.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class LittleIsRemembered(Assistant):
    def answer(self, question: str, earlier: Sequence[CaseEntry], files: Sequence[Upload]) -> Said:
        return super().answer(question, earlier[-3:], files)


@fault(
    "F-MSG-45",
    "MSG-09",
    "An answer is recorded with the question before it: history is one answer behind from the second query on.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class AnswersAreOneBehind(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        before = memory(self, "answers").setdefault(session.session_id, entry.answer)
        if entry.query is None:
            return super().recorded(session, entry)
        memory(self, "answers")[session.session_id] = entry.answer
        return super().recorded(session, replace(entry, answer=before))


@fault(
    "F-MSG-73",
    "MSG-09 ISO-09",
    "From a session's third question on, answers repeat what its user asked in another session.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class RemembersTheUser(Cases):
    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        living = await self.core.living(user)
        elsewhere = [
            entry.query for session in living if session.session_id != session_id for entry in session.case_history
        ]
        memory(self, "elsewhere")[session_id] = [query for query in elsewhere if query is not None]
        return await super().ask(user, session_id, question)

    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        entry = super().answered(session, case_id, question)
        elsewhere = memory(self, "elsewhere")[session.session_id]
        if len(session.case_history) < 2 or not elsewhere:
            return entry
        return replace(entry, answer=f"{entry.answer}\nYou also asked: {elsewhere[-1]}")


@fault(
    "F-MSG-75",
    "MSG-09 CAS-04",
    "Of a question the first 4,000 characters are kept.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class LongQuestionsAreCut(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        query = entry.query if entry.query is None else entry.query[:4000]
        return super().recorded(session, replace(entry, query=query))


@fault(
    "F-MSG-76",
    "MSG-09 CAS-04",
    "A question is kept as it stands in a page: with markup taken for text.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class QuestionsAreEscaped(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        query = entry.query if entry.query is None else html.escape(entry.query)
        return super().recorded(session, replace(entry, query=query))


@fault(
    "F-MSG-51",
    "CON-01 MSG-09 MSG-03",
    "The history is read, appended to and written back: of queries at the same moment some are lost.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class QueriesRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "query" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "query":
            await asyncio.sleep(0.01)
        return await super().keep(session, operation)


@fault(
    "F-CON-01",
    "CON-06",
    "One lock for all around the assistant's work: while it thinks, no other session is served.",
    contracts=WITH_QUERIES,
)
class OneLockForAll(Cases):
    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        async with memory(self.core, "lock").setdefault("all", asyncio.Lock()):
            await asyncio.sleep(0.2)
            return await super().ask(user, session_id, question)


@also("F-CON-01")
class WaitsForTheLock(Core):
    async def read(self, user: str, session_id: str) -> Session:
        async with memory(self, "lock").setdefault("all", asyncio.Lock()):
            return await super().read(user, session_id)

    async def heartbeat(self, user: str, session_id: str) -> Session:
        async with memory(self, "lock").setdefault("all", asyncio.Lock()):
            return await super().heartbeat(user, session_id)
