"""Faults in emptying a session's conversation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from ..cases import Cases
from ..model import CaseEntry, Session
from .case_histories import as_if_in
from .registry import AGENTIC, fault
from .tools import everyone, memory, nth


@fault(
    "F-MSG-07",
    "MSG-10",
    "Clear empties the chat that is shown; the assistant still remembers it.",
    contracts=(AGENTIC,),
)
class AssistantStillRemembers(Cases):
    def cleared(self, session: Session) -> Session:
        said = memory(self, "said")
        said[session.session_id] = (*said.get(session.session_id, ()), *session.case_history)
        return super().cleared(session)

    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        before = cast("Sequence[CaseEntry]", memory(self, "said").get(session.session_id, ()))
        whole = replace(session, case_history=(*before, *session.case_history))
        return super().answered(as_if_in(case_id, whole), case_id, question)


@fault(
    "F-MSG-46",
    "MSG-10",
    "The assistant's memory is a summary of the chat, made every four queries, that clear doesn't know of.",
    conditional=True,
    contracts=(AGENTIC,),
)
class SummaryStays(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        recorded = super().recorded(session, entry)
        if len(recorded.case_history) % 4 == 0:
            memory(self, "summary")[session.session_id] = recorded.case_history
        return recorded

    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        summary = cast("Sequence[CaseEntry]", memory(self, "summary").get(session.session_id, ()))
        rest = [entry for entry in session.case_history if entry not in summary]
        whole = replace(session, case_history=(*summary, *rest))
        return super().answered(as_if_in(case_id, whole), case_id, question)


@fault(
    "F-MSG-47",
    "MSG-10 ISO-09",
    "Clear goes by the client: all sessions of its client are emptied.",
    conditional=True,
    contracts=(AGENTIC,),
)
class ClearGoesByClient(Cases):
    async def clear(self, user: str, session_id: str) -> Session:
        session = await super().clear(user, session_id)
        client = session.metadata.get("client_id")
        for other in everyone(self.core):
            if client is not None and other.metadata.get("client_id") == client:
                await self.core.keep(self.cleared(other), "clear")
        return session


@fault("F-MSG-48", "MSG-10 UPL-05", "Clear removes the files as well.", contracts=(AGENTIC,))
class ClearDropsFiles(Cases):
    def cleared(self, session: Session) -> Session:
        return replace(super().cleared(session), uploads=())


@fault(
    "F-MSG-49",
    "MSG-10",
    "Clear makes a fresh record under the same id: the client and the time of creation are lost.",
    contracts=(AGENTIC,),
)
class ClearStartsOver(Cases):
    def cleared(self, session: Session) -> Session:
        metadata = {**session.metadata, "client_id": None}
        return replace(super().cleared(session), metadata=metadata, created_at=self.core.clock.now())


@fault(
    "F-MSG-50",
    "MSG-10",
    "Clear deletes ten messages at a time, and once only: of a longer chat the rest stays.",
    conditional=True,
    contracts=(AGENTIC,),
)
class ClearStopsAtTen(Cases):
    def cleared(self, session: Session) -> Session:
        left = session.case_history[5:]
        return replace(super().cleared(session), case_history=left, current_case_id=left[-1].case_id if left else None)


@fault(
    "F-MSG-52",
    "MSG-10",
    "Only the first clear of a session empties it; later ones are acknowledged.",
    conditional=True,
    contracts=(AGENTIC,),
)
class ClearsOnce(Cases):
    def cleared(self, session: Session) -> Session:
        return super().cleared(session) if nth(self, "cleared", session.session_id) == 1 else session


@fault(
    "F-MSG-53",
    "MSG-10",
    "Clear of a session with files ends it.",
    conditional=True,
    contracts=(AGENTIC,),
)
class ClearEnds(Cases):
    async def clear(self, user: str, session_id: str) -> Session:
        session = await super().clear(user, session_id)
        if session.uploads:
            await self.core.end(session)
        return session
