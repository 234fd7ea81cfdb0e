"""Faults in what is shown of cases, and in what the assistant is given of them."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..cases import CURRENT, Case, Cases
from ..errors import RefusalError
from ..model import CaseEntry, Session
from ..routes import faultmaven_shapes as shapes
from ..routes.faultmaven import FaultMaven
from .registry import FAULTMAVEN, fault
from .tools import content, memory, nth

ASKED: ContextVar[str] = ContextVar("asked", default="")


def as_if_in(case_id: str, session: Session) -> Session:
    """The session as it would be if all of it had been said in one case."""
    return replace(session, case_history=tuple(replace(entry, case_id=case_id) for entry in session.case_history))


@fault(
    "F-CAS-03", "CAS-03", "The assistant is given the whole session, earlier cases included.", contracts=(FAULTMAVEN,)
)
class RemembersAllCases(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        return super().answered(as_if_in(case_id, session), case_id, question)


@fault(
    "F-CAS-28",
    "CAS-03",
    "For the first query after the start of a case the assistant is still given the case before.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class FirstQueryRemembersBefore(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        asked = [entry for entry in session.case_history if entry.query is not None]
        if not asked or any(entry.case_id == case_id for entry in asked):
            return super().answered(session, case_id, question)
        before = replace(session, case_history=tuple(self.entries(session, asked[-1].case_id)))
        return super().answered(as_if_in(case_id, before), case_id, question)


@fault(
    "F-CAS-29",
    "CAS-03 MSG-09",
    "Answers are cached by session and question: asked again in another case, the first case answers.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class AnswersAreCached(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        answered = super().answered(session, case_id, question)
        answer = memory(self, "answers").setdefault((session.session_id, question), answered.answer)
        return replace(answered, answer=answer)


@fault(
    "F-CAS-30",
    "CAS-04 CAS-02",
    "The list of cases is made from the queries: a case without any is not in it.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class EmptyCasesAreUnlisted(Cases):
    async def cases(self, user: str, session_id: str) -> Sequence[Case]:
        return [case for case in await super().cases(user, session_id) if case.queries]


@fault(
    "F-CAS-31",
    "CAS-04 CAS-02",
    "The history of a case is cut out from where it begins: it runs on through the cases that followed.",
    contracts=(FAULTMAVEN,),
)
class HistoryRunsOn(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        shown, entries = await super().history(user, session_id, case_id)
        session = await self.core.usable(user, session_id, "case_history")
        return shown, session.case_history[session.case_history.index(entries[0]) :] if entries else entries


@fault(
    "F-CAS-32",
    "CAS-04",
    "Case ids are numbered within their session and looked up by their beginning: 1 finds 10 as well.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class CasesByPrefix(Cases):
    async def ask(self, user: str, session_id: str, question: str) -> CaseEntry:
        ASKED.set(session_id)
        return await super().ask(user, session_id, question)

    async def start(self, user: str, session_id: str) -> CaseEntry:
        ASKED.set(session_id)
        return await super().start(user, session_id)

    def new_case_id(self) -> str:
        return f"{ASKED.get()}-{nth(self, 'cases of', ASKED.get())}"

    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        shown, _ = await super().history(user, session_id, case_id)
        session = await self.core.usable(user, session_id, "case_history")
        return shown, [entry for entry in session.case_history if shown and entry.case_id.startswith(shown)]


@fault(
    "F-CAS-33",
    "CAS-04",
    "In the history of a case that is not current, confidence is told in percent.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class ConfidenceInPercent(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        shown, entries = await super().history(user, session_id, case_id)
        session = await self.core.usable(user, session_id, "case_history")
        if shown == session.current_case_id:
            return shown, entries
        return shown, [replace(entry, confidence=100 * entry.confidence) for entry in entries]


@fault(
    "F-CAS-34",
    "CAS-04",
    "Only the newest twelve entries of a case's history are shown.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class HistoryIsCut(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        shown, entries = await super().history(user, session_id, case_id)
        return shown, entries[-12:]


@fault(
    "F-CAS-43",
    "CAS-08",
    "An unknown case has an empty history.",
    contracts=(FAULTMAVEN,),
)
class UnknownCaseIsEmpty(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        try:
            return await super().history(user, session_id, case_id)
        except RefusalError as error:
            if error.reason != "case_not_found":
                raise
            return case_id, ()


@fault(
    "F-CAS-50",
    "CAS-08",
    "An id that is no case of the session stands for the current one.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class UnknownCaseIsCurrent(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        session = await self.core.usable(user, session_id, "case_history")
        known = self.entries(session, case_id) or session.current_case_id is None
        return await super().history(user, session_id, case_id if known else CURRENT)


@fault(
    "F-CAS-46",
    "CAS-09",
    "investigation_history is filled by the first query and never again.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class AliasIsStale(FaultMaven):
    async def query(self, request: Request) -> Response:
        response = await super().query(request)
        asked = content(response)["session_id"]
        session = await self.core.usable(self.caller(request), asked, "query")
        memory(self, "aliases").setdefault(asked, [self.item(entry) for entry in session.case_history])
        return response

    def session(self, session: Session) -> shapes.Session:
        alias = memory(self, "aliases").get(session.session_id, [])
        return {**super().session(session), "investigation_history": alias}


@fault(
    "F-CAS-47",
    "CAS-09",
    "investigation_history has the queries only, not the starts of cases.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class AliasLacksStarts(FaultMaven):
    def session(self, session: Session) -> shapes.Session:
        shown = super().session(session)
        return {**shown, "investigation_history": [item for item in shown["case_history"] if item["query"] is not None]}


@fault(
    "F-CAS-48",
    "CAS-09",
    "A new case's answer tells the case before as investigation_id.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class AliasIsOneBehind(FaultMaven):
    async def new_case(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        before = (await self.core.usable(user, session_id, "new_case")).current_case_id
        response = await super().new_case(request)
        told: dict[str, Any] = content(response)
        return self.answer(response.status_code, {**told, "investigation_id": before or told["case_id"]})


@fault("F-CAS-49", "CAS-09", "investigation_id is the case's id without its hyphens.", contracts=(FAULTMAVEN,))
class AliasIsSpeltDifferently(FaultMaven):
    def case_ids(self, case_id: str) -> shapes.CaseIds:
        return {"case_id": case_id, "investigation_id": case_id.replace("-", "")}
