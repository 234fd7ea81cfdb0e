"""Faults in resuming the session of a user and client."""

import asyncio
import unicodedata
from collections.abc import Hashable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from .. import model
from ..core import Core, Operation
from ..model import Change, Created, NewSession, Session
from ..routes import fm_session_shapes as shapes
from ..routes.fm_session_service import FmSessionService
from ..web.views import Views
from .registry import ALL, WITH_RESUMPTION, fault
from .tools import DanglingClients, everyone, nth


@fault(
    "F-RES-01",
    "RES-01",
    "The client_id is stored but never looked up: every create makes a new session.",
    contracts=WITH_RESUMPTION,
)
class NeverResumes(Core):
    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        return None


@fault(
    "F-RES-02",
    "RES-01",
    "The first resume uses the client's entry up: the second one makes a new session.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class ResumesOnce(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        if session.client_id is not None:
            await self.store.unbind(self.key(session.user_id, session.client_id), session.session_id)
        return await super().resumed(session, wanted)


@fault(
    "F-RES-03",
    "RES-06",
    "Looking up and creating are two steps: creates at the same moment make two sessions.",
)
class ChecksThenCreates(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "create" else super().exclusive(user, operation)

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        living = await super().resumable(user, wanted)
        if living is None and wanted.client_id is not None:
            await asyncio.sleep(0.01)
        return living


@fault(
    "F-RES-05",
    "RES-05 ISO-01",
    "Sessions are found by client_id alone: a second user with the same one resumes the first's session.",
    contracts=WITH_RESUMPTION,
)
class KeyWithoutUser(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return client_id


@fault(
    "F-RES-06",
    "RES-08",
    "Delete leaves the client's entry: the next resume answers the dead id, and every later call 404.",
    contracts=WITH_RESUMPTION,
)
class DeleteLeavesClient(DanglingClients):
    async def end(self, session: Session) -> None:
        await super().end(session)
        self.dangle(session)


@fault(
    "F-RES-07",
    "RES-08 LIF-05",
    "Delete only flags the record; a resume takes the flag off and brings the conversation back.",
    contracts=WITH_RESUMPTION,
)
class ResumeUndeletes(Core):
    async def end(self, session: Session) -> None:
        await self.keep(replace(session, status="deleted"), "delete")

    def alive(self, session: Session, operation: Operation) -> bool:
        hidden = session.status == "deleted" and operation != "resume"
        return super().alive(session, operation) and not hidden

    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        if session.status == "deleted":
            session = await self.keep(replace(session, status="active"), "resume")
        return await super().resumed(session, wanted)


@fault(
    "F-RES-08",
    "RES-07 EXP-08",
    "A resume of an expired session that hasn't been swept yet revives it with its history.",
)
class ResumeRevives(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation == "resume" or super().alive(session, operation)

    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        if not self.alive(session, "read"):
            session = await self.keep(self.renewed(session, self.clock.now()), "resume")
        return await super().resumed(session, wanted)


@fault(
    "F-RES-09",
    "RES-03 RES-11",
    "Resuming answers the right id, but writes a fresh record: all else is gone.",
    contracts=WITH_RESUMPTION,
)
class ResumeStartsOver(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        fresh = self.born(session.user_id, wanted, self.minutes(wanted))
        return await self.keep(replace(fresh, session_id=session.session_id), "resume")


@fault(
    "F-RES-10",
    "RES-10",
    "Upper and lower case of a client_id are the same key.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class KeyWithoutCase(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return super().key(user, client_id.lower())


@fault("F-RES-11", "RES-10", "A client_id is normalised and trimmed before it is a key.", conditional=True)
class KeyNormalised(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return super().key(user, unicodedata.normalize("NFC", client_id).strip())


@fault(
    "F-RES-13",
    "RES-09",
    "Without a client_id the empty one is used: all such creates of a user resume one.",
    contracts=ALL,
)
class NoClientIsAClient(Core):
    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        return await super().resumable(user, replace(wanted, client_id=wanted.client_id or ""))

    async def enter(self, session: Session) -> None:
        await super().enter(session)
        if session.client_id is None:
            await self.store.bind(self.key(session.user_id, ""), session.session_id)


@fault(
    "F-RES-15",
    "RES-04 RES-01",
    "A known client resumes the user's newest session, whichever client it belongs to.",
    conditional=True,
)
class ResumesTheNewest(Core):
    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        own = await super().resumable(user, wanted)
        clients = [session for session in await self.living(user) if session.client_id is not None]
        return own and clients[-1]


@fault(
    "F-RES-20",
    "RES-01",
    "After an update of a session its client doesn't find it any more.",
    conditional=True,
)
class UpdateLosesClient(Core):
    async def update(self, user: str, session_id: str, change: Change) -> Session:
        session = await super().update(user, session_id, change)
        if session.client_id is not None:
            await self.store.unbind(self.key(user, session.client_id), session_id)
        return session


@fault("F-RES-21", "RES-02", "A resumed session is announced as a new one.")
class NeverSaysResumed(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        return replace(await super().create(user, wanted), resumed=False)


@fault(
    "F-RES-22",
    "RES-02",
    "A client that ever had a session is told that its new one is resumed.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class SaysResumedToKnownClients(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        created = await super().create(user, wanted)
        known = wanted.client_id is not None and nth(self, "client", user, wanted.client_id) > 1
        return replace(created, resumed=created.resumed or known)


@fault(
    "F-RES-23",
    "RES-03 RES-11",
    "A resume overwrites title and context with those it carries.",
    conditional=True,
)
class ResumeOverwrites(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        title, context = wanted.title or session.title, wanted.context or session.context
        return await self.keep(replace(session, title=title, context=context), "resume")


@fault("F-RES-24", "RES-03", "A resume keeps only the newest three messages.", conditional=True)
class ResumeCutsConversation(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        return await self.keep(replace(session, messages=session.messages[-3:]), "resume")


@fault("F-RES-25", "RES-04 RES-10", "Any client_id resumes the one session that its user has with a client.")
class KeyWithoutClient(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return (user,)


@fault("F-RES-26", "RES-04", "A user's third client ends the session of the first.", conditional=True)
class ThirdClientEvicts(Core):
    async def enter(self, session: Session) -> None:
        others = [other for other in await self.living(session.user_id) if other.client_id is not None]
        if session.client_id is not None and len(others) == 2:
            await self.end(others[0])
        await super().enter(session)


@fault(
    "F-RES-27",
    "RES-05",
    "Delete goes by client_id: it ends every user's session of that client.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class DeleteGoesByClient(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        for other in everyone(self):
            if session.client_id is not None and other.client_id == session.client_id:
                await super().end(other)


@fault(
    "F-RES-28",
    "RES-08",
    "Deleting by setting the status leaves the client's entry: the next resume answers the dead id.",
    conditional=True,
)
class StatusDeleteLeavesClient(DanglingClients):
    async def update(self, user: str, session_id: str, change: Change) -> Session:
        session = await super().update(user, session_id, change)
        if session.status == "deleted":
            self.dangle(session)
        return session


@fault("F-RES-29", "RES-09", "A client_id of null is the word 'None', and resumes.", conditional=True)
class NullIsAWord(FmSessionService):
    def wanted(self, body: shapes.NewSession) -> model.NewSession:
        wanted = super().wanted(body)
        return replace(wanted, client_id=str(body["client_id"])) if "client_id" in body else wanted


@fault(
    "F-RES-30",
    "RES-09",
    "Blank client_ids are accepted, and are all the same one.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class BlankIsAClient(Views):
    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        client_id = sent.get("client_id") if isinstance(sent, dict) else None
        if isinstance(client_id, str) and not client_id.strip():
            return {**sent, "client_id": "blank"}
        return sent


@fault("F-RES-31", "RES-10 RES-05", "The key is user and client_id joined by a colon.", conditional=True)
class KeyJoined(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return f"{user}:{client_id}"


@fault("F-RES-32", "RES-10", "Only the first 64 characters of a client_id count.", conditional=True)
class KeyCut(Core):
    def key(self, user: str, client_id: str) -> Hashable:
        return super().key(user, client_id[:64])


@fault(
    "F-RES-33",
    "RES-11 RES-03",
    "A resume applies the length of life that it asks for, from that moment on.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class ResumeSetsLife(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        if "timeout_minutes" not in wanted.metadata:
            return await super().resumed(session, wanted)
        minutes = self.minutes(wanted)
        metadata = {**session.metadata, "timeout_minutes": minutes}
        expires_at = self.expiry(minutes, self.clock.now())
        changed = replace(session, minutes=minutes, metadata=metadata, expires_at=expires_at)
        return await self.keep(changed, "resume")


@fault("F-RES-34", "RES-11 RES-03", "Resuming an archived session makes it active again.", conditional=True)
class ResumeActivates(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        return await self.keep(replace(session, status="active"), "resume")


@fault(
    "F-RES-35",
    "RES-11",
    "The answer to a resume repeats the metadata it asked for, though the old values stay in force.",
    conditional=True,
)
class ResumeEchoes(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        return replace(session, metadata={**session.metadata, **wanted.metadata})


@fault(
    "F-RES-36",
    "RES-11",
    "A resume starts the life anew, but at half its length.",
)
class ResumeShortens(Core):
    async def resumed(self, session: Session, wanted: NewSession) -> Session:
        return await self.keep(
            replace(session, expires_at=self.expiry(session.minutes / 2, self.clock.now())), "resume"
        )


@fault(
    "F-RES-37",
    "RES-05",
    "A user's first create with a client_id that another user has ends the other's session.",
    conditional=True,
)
class ClientMoves(Core):
    async def enter(self, session: Session) -> None:
        for other in everyone(self):
            if session.client_id is not None and other.client_id == session.client_id:
                await self.end(other)
        await super().enter(session)
