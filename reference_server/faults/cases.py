"""Faults in which case a query belongs to, and in how cases begin, change and end."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import cast

from ..cases import Cases
from ..core import Core, Operation
from ..model import CaseEntry, NewSession, Session
from .registry import FAULTMAVEN, also, fault
from .tools import PATH, TellsPath, memory, nth

LEGACY = "/query"  # the path of the first generation


def start_of(cases: Cases, session: Session) -> CaseEntry:
    """The entry with which a new case begins."""
    now = cases.core.clock.now()
    return CaseEntry("new_case_started", cases.new_case_id(), None, None, now, 1.0, {})


@fault("F-CAS-20", "CAS-01 LIF-02", "A new session has a case from the start.", contracts=(FAULTMAVEN,))
class CaseFromBirth(Core):
    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        case_id = self.new_session_id()
        begun = CaseEntry("new_case_started", case_id, None, None, session.created_at, 1.0, {})
        return replace(session, case_history=(begun,), current_case_id=case_id)


@fault(
    "F-CAS-21",
    "CAS-01 CAS-05",
    "A query by the oldest path doesn't store which case is current: the next one opens another.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LegacyForgetsCase(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        recorded = super().recorded(session, entry)
        return replace(recorded, current_case_id=session.current_case_id) if PATH.get() == LEGACY else recorded


also("F-CAS-21")(TellsPath)


@fault("F-CAS-22", "CAS-01", "The sixth query of a case opens a new one.", conditional=True, contracts=(FAULTMAVEN,))
class CaseIsFull(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        full = len([entry for entry in self.entries(session, case_id) if entry.query is not None]) >= 5
        return super().answered(session, self.new_case_id() if full else case_id, question)


@fault(
    "F-CAS-23",
    "CAS-01 CAS-04",
    "The first query makes two cases: its own, and an empty one that the session starts with.",
    contracts=(FAULTMAVEN,),
)
class FirstQueryMakesTwo(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        if not session.case_history and entry.query is not None:
            session = super().recorded(session, start_of(self, session))
        return super().recorded(session, entry)


@fault(
    "F-CAS-01",
    "CAS-02",
    "A new case is answered and recorded, but the current case stays what it was.",
    contracts=(FAULTMAVEN,),
)
class StaysInOldCase(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        recorded = super().recorded(session, entry)
        return recorded if entry.query is not None else replace(recorded, current_case_id=session.current_case_id)


@fault(
    "F-CAS-24",
    "CAS-02",
    "While the current case is empty, starting a new one answers the same id once more.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class EmptyCaseIsReused(Cases):
    async def start(self, user: str, session_id: str) -> CaseEntry:
        session = await self.core.usable(user, session_id, "new_case")
        last = session.case_history[-1] if session.case_history else None
        if last is not None and last.query is None:
            return last
        return await super().start(user, session_id)


@fault(
    "F-CAS-25",
    "CAS-02 CAS-04",
    "Starting a third case drops the history of the first.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class KeepsTwoCases(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        recorded = super().recorded(session, entry)
        case_ids = list(dict.fromkeys(other.case_id for other in recorded.case_history))
        kept = tuple(other for other in recorded.case_history if other.case_id in case_ids[-2:])
        return replace(recorded, case_history=kept)


@fault(
    "F-CAS-26",
    "CAS-02 CAS-03 CAS-04",
    "A new case takes over the last query of the one before, as its beginning.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LastQueryMoves(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        recorded = super().recorded(session, entry)
        last = session.case_history[-1] if session.case_history else None
        if entry.query is not None or last is None or last.query is None:
            return recorded
        moved = replace(last, case_id=entry.case_id)
        return replace(recorded, case_history=(*session.case_history[:-1], entry, moved))


@fault("F-CAS-04", "CAS-05 RES-03", "A resume leaves no case current.", contracts=(FAULTMAVEN,))
class ResumeClosesCase(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        return await self.keep(replace(session, current_case_id=None), "resume")


@fault(
    "F-CAS-35",
    "CAS-05 RES-03",
    "A resume makes the session's first case current again.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class ResumeGoesToFirstCase(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        first = session.case_history[0].case_id if session.case_history else None
        return await self.keep(replace(session, current_case_id=first), "resume")


@fault(
    "F-CAS-36",
    "CAS-05 RES-03",
    "A resume goes by the last query: a case that was just started is not current any more.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class ResumeGoesByLastQuery(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        asked = [entry.case_id for entry in session.case_history if entry.query is not None]
        return await self.keep(replace(session, current_case_id=asked[-1] if asked else None), "resume")


@fault(
    "F-CAS-37",
    "CAS-05 RES-03",
    "The second resume of a session leaves no case current.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class SecondResumeClosesCase(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        if nth(self, "resumed", session.session_id) != 2:
            return await super().resumed(session, wanted)
        return await self.keep(replace(session, current_case_id=None), "resume")


@fault(
    "F-CAS-02",
    "CAS-06",
    "Looking for the current case and making one are two steps: first queries at the same moment make two.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class FirstQueriesRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "query" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation != "query":
            return await super().keep(session, operation)
        await asyncio.sleep(0.01)
        latest = await super().find(session.session_id) or session
        own = session.case_history[-1:]
        return await super().keep(replace(session, case_history=(*latest.case_history, *own)), operation)


@fault(
    "F-CAS-38",
    "CAS-06",
    "Starting a case writes back the history as it was read: of two starts at the same moment one is lost.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class StartsRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "new_case" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "new_case":
            await asyncio.sleep(0.01)
        return await super().keep(session, operation)


@fault(
    "F-CAS-39",
    "CAS-07 LIF-05",
    "The history of a case can still be read after its session was deleted.",
    contracts=(FAULTMAVEN,),
)
class HistoryOutlivesSession(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "histories")[session.session_id] = session

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        left: Session | None = memory(self, "histories").get(session_id)
        if operation == "case_history" and left is not None and self.owns(user, left, operation):
            return left
        return await super().missing(user, session_id, operation)


@fault(
    "F-CAS-40",
    "CAS-07 RES-08 LIF-02",
    "Cases are kept by client: the next session of a deleted one's client has the old cases.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class CasesStayWithClient(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "cases")[session.user_id, session.client_id] = session.case_history

    def born(self, user: str, wanted: NewSession, minutes: float) -> Session:
        session = super().born(user, wanted, minutes)
        if wanted.client_id is None:
            return session
        left = cast("Sequence[CaseEntry]", memory(self, "cases").pop((user, wanted.client_id), ()))
        return replace(session, case_history=tuple(left), current_case_id=left[-1].case_id if left else None)


@fault(
    "F-CAS-41",
    "CAS-07 CAS-08 EXP-01",
    "Expiry is not checked where cases and their histories are read.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class CasesOutliveExpiry(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation in ("cases", "case_history") or super().alive(session, operation)


@fault(
    "F-CAS-42",
    "CAS-08 SEC-02",
    "Starting a case in an unknown session makes a session of that id.",
    contracts=(FAULTMAVEN,),
)
class NewCaseCreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        if operation != "new_case" or await self.find(session_id) is not None:
            return await super().missing(user, session_id, operation)
        session = replace(self.born(user, NewSession(), self.lives.default), session_id=session_id)
        await self.enter(session)
        return session


@fault(
    "F-CAS-44",
    "CAS-08 LIF-05 CON-02",
    "A query finds a deleted session in a cache of those that were asked before, and stores it again.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class QueryRevives(Core):
    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "query":
            memory(self, "asked")[session.session_id] = session
        return await super().keep(session, operation)

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        cached: Session | None = memory(self, "asked").get(session_id)
        if operation == "query" and cached is not None and self.owns(user, cached, operation):
            return cached
        return await super().missing(user, session_id, operation)


@fault(
    "F-CAS-45",
    "CAS-08 ISO-02",
    "Another user's new case is refused, but leaves its owner without a current case.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class RefusedCaseCloses(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and operation == "new_case" and self.alive(session, operation):
            await self.keep(replace(session, current_case_id=None), operation)
        return await super().missing(user, session_id, operation)
