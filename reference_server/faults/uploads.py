"""Faults in what is accepted as a file of which session, and in what the assistant knows of files."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from ..cases import Cases
from ..core import Core, Operation
from ..errors import RefusalError
from ..model import CaseEntry, NewSession, Session, Upload
from ..routes import faultmaven_shapes as shapes
from ..routes.agentic_multi_client import AgenticMultiClient
from ..routes.faultmaven import FaultMaven, file_in
from ..uploads import Uploads
from ..web import forms
from .registry import AGENTIC, FAULTMAVEN, WITH_QUERIES, also, fault
from .tools import SentForm, content, everyone, memory


class Forgets(Core):
    """Doesn't store certain files."""

    def forgotten(self, session: Session, upload: Upload) -> bool:
        raise NotImplementedError

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "upload" and self.forgotten(
            replace(session, uploads=session.uploads[:-1]), session.uploads[-1]
        ):
            session = replace(session, uploads=session.uploads[:-1])
        return await super().keep(session, operation)


@fault("F-UPL-20", "UPL-01", "A file is acknowledged, but not listed.", contracts=WITH_QUERIES)
class ListsNothing(Forgets):
    def forgotten(self, session: Session, upload: Upload) -> bool:
        return True


@fault(
    "F-UPL-21",
    "UPL-01 UPL-03",
    "A file with the content of one that the session has is acknowledged, but not listed.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class ListsContentOnce(Forgets):
    def forgotten(self, session: Session, upload: Upload) -> bool:
        return any(other.sha256 == upload.sha256 for other in session.uploads)


@fault(
    "F-UPL-25",
    "UPL-01",
    "An empty file is acknowledged, but not listed.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class ListsNoEmptyFile(Forgets):
    def forgotten(self, session: Session, upload: Upload) -> bool:
        return upload.size == 0


@fault(
    "F-UPL-22",
    "UPL-01",
    "The list of files is read, added to and written back: of uploads at the same moment some are lost.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class UploadsRace(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "upload" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "upload":
            await asyncio.sleep(0.01)
        return await super().keep(session, operation)


@fault(
    "F-UPL-23",
    "UPL-01",
    "Line ends of text files are converted before they are stored.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class ConvertsLineEnds(Uploads):
    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        return super().accepted(session, name, content.replace(b"\r\n", b"\n"))


@fault(
    "F-UPL-24",
    "UPL-01",
    "What comes by the oldest path is in the list of data, but not in data_uploads of the session.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class LegacyFilesAreMissing(FaultMaven):
    async def upload_data(self, request: Request) -> Response:
        response = await super().upload_data(request)
        if request.url.path == "/data":
            memory(self, "legacy")[content(response)["data_id"]] = True
        return response

    def session(self, session: Session) -> shapes.Session:
        legacy = memory(self, "legacy")
        return super().session(
            replace(session, uploads=tuple(upload for upload in session.uploads if upload.upload_id not in legacy))
        )


@fault(
    "F-UPL-27",
    "UPL-02 ISO-02",
    "A file for another user's session is stored there first, and refused then.",
    contracts=(FAULTMAVEN,),
)
class StoresThenRefuses(SentForm, FaultMaven):
    async def upload_data(self, request: Request) -> Response:
        user, form = self.caller(request), await self.form(request)
        named = self.named(request, forms.text(form, "session_id"))
        session = await self.core.find(named)
        if session is not None and session.user_id != user and self.core.alive(session, "upload"):
            upload = self.uploads.accepted(session, *file_in(form))
            await self.core.keep(replace(session, uploads=(*session.uploads, upload)), "upload")
        return await super().upload_data(request)


@fault(
    "F-UPL-28",
    "UPL-02 LIF-05 CON-02",
    "A file for a deleted session is accepted, and the session is stored again with it.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class UploadRevives(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "deleted")[session.session_id] = session

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        deleted: Session | None = memory(self, "deleted").get(session_id)
        if operation == "upload" and deleted is not None and self.owns(user, deleted, operation):
            return deleted
        return await super().missing(user, session_id, operation)


@fault(
    "F-UPL-29",
    "UPL-02",
    "A file for a session that isn't there is put into a new one.",
    conditional=True,
    contracts=(AGENTIC,),
)
class UnknownIsNone(AgenticMultiClient):
    async def named_or_new(self, request: Request, other: str | None) -> tuple[str, bool]:
        session_id, created = await super().named_or_new(request, other)
        if request.url.path == "/upload" and await self.core.find(session_id) is None:
            return (await self.new_session(request, None)).session_id, True
        return session_id, created


@fault(
    "F-UPL-30",
    "UPL-02 UPL-05",
    "A file for a session that isn't there is refused, but waits, and is in the next session that is made.",
    conditional=True,
    contracts=(AGENTIC,),
)
class RefusedFilesWait(Core):
    async def enter(self, session: Session) -> None:
        waiting = memory(self, "waiting").pop("files", ())
        await super().enter(replace(session, uploads=tuple(waiting)))


@also("F-UPL-30")
class KeepsRefusedFiles(Uploads):
    async def add(self, user: str, session_id: str, name: str, content: bytes) -> Upload:
        try:
            return await super().add(user, session_id, name, content)
        except RefusalError:
            nowhere = self.core.born(user, NewSession(), self.core.lives.default)
            memory(self.core, "waiting").setdefault("files", []).append(self.accepted(nowhere, name, content))
            raise


@fault(
    "F-UPL-42",
    "UPL-05 LIF-05",
    "The files of a deleted session can still be listed.",
    contracts=(FAULTMAVEN,),
)
class FilesAreStillListed(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        memory(self, "files")[session.session_id] = session

    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        left: Session | None = memory(self, "files").get(session_id)
        if operation == "uploads" and left is not None and self.owns(user, left, operation):
            return left
        return await super().missing(user, session_id, operation)


@fault(
    "F-UPL-44",
    "UPL-05 EXP-01",
    "Expiry is not checked where files are listed or added.",
    conditional=True,
    contracts=(FAULTMAVEN,),
)
class FilesOutliveExpiry(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation in ("uploads", "upload") or super().alive(session, operation)


class Index(Cases):
    """The assistant looks for files in an index of its own."""

    def found(self, session: Session) -> tuple[Upload, ...]:
        raise NotImplementedError

    def answered(self, session: Session, case_id: str, question: str) -> CaseEntry:
        return super().answered(replace(session, uploads=self.found(session)), case_id, question)


@fault(
    "F-UPL-46",
    "UPL-06 ISO-09",
    "The index of files is one for all: the assistant answers from every session's.",
    contracts=WITH_QUERIES,
)
class IndexForAll(Index):
    def found(self, session: Session) -> tuple[Upload, ...]:
        return tuple(upload for other in everyone(self.core) for upload in other.uploads)


@fault(
    "F-UPL-47",
    "UPL-06 UPL-03",
    "The index of files goes by name: of two sessions with files of one name, both are answered from the later.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class IndexByName(Index):
    def found(self, session: Session) -> tuple[Upload, ...]:
        by_name = {upload.name: upload for other in everyone(self.core) for upload in other.uploads}
        return tuple(by_name.get(upload.name, upload) for upload in session.uploads)


@fault(
    "F-UPL-48",
    "UPL-06 UPL-05",
    "The index keeps the files of a deleted session, and the user's other sessions are answered from them.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class IndexKeepsDeleted(Index):
    def found(self, session: Session) -> tuple[Upload, ...]:
        left = memory(self.core, "left in the index").get(session.user_id, ())
        return (*session.uploads, *left)


@also("F-UPL-48")
class LeavesFilesInIndex(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        left = memory(self, "left in the index")
        left[session.user_id] = (*left.get(session.user_id, ()), *session.uploads)
