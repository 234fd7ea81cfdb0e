"""What is written into a session besides its conversation: its values, its files, and a sign of life."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sessionproof.contract.expressions import ABSENT
from sessionproof.explore.acts.talking import is_open
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import UNKNOWN, File, Session, State, alike
from sessionproof.wire import Reply

__all__ = ["filed", "heartbeat", "misfit", "status", "update", "upload"]

_FIELDS = ("title", "context", "metadata")
_FILES = ("notes.txt", "Notes.TXT", "data.log", "notes.txt.")


def update(walk: Walk, step: Step) -> None:
    """Some of the values that an update can change; all of them where it replaces what isn't sent."""
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    binding = walk.contract.first("update")
    names = [name for name in _FIELDS if name in binding.sends and name in session.values]
    if not names:
        return
    chosen = names if walk.contract.update_replaces else [names[step.way % len(names)], *names[: step.how % 3 % 2]]
    caller = walk.caller(session.user)
    values: dict[str, Any] = {
        name: caller.text(name) if name == "title" else {f"k{step.how % 2}": caller.text(name)} for name in chosen
    }
    reply = walk.call(session.user, binding, session, **values)
    walk.claims.reply("LIF-04", reply, "succeeds")
    walk.leave(values, Trace(session, "value"))
    for name, value in values.items():
        before = session.values[name]
        if name == "title":
            session.values[name], session.titled = value, True
        elif walk.contract.update_objects == "merge" and isinstance(before, dict):
            session.values[name] = {**before, **value}
        else:
            session.values[name] = value
        session.known.discard(name)
    if "metadata" in values:
        within_metadata(walk, session)
    _shows(walk, session, reply)
    walk.world.touched(session, "update", reply)
    session.since.append("update")


def within_metadata(walk: Walk, session: Session) -> None:
    """Whatever stands inside the metadata may have gone with what was there."""
    around = {place.pointer for place in walk.contract.first("create").sends.get("metadata", ())}
    for name in ("life", "kind"):
        places = walk.contract.first("create").sends.get(name, ())
        if any(place.pointer.startswith(f"{outer}/") for place in places for outer in around):
            session.values.update({name: UNKNOWN} if name in session.values else {})
            session.known.discard(name)
            if name == "life":
                session.life = type(session.life)(None, session.life.since, session.life.until)


def _shows(walk: Walk, session: Session, reply: Reply) -> None:
    for name, wanted in session.values.items():
        seen = reply[name]
        if seen is ABSENT or wanted is UNKNOWN or not reply.shows(name):
            continue
        holds = seen == wanted if name in session.known else alike(wanted, seen)
        walk.claims.that(
            "LIF-04", holds, reply, expected=f"{name} {wanted!r}"[:200], seen=f"{name} {seen!r}"[:200],
            test=("says", name, wanted),
        )  # fmt: skip


def status(walk: Walk, step: Step) -> None:
    """Another status: one that can follow, one that can't, or one that there isn't."""
    session = walk.session(step.session)
    contract = walk.contract
    if session is None or session.values.get("status", UNKNOWN) is UNKNOWN:
        return
    before = session.values["status"]
    follow = contract.status_transitions
    known = sorted({contract.status_initial, *follow, *sum(follow.values(), ())})
    goals = [one for one in (*known, "zombie") if one != before]
    goal = goals[step.way % len(goals)]
    reply = walk.call(session.user, contract.first("update"), session, status=goal)
    allowed = goal in contract.status_transitions.get(before, ())
    session.since.append("status")
    if goal == contract.status_deleted:
        if not reply.refused:
            walk.claims.reply("LIF-07", reply, "succeeds")
            session.state = State.DELETED
        return
    if not allowed:
        walk.claims.reply("LIF-07", reply, "is_refused")
        return
    walk.claims.reply("LIF-07", reply, "succeeds")
    session.values["status"] = goal
    if reply.shows("status"):
        walk.claims.reply("LIF-07", reply, "says", "status", goal)
    walk.world.touched(session, "update", reply)


def heartbeat(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None or not is_open(walk, session):
        return
    reply = walk.call(session.user, walk.contract.first("heartbeat"), session)
    walk.claims.reply("EXP-06" if "time" in session.since else walk.suspects(session, "LIF-01"), reply, "succeeds")
    walk.world.touched(session, "heartbeat", reply)
    session.since.append("heartbeat")


def upload(walk: Walk, step: Step) -> None:
    """A file: of a name that is used elsewhere too, with content of its own, none, or what another file has."""
    session = walk.session(step.session)
    if session is None or not is_open(walk, session) or "files" not in session.known:
        return
    bindings, rule = walk.bindings("upload"), walk.contract.uploads.same_name
    name = _FILES[step.how % len(_FILES)]
    there = [file for file in session.files if file.name == name]
    if there and not rule:
        name = f"{len(session.files)}-{name}"
    content = walk.caller(session.user).text("in a file").encode()
    if step.way % 7 == 5:
        content = b""
    elif step.way % 7 == 6 and session.files:
        content = session.files[-1].content
    elif step.way % 7 == 4:
        content = content + b"\r\nand another line\r\n"
    reply = walk.call(session.user, bindings[step.way % len(bindings)], session, file=(name, content))
    if rule == "reject" and there:
        walk.claims.reply("UPL-03", reply, "is_refused")
        walk.leave(content, Trace(None, "file", refused="UPL-03"))
        return
    if reply.refused and (not content or name.endswith(".")):
        walk.leave(content, Trace(None, "file", refused="UPL-02"))
        return
    walk.claims.reply("UPL-01", reply, "succeeds")
    if rule == "replace":
        session.files = [file for file in session.files if file.name != name]
    filed(walk, session, reply, name, content)


def filed(walk: Walk, session: Session, reply: Reply, name: str, content: bytes) -> None:
    """The file that an answer acknowledges."""
    walk.leave(content, Trace(session, "file"))
    if reply.shows("session"):
        walk.claims.reply("UPL-01", reply, "says", "session", session.id)
    shown = {"size": reply["size"], "digest": reply["digest"]}
    off = misfit(content, shown, walk.contract.uploads.digest)
    walk.claims.that(
        "UPL-01", not off, reply, expected="the size and digest of what was sent", seen=off,
        test=("says", *_true(content, walk.contract.uploads.digest, off)),
    )  # fmt: skip
    kept = str(reply["name"]) if reply["name"] is not ABSENT else name
    session.files.append(File(kept, content, reply["upload"]))
    walk.world.touched(session, "upload", reply)
    session.since.append("upload")


def misfit(content: bytes, shown: Mapping[str, Any], algorithm: str) -> str:
    """How what is shown of a file differs from its content; "" where it doesn't."""
    size, digest = shown.get("size", ABSENT), shown.get("digest", ABSENT)
    if size not in (ABSENT, len(content)):
        return f"size {size!r} for {len(content)} bytes"
    if not algorithm or digest is ABSENT:
        return ""
    true = _digest(content, algorithm)
    return "" if str(digest).lower() == true else f"digest {digest} for {true}"


def _digest(content: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def _true(content: bytes, algorithm: str, off: str) -> tuple[str, Any]:
    by_size = off.startswith("size") or not algorithm
    return ("size", len(content)) if by_size else ("digest", _digest(content, algorithm))
