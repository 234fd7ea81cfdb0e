"""Faults in keeping one user's sessions apart from each other, and what belongs to one of them under its own id."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from ..assistant import Assistant, Said
from ..cases import Cases
from ..core import Core, Operation
from ..errors import RefusalError, case_not_found
from ..model import CaseEntry, Session, Upload
from ..routes.faultmaven import FaultMaven
from ..web.views import Views
from .isolation import AUTHORISED, AuthorisesPath
from .registry import FAULTMAVEN, WITH_QUERIES, also, fault
from .tools import everyone, memory


def cases_in(sessions: Sequence[Session], case_id: str) -> list[CaseEntry]:
    """What happened in a case, whichever of the sessions it belongs to."""
    return [entry for session in sessions for entry in session.case_history if entry.case_id == case_id]


@fault(
    "F-ISO-09",
    "ISO-08 ISO-01",
    "The history of a case is found by the case's id alone; any session of one's own will do in the path.",
    contracts=(FAULTMAVEN,),
)
class HistoryByCaseAlone(Cases):
    def entries(self, session: Session, case_id: str | None) -> Sequence[CaseEntry]:
        return super().entries(session, case_id) or cases_in(everyone(self.core), case_id or "")


@fault(
    "F-ISO-45",
    "ISO-08",
    "A user's case is found under each of the user's sessions.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class CasesOfTheUser(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        try:
            return await super().history(user, session_id, case_id)
        except RefusalError as error:
            entries = cases_in(await self.core.living(user), case_id)
            if error.reason != "case_not_found" or not entries:
                raise
            return case_id, entries


@fault(
    "F-ISO-46",
    "ISO-08 ISO-01",
    "Histories are cached by case when they are read: after that they are found under every session.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class HistoriesAreCached(Cases):
    async def history(self, user: str, session_id: str, case_id: str) -> tuple[str | None, Sequence[CaseEntry]]:
        await self.core.usable(user, session_id, "case_history")
        cached: Sequence[CaseEntry] | None = memory(self, "histories").get(case_id)
        try:
            found, entries = await super().history(user, session_id, case_id)
        except RefusalError:
            if cached is None:
                raise case_not_found() from None
            return case_id, cached
        memory(self, "histories")[found] = entries
        return found, entries


@fault(
    "F-ISO-48",
    "ISO-09 CAS-03",
    "Four assistants serve all sessions in turn, and remember whom they served: from the fifth session on.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class PooledAssistants(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        turns = memory(self, "turns")
        turn = turns.setdefault(session.session_id, len(turns)) % 4
        heard = memory(self, "heard").setdefault(turn, [])
        others = [f"Before that: {text}" for session_id, text in heard if session_id != session.session_id]
        heard.append((session.session_id, question))
        answered = super().answered(session, case_id, question)
        return replace(answered, answer="\n".join([str(answered.answer), *others]))


@fault(
    "F-ISO-49",
    "ISO-09 CAS-03 MSG-10",
    "The assistant's memory is a default argument: it is the same one for all.",
    contracts=WITH_QUERIES,
)
class MemoryIsADefault(Assistant):
    def answer(self, question: str, earlier: Sequence[CaseEntry], files: Sequence[Upload]) -> Said:
        heard = memory(self, "heard").setdefault("all", [])
        said = super().answer(question, heard, files)
        heard.append(CaseEntry("query_processed", "", question, said.text, datetime.now(UTC), said.confidence, {}))
        return said


@fault(
    "F-ISO-50",
    "ISO-09 UPL-06",
    "Answers are cached by question: where it was asked before, the other session's answer is given.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class AnswersByQuestion(Assistant):
    def answer(self, question: str, earlier: Sequence[CaseEntry], files: Sequence[Upload]) -> Said:
        said: Said = memory(self, "answers").setdefault(question, super().answer(question, earlier, files))
        return said


@fault(
    "F-ISO-51",
    "ISO-09 CAS-01",
    "Which case is current is kept per user: a second session goes on in the first one's case.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class CurrentCaseOfTheUser(Cases):
    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        current = memory(self, "current").get(session.user_id, case_id)
        elsewhere = tuple(cases_in([other for other in everyone(self.core) if other != session], current))
        whole = replace(session, case_history=(*elsewhere, *session.case_history))
        return super().answered(whole, current, question)

    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        memory(self, "current")[session.user_id] = entry.case_id
        return super().recorded(session, entry)


@fault(
    "F-ISO-52",
    "ISO-09",
    "Sessions share one list until they have a history: their first query finds the first ones of the others in it.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class HistoryIsShared(Cases):
    def recorded(self, session: Session, entry: CaseEntry) -> Session:
        shared = memory(self, "first").setdefault(session.user_id, {})
        own = not session.case_history and session.session_id not in shared
        if own:
            shared[session.session_id] = entry
        others = tuple(other for session_id, other in shared.items() if session_id != session.session_id)
        return super().recorded(replace(session, case_history=others) if own else session, entry)


@fault(
    "F-ISO-53",
    "ISO-02",
    "The owner is checked everywhere but in queries.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class QueriesAreOpen(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return operation == "query" or super().owns(user, session, operation)


@fault(
    "F-ISO-54",
    "ISO-01",
    "The owner is checked everywhere but where cases and files are listed.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class ListsAreOpen(Core):
    def owns(self, user: str, session: Session, operation: Operation) -> bool:
        return operation in ("cases", "uploads") or super().owns(user, session, operation)


@fault(
    "F-ISO-55",
    "ISO-07",
    "Where header and body or form name two sessions, the header's is taken.",
    conditional=True,
    contracts=("faultmaven",),
)
class HeaderBeforeBody(Views):
    def named(self, request: Request, *others: str | None) -> str:
        header = request.headers.get("x-session-id")
        in_path = "session_id" in request.path_params
        return super().named(request, *(() if header and not in_path else others))


@fault(
    "F-ISO-56",
    "ISO-05",
    "By the oldest path a query without an identity is the session's owner's.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LegacyNeedsNoIdentity(FaultMaven):
    async def query(self, request: Request) -> Response:
        session = await self.core.find(request.headers.get("x-session-id", ""))
        if session is not None and self.identity_header.decode() not in request.headers:
            owner = (self.identity_header, session.user_id.encode())
            request.scope["headers"] = [*request.scope["headers"], owner]
        return await super().query(request)


@fault(
    "F-ISO-57",
    "ISO-07 ISO-02",
    "Of a query that names two sessions the one in the header is authorised, and the one in the body is asked.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class AsksInTheBody(FaultMaven):
    def named(self, request: Request, *others: str | None) -> str:
        header, other = request.headers.get("x-session-id"), next(iter(others), None)
        both = bool(header and other) and "session_id" not in request.path_params
        AUTHORISED.set(header if both else None)
        return str(other) if both else super().named(request, *others)


also("F-ISO-57")(AuthorisesPath)


@fault(
    "F-ISO-60",
    "ISO-07",
    "A clear goes by the header X-Session-ID, where it is sent, and not by the path.",
    conditional=True,
    contracts=("agentic-multi-client",),
)
class ClearGoesByHeader(Views):
    def session_id(self, request: Request) -> str:
        header = request.headers.get("x-session-id")
        return header if header and request.url.path.endswith("/clear") else super().session_id(request)
