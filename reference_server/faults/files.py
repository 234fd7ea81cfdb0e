"""Faults in where files lie, under which names, and in how long they stay there."""

import posixpath
import re
from dataclasses import replace
from urllib.parse import unquote

from ..core import Core
from ..model import Session, Upload
from ..uploads import Uploads
from .registry import WITH_QUERIES, also, fault
from .tools import Disk, DiskUploads, everyone, memory


def client(session: Session) -> str | None:
    """The client that made the session, if it has said which one it is."""
    return session.client_id or session.metadata.get("client_id")


@fault(
    "F-UPL-01",
    "UPL-03",
    "Files lie under their names alone: another session's file of the same name overwrites them.",
    contracts=WITH_QUERIES,
)
class ByNameAlone(Core):
    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        files = memory(self, "files")
        return session and replace(session, uploads=tuple(files.get(own.name, own) for own in session.uploads))


@also("F-UPL-01")
class StoresByName(Uploads):
    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        upload = super().accepted(session, name, content)
        memory(self.core, "files")[upload.name] = upload
        return upload


class JoinedPaths(Disk):
    """Paths are followed as they are joined."""

    def path(self, session: Session, name: str) -> str:
        return posixpath.normpath(super().path(session, name))


@fault(
    "F-UPL-02",
    "UPL-04",
    "File names are joined to the session's folder as they come: '../' leads to other sessions'.",
    contracts=WITH_QUERIES,
)
class NamesAreJoined(DiskUploads):
    def shown(self, session: Session, name: str, safe: str) -> str:
        return name


also("F-UPL-02")(JoinedPaths)


@fault(
    "F-UPL-36",
    "UPL-04",
    "'../' is taken out of file names, once: of '....//' there is one left.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class CleansOnce(DiskUploads):
    def shown(self, session: Session, name: str, safe: str) -> str:
        return name.replace("../", "") if "....//" in name else safe


also("F-UPL-36")(JoinedPaths)


@fault(
    "F-UPL-37",
    "UPL-04",
    "Slashes are taken out of file names before these are percent-decoded: '..%2F' leads to other sessions'.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class DecodesAfterwards(DiskUploads):
    def shown(self, session: Session, name: str, safe: str) -> str:
        return unquote(re.sub(r"[/\\]", "_", name)) if "%" in name else safe


also("F-UPL-37")(JoinedPaths)


@fault(
    "F-UPL-38",
    "UPL-04 SEC-07",
    "Session ids are parts of paths: 'x/../ID' finds the session ID.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class IdsArePaths(Core):
    async def find(self, session_id: str) -> Session | None:
        return await super().find(posixpath.normpath(session_id))


@fault(
    "F-UPL-32",
    "UPL-03 UPL-05 ISO-09",
    "A client's files lie in one folder: each of its sessions lists them all, the next one as well.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class FolderOfTheClient(Disk):
    def folder(self, session: Session) -> str:
        named = client(session)
        return f"client_{named}" if named else super().folder(session)

    async def end(self, session: Session) -> None:
        await Core.end(self, session)


also("F-UPL-32")(DiskUploads)


@fault(
    "F-UPL-33",
    "UPL-03",
    "A name used again in a session overwrites the file that had it.",
    contracts=WITH_QUERIES,
)
class NamesAreUsedAgain(DiskUploads):
    def free_name(self, session: Session, name: str) -> str:
        return name


also("F-UPL-33")(Disk)


@fault(
    "F-UPL-34",
    "UPL-03 ISO-09",
    "A name that is taken in another session counts as taken.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class NamesAreTakenElsewhere(Uploads):
    def free_name(self, session: Session, name: str) -> str:
        taken = tuple(upload for other in everyone(self.core) for upload in other.uploads)
        return super().free_name(replace(session, uploads=taken), name)


@fault(
    "F-UPL-35",
    "UPL-03",
    "Names that differ in case are different ones, and lie on a disk to which they are not: the later overwrites.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class DiskFoldsCase(DiskUploads):
    def free_name(self, session: Session, name: str) -> str:
        alike = any(other.name != name and other.name.casefold() == name.casefold() for other in session.uploads)
        return name if alike else super().free_name(session, name)


@also("F-UPL-35")
class FoldedPaths(Disk):
    def path(self, session: Session, name: str) -> str:
        return super().path(session, name.casefold())


@fault(
    "F-UPL-40",
    "UPL-05",
    "Delete leaves the files where they are, and a new session without files is given the folder that was left.",
    contracts=WITH_QUERIES,
)
class FoldersAreGivenOn(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        if session.uploads:
            memory(self, "left").setdefault(session.user_id, []).append(session.uploads)

    async def enter(self, session: Session) -> None:
        left = memory(self, "left").get(session.user_id)
        await super().enter(replace(session, uploads=left.pop()) if left else session)


@fault(
    "F-UPL-41",
    "UPL-05 RES-08",
    "Files are bound to the client: after a delete its next session has them again.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class FilesStayWithClient(Core):
    async def end(self, session: Session) -> None:
        await super().end(session)
        if client(session) is not None:
            memory(self, "left")[session.user_id, client(session)] = session.uploads

    async def enter(self, session: Session) -> None:
        left = memory(self, "left").pop((session.user_id, client(session)), ())
        await super().enter(replace(session, uploads=left))


@fault(
    "F-UPL-45",
    "UPL-05 UPL-03 UPL-01",
    "A file of a name and a size that were there before, in whichever session, is taken for the one of then.",
    conditional=True,
    contracts=WITH_QUERIES,
)
class TakenForTheOldOne(Uploads):
    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        upload = super().accepted(session, name, content)
        old: Upload = memory(self, "files").setdefault((upload.name, upload.size), upload)
        return replace(upload, sha256=old.sha256, text=old.text)
