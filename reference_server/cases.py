"""Cases: the conversations of a session, one after another, each with a memory of its own.

All of them stand in the session's history, entry by entry; one of them is current. So they end with the session,
and one look at the history is enough to list them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from .assistant import Assistant
from .core import Core, Operation
from .errors import case_not_found
from .model import CaseEntry, Session

CURRENT = "current"  # stands for the id of the current case


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation, as the list of cases shows it."""

    case_id: str
    started_at: datetime
    last_activity: datetime
    queries: int
    current: bool


class Cases:
    """Queries, and the cases that they belong to. Every change counts as activity of the session."""

    def __init__(self, core: Core, assistant: Assistant) -> None:
        self.core = core
        self.assistant = assistant

    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        """The question with its answer, recorded together in the current case; the first one makes a case."""
        async with self.core.exclusive(user, "query"):
            session = await self.core.usable(user, session_id, "query")
            case_id = session.current_case_id or self.new_case_id()
            entry = self.answered(session, case_id, question)
            await self.keep(self.recorded(session, entry), "query")
            return entry

    async def start(self, user: str, session_id: str) -> CaseEntry:
        """A new case is current from now on; the earlier ones stay as they are."""
        async with self.core.exclusive(user, "new_case"):
            session = await self.core.usable(user, session_id, "new_case")
            now = self.core.clock.now()
            entry = CaseEntry("new_case_started", self.new_case_id(), None, None, now, 1.0, {})
            await self.keep(self.recorded(session, entry), "new_case")
            return entry

    async def cases(self, user: str, session_id: str) -> Sequence[Case]:
        """The session's cases, the oldest first."""
        session = await self.core.usable(user, session_id, "cases")
        by_case: dict[str, list[CaseEntry]] = {}
        for entry in session.case_history:
            by_case.setdefault(entry.case_id, []).append(entry)
        return [self.case(session, entries) for entries in by_case.values()]

    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        """The case and its entries. `current` is the current case, which before the first query is none, and empty."""
        session = await self.core.usable(user, session_id, "case_history")
        if case_id == CURRENT:
            return session.current_case_id, self.entries(session, session.current_case_id)
        entries = self.entries(session, case_id)
        if not entries:
            raise case_not_found()
        return case_id, entries

    async def clear(self, user: str, session_id: str) -> Session:
        """The session without any conversation; all else of it stays."""
        async with self.core.exclusive(user, "clear"):
            session = await self.core.usable(user, session_id, "clear")
            return await self.keep(self.cleared(session), "clear")

    # One rule each.

    def new_case_id(self) -> str:
        """Never issued before, in any session."""
        return str(uuid4())

    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        """What the assistant says, from the queries of this case and the files of this session."""
        earlier = [entry for entry in self.entries(session, case_id) if entry.query is not None]
        said = self.assistant.answer(question, earlier, session.uploads)
        context = {"earlier_queries": len(earlier), "files": [upload.name for upload in session.uploads]}
        now = self.core.clock.now()
        return CaseEntry("query_processed", case_id, question, said.text, now, said.confidence, context)

    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        """The session with the entry at the end of its history; the entry's case is current."""
        return replace(session, case_history=(*session.case_history, entry), current_case_id=entry.case_id)

    def cleared(self, session: Session) -> Session:
        """Nothing is left that the assistant could remember of what was said."""
        return replace(session, case_history=(), current_case_id=None)

    def entries(self, session: Session, case_id: str | None) -> Sequence[CaseEntry]:
        """All that happened in one case of this session, and in no other."""
        return [entry for entry in session.case_history if entry.case_id == case_id]

    def case(self, session: Session, entries: Sequence[CaseEntry]) -> Case:
        """What the list shows of a case with these entries."""
        first, last = entries[0], entries[-1]
        queries = sum(entry.query is not None for entry in entries)
        current = first.case_id == session.current_case_id
        return Case(first.case_id, first.timestamp, last.timestamp, queries, current)

    async def keep(self, session: Session, operation: Operation) -> Session:
        """The session as it is stored: active just now, with its whole life before it."""
        now = self.core.clock.now()
        return await self.core.keep(replace(self.core.renewed(session, now), updated_at=now), operation)
