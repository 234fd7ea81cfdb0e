"""Uploads: files that belong to one session, under names that are safe, and different within it."""

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from .core import Core
from .model import Session, Upload

LONGEST_FILE = 10 * 1024 * 1024  # bytes
LONGEST_TEXT = 20_000  # characters of a file that can be read by the assistant
LONGEST_NAME = 120  # bytes in UTF-8, the ending included
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # on some systems no files at all


class Shelf(Protocol):
    """Where the bytes of files are. Session ids and names have been checked."""

    def put(self, session_id: str, name: str, content: bytes) -> None: ...


class NoShelf:
    """Forgets the bytes: their digest, and what can be read of them, are in the session."""

    def put(self, session_id: str, name: str, content: bytes) -> None:
        return None


class Folders:
    """One folder per session, which comes with its first file and goes with the session.

    `make_root` is asked for the place of them all when the first file comes.
    """

    def __init__(self, make_root: Callable[[], Path]) -> None:
        self.make_root = make_root
        self.sessions: dict[str, None] = {}  # those with a folder, the one that was looked at longest ago first

    @cached_property
    def root(self) -> Path:
        return self.make_root()

    def folder(self, session_id: str) -> Path:
        return self.root / f"session_{session_id}"

    def put(self, session_id: str, name: str, content: bytes) -> None:
        self.folder(session_id).mkdir(parents=True, exist_ok=True)
        self.sessions[session_id] = None
        (self.folder(session_id) / name).write_bytes(content)

    def drop(self, session_id: str) -> None:
        """Nothing is left of the session's files."""
        if session_id in self.sessions:
            del self.sessions[session_id]
            shutil.rmtree(self.folder(session_id), ignore_errors=True)

    def next(self, most: int) -> Sequence[str]:
        """Some sessions with a folder: others each time, until it was everyone's turn."""
        chosen = list(self.sessions)[:most]
        for session_id in chosen:
            self.sessions[session_id] = self.sessions.pop(session_id)
        return chosen


class FolderCore(Core):
    """Sessions whose folders end with them: at once when one is deleted, soon after when one is over."""

    folders: Folders

    async def end(self, session: Session) -> None:
        await super().end(session)
        self.folders.drop(session.session_id)

    async def sweep(self) -> None:
        await super().sweep()
        for session_id in self.folders.next(8):
            session = await self.find(session_id)
            if session is None or self.overdue(session):
                self.folders.drop(session_id)


class Uploads:
    """What is uploaded, session by session. Every upload counts as activity of the session."""

    def __init__(self, core: Core, shelf: Shelf) -> None:
        self.core = core
        self.shelf = shelf

    async def add(self, user: str, session_id: str, name: str, content: bytes) -> Upload:
        """The file as it is now listed. Nothing is written before the session is known to be the caller's."""
        async with self.core.exclusive(user, "upload"):
            session = await self.core.usable(user, session_id, "upload")
            upload = self.accepted(session, name, content)
            self.shelf.put(session.session_id, upload.name, content)
            now = upload.timestamp
            changed = replace(self.core.renewed(session, now), uploads=(*session.uploads, upload), updated_at=now)
            await self.core.keep(changed, "upload")
            return upload

    async def uploads(self, user: str, session_id: str) -> Sequence[Upload]:
        """The session's files, the oldest first."""
        return (await self.core.usable(user, session_id, "uploads")).uploads

    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        """The file with a name that no other file of the session has, and what can be read of it."""
        return Upload(
            upload_id=str(uuid4()),
            name=self.free_name(session, safe_name(name)),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            text=content[: 4 * LONGEST_TEXT].decode("utf-8", "replace")[:LONGEST_TEXT],
            timestamp=self.core.clock.now(),
        )

    def free_name(self, session: Session, name: str) -> str:
        """The name, or with a number where the session has a file of this name, or of one hardly different."""
        taken = {upload.name.casefold() for upload in session.uploads}
        stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{stem}-{number}{dot}{ending}"
        return free


def safe_name(name: str) -> str:
    """A file name that is one on every system, and leads nowhere else; what isn't allowed in one is a `_`."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = re.sub(r'[\x00-\x1f\x7f<>:"|?*\ud800-\udfff]', "_", last).strip(" .")
    if RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    if len(plain.encode()) > LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".") if "." in plain[-12:] else (plain, "", "")
        room = LONGEST_NAME - len((dot + ending).encode())
        plain = stem.encode()[:room].decode("utf-8", "ignore") + dot + ending
    return plain or "file"
