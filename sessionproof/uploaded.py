"""Files of a session, as they should be: listed once, with their size, digest and content, and known there alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sessionproof.caller import Caller
from sessionproof.contract.expressions import ABSENT
from sessionproof.dialogue import files
from sessionproof.expect import Expect
from sessionproof.run import Run
from sessionproof.wire import Reply

__all__ = ["knows_only", "lists_exactly", "uploaded"]


def _digest(content: bytes, target: Run) -> Any:
    algorithm = target.contract.uploads.digest
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest() if algorithm else ABSENT


def _misfit(content: bytes, seen: Mapping[str, Any], target: Run) -> str:
    """How what is shown of a file (its size, its digest) differs from its content; "" where it doesn't."""
    size, text = seen.get("size", ABSENT), seen.get("digest", ABSENT)
    if size not in (ABSENT, len(content)):
        return f"size {size!r} for {len(content)} bytes"
    known = _digest(content, target)
    return f"digest {text} for {known}" if ABSENT not in (text, known) and str(text).lower() != known else ""


def lists_exactly(kept: list[tuple[str, bytes]], session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """The session's files are `kept` (name and content), on every route that shows them, and nothing else."""
    if not target.contract.lists_files:
        return
    entries = files(caller, session)
    shown = target.transcript[-1]
    expect(shown).holds_exactly([name for name, _ in kept], [str(entry.get("name")) for entry in entries], "files")
    left = list(kept)
    for entry in entries:
        same_name = [one for one in left if one[0] == str(entry["name"])]
        one = next((one for one in same_name if not _misfit(one[1], entry, target)), same_name[0])
        off = _misfit(one[1], entry, target)
        expect.that(not off, expected=f"{one[0]} with its own content", seen=off, reply=shown)
        _comes_back(one[1], entry, session, caller, expect)
        left.remove(one)
    read = caller.read(session)
    if target.contract.has("uploads") and "uploads" in read.request.binding.lists:
        names = [str(entry.get("name")) for entry in read.items("uploads") or ()]
        expect(read).holds_exactly([name for name, _ in kept], names, "files in the session")


def _comes_back(content: bytes, entry: Mapping[str, Any], session: str, caller: Caller, expect: Expect) -> None:
    if caller.run.contract.has("download"):
        reply = expect(caller.call("download", session, upload=entry.get("upload"), name=entry.get("name"))).succeeds()
        same = reply.answer.content == content
        expect.that(same, expected=f"its {len(content)} bytes", seen=f"{len(reply.answer.content)} others", reply=reply)


def uploaded(reply: Reply, name: str, content: bytes, session: str, expect: Expect, target: Run) -> tuple[str, bytes]:
    """The name under which an accepted file is now listed, with its content."""
    expect(reply).succeeds()
    expect(reply).has_shape()
    if reply.shows("session"):
        expect(reply).says("session", session)
    off = _misfit(content, {"size": reply["size"], "digest": reply["digest"]}, target)
    expect.that(not off, expected="the size and digest of what was sent", seen=off, reply=reply)
    return str(reply["name"]) if reply["name"] is not ABSENT else name, content


def knows_only(own: str, other: str, session: str, caller: Caller, expect: Expect, target: Run) -> None:
    """The assistant of `session` answers from its own file, and not from the other one."""
    if not target.contract.has("query"):
        return
    answer = expect(caller.ask(session, caller.text("what is in the file?"))).succeeds()
    if other:
        expect(answer).lacks(other, "another session's file")
    if own and target.contract.assistant == "echo":
        expect(answer).contains(own, "the text of its own file")
