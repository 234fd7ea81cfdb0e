"""Whether the files that are shown of a session are those that it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.acts.writing import misfit
from sessionproof.explore.claims import View
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import File, Session
from sessionproof.wire import Reply

__all__ = ["files_are"]


def files_are(walk: Walk, session: Session) -> None:
    """On every route: the list of files, those inside the session, and each file's bytes."""
    contract = walk.contract
    if not contract.has("upload") or not contract.lists_files:
        return
    if contract.has("uploads"):
        pages = walk.pages(session.user, "uploads", session, None, walk.suspects(session, "UPL-01"))
        walk.world.touched(session, "uploads", pages.last)
        view = View("uploads", session.id, "name", tuple(file.name for file in session.files))
        _names_are(walk, session, pages.entries, pages.last, view)
        for file, entry in _paired(session.files, pages.entries, contract.uploads.digest):
            _file_is(walk, session, file, entry, pages.last)
    read = contract.first("read")
    if "uploads" in read.lists:
        reply = walk.call(session.user, read, session)
        walk.world.touched(session, "read", reply)
        walk.claims.reply(walk.suspects(session, "LIF-01"), reply, "succeeds")
        entries = reply.items("uploads") or ()
        view = View("read", session.id, "name", tuple(file.name for file in session.files), inside="uploads")
        _names_are(walk, session, entries, reply, view)
        for file, entry in _paired(session.files, entries, contract.uploads.digest):
            _file_is(walk, session, file, entry, reply, download=False)


def _names_are(walk: Walk, session: Session, entries: Sequence[Mapping[str, Any]], reply: Reply, view: View) -> None:
    seen, wanted = [str(entry.get("name")) for entry in entries], list(view.wanted)
    surplus = Counter(seen) - Counter(wanted)
    elsewhere = {file.name for one in walk.world.sessions if one is not session for file in one.files}
    dead = {file.name for one in walk.world.dead() for file in one.files}
    wrong = "UPL-01"
    if surplus:
        wrong = "UPL-05" if set(surplus) <= dead else "UPL-03" if set(surplus) & elsewhere else "UPL-01"
    elif "clear" in session.since:
        wrong = "MSG-10"
    elif len(set(wanted)) < len(wanted):
        wrong = "UPL-03"
    walk.claims.that(
        walk.suspects(session, wrong), sorted(seen) == sorted(wanted), reply,
        expected=f"exactly the files {sorted(wanted)}", seen=repr(sorted(seen))[:200], test=view,
    )  # fmt: skip


def _paired(
    files: Sequence[File], entries: Sequence[Mapping[str, Any]], digest: str
) -> list[tuple[File, Mapping[str, Any]]]:
    """Each entry with its file: of files of one name the one that it fits, if one does."""
    left, pairs = list(files), []
    for entry in entries:
        alike = [file for file in left if file.name == str(entry.get("name"))]
        if alike:
            file = next((one for one in alike if _is_it(one, entry, digest)), alike[0])
            left.remove(file)
            pairs.append((file, entry))
    return pairs


def _is_it(file: File, entry: Mapping[str, Any], digest: str) -> bool:
    upload = entry.get("upload", ABSENT)
    return not misfit(file.content, entry, digest) and (ABSENT in (upload, file.upload) or upload == file.upload)


def _file_is(
    walk: Walk, session: Session, file: File, entry: Mapping[str, Any], reply: Reply, *, download: bool = True
) -> None:
    off = misfit(file.content, entry, walk.contract.uploads.digest)
    named = [one for one in walk.world.sessions for other in one.files if other.name.lower() == file.name.lower()]
    wrong = "UPL-03" if len(named) > 1 else "UPL-01"
    walk.claims.that(wrong, not off, reply, expected=f"{file.name} with its own content", seen=off)
    if download and walk.contract.has("download"):
        got = walk.call(
            session.user, walk.contract.first("download"), session, upload=entry.get("upload"), name=file.name
        )
        walk.world.touched(session, "download", got)
        walk.claims.reply(wrong, got, "succeeds")
        same = got.answer.content == file.content
        seen = f"{len(got.answer.content)} others"
        walk.claims.that(wrong, same, got, expected=f"its {len(file.content)} bytes", seen=seen)
