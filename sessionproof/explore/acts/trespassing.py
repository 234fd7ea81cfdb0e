"""What isn't one's own, what was never issued, what is malformed: it is refused, and changes nothing."""

from __future__ import annotations

import random
from typing import Any

from sessionproof.contract import Binding
from sessionproof.contract.schemas import misfits
from sessionproof.explore.acts.talking import is_open
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace
from sessionproof.explore.walk import Walk
from sessionproof.explore.world import State
from sessionproof.oddities import never_issued
from sessionproof.wire import Raw, Reply

__all__ = ["anonymous", "garble", "intrude", "misname", "never", "second_id", "stray"]

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def _left(walk: Walk, reply: Reply, wrong: str) -> None:
    """What was sent with a call that has to be refused has no place anywhere."""
    walk.leave(reply.request.content, Trace(None, "said", refused=wrong))


def intrude(walk: Walk, step: Step) -> None:
    """Another user tries something on a living session."""
    session = walk.session(step.session)
    if session is None or walk.cast.size < 2:
        return
    user = step.user if step.user != session.user else 1 if session.user == 0 else 0
    if user in walk.refused:
        return
    bindings = list(walk.contract.on_session())
    binding = bindings[step.way % len(bindings)]
    wrong = "ISO-02" if binding.method in _WRITES else "ISO-01"
    reply = walk.try_on(user, binding, session.id)
    if reply.status in walk.contract.no_identity and user >= 2:
        walk.refused.add(user)  # a name that the target doesn't take
        return
    walk.claims.reply(wrong, reply, "is_foreign")
    _left(walk, reply, wrong)
    session.since.append("foreign")


def anonymous(walk: Walk, step: Step) -> None:
    """Somebody without identity tries something on a living session."""
    session = walk.session(step.session)
    if session is None or walk.contract.identity.kind == "none" or walk.contract.identity.guests:
        return
    bindings = [one for one in walk.contract.on_session() if not one.anonymous]
    reply = walk.try_on(-1, bindings[step.way % len(bindings)], session.id, caller=walk.nobody())
    walk.claims.reply("ISO-05", reply, "is_without_identity")
    _left(walk, reply, "ISO-05")
    session.since.append("nobody")


def never(walk: Walk, step: Step) -> None:
    """Something is tried on an id that nobody was ever given; afterwards it is as unknown as before."""
    if not walk.world.sessions:
        return
    like = walk.world.sessions[0].id
    id = never_issued(like, random.SystemRandom())
    bindings = list(walk.contract.on_session())
    binding = bindings[step.way % len(bindings)]
    reply = walk.try_on(step.user, binding, id)
    wrong = (
        "CAS-08"
        if binding.operation in ("new_case", "cases")
        else "UPL-02"
        if binding.operation == "upload"
        else "SEC-02"
    )
    if binding.operation != "delete":
        walk.claims.reply(wrong, reply, "is_unknown")
    _left(walk, reply, wrong)
    again = walk.call(step.user, walk.contract.first("read"), id)
    walk.claims.reply("SEC-02", again, "is_unknown")


def misname(walk: Walk, step: Step) -> None:
    """A session is named nearly right: it is another one, or none."""
    session = walk.session(step.session)
    if session is None or len(session.id) < 16:
        return
    like = (session.id.upper(), session.id.lower(), session.id[:-1], session.id[:8])
    names = [one for one in like if one != session.id]
    name = names[step.how % len(names)]
    if any(one.id == name for one in walk.world.sessions):
        return
    reads = walk.contract.on_session(writes=False)
    reply = walk.call(session.user, reads[step.way % len(reads)], name)
    walk.claims.reply("SEC-07", reply, "is_unreachable")


def garble(walk: Walk, step: Step) -> None:
    """A write whose body is no JSON, or has a field of a type that the contract rules out."""
    session = walk.session(step.session)
    bindings = [one for one in walk.contract.on_session(writes=True) if one.media_type.endswith("json")]
    if session is None or not bindings or not is_open(walk, session):
        return
    binding = bindings[step.way % len(bindings)]
    raws = [Raw(content=b"{", content_type="application/json"), *_misfits(walk, binding)]
    reply = walk.try_on(session.user, binding, session.id, raw=raws[step.how % len(raws)])
    if reply.ok and step.how % len(raws):
        session.state = State.UNSURE  # taken in some way of its own
        return
    walk.claims.reply("SEC-03", reply, "is_refused")
    _left(walk, reply, "MSG-01" if binding.operation == "add_message" else "SEC-03")
    session.since.append("refused")


def _misfits(walk: Walk, binding: Binding) -> list[Raw]:
    return [Raw(body={name: value}) for name, value in misfits(walk.contract.document, binding.body_schema).items()]


def second_id(walk: Walk, step: Step) -> None:
    """A call on one session names another one in a header, or the query, that the contract doesn't know."""
    session = walk.session(step.session)
    there = walk.world.sessions
    other = there[step.other] if 0 <= step.other < len(there) and there[step.other].alive else None
    if session is None or other is None or other is session or not is_open(walk, session):
        return
    left_out = ("delete", "clear", "upload", "update")
    bindings = [one for one in walk.contract.on_session() if one.operation not in left_out]
    binding = bindings[step.way % len(bindings)]
    declared = {place.name.lower() for place in binding.carriers()}
    if "x-session-id" in declared or "session_id" in {place.pointer.strip("/") for place in binding.carriers()}:
        return
    raws = [Raw(headers=(("X-Session-ID", other.id),)), Raw(query=(("session_id", other.id),))]
    reply = walk.try_on(session.user, binding, session.id, raw=raws[step.how % len(raws)])
    other.since.append("mixed")
    if reply.ok and reply.shows("session"):
        walk.claims.reply("ISO-07", reply, "says", "session", session.id)
    if binding.method in _WRITES:
        walk.leave(reply.request.content, Trace(session, "said", epoch=session.epoch))
        session.state = State.UNSURE  # something was written there; what, is another step's matter


def stray(walk: Walk, step: Step) -> None:
    """A case or a file is asked for under another session than its own."""
    session = walk.session(step.session)
    there = walk.world.sessions
    other = there[step.other] if 0 <= step.other < len(there) and there[step.other].alive else None
    if session is None or other is None or other is session:
        return
    same_user = session.user == other.user or walk.contract.identity.kind == "none"
    if same_user and walk.contract.case_lifetime == "user":
        return
    kinds: list[tuple[str, dict[str, Any]]] = []
    if walk.contract.has("case_history") and other.cases:
        kinds.append(("case_history", {"case": other.cases[step.way % len(other.cases)]}))
    if walk.contract.has("download") and other.files:
        kinds.append(("download", {"upload": other.files[step.way % len(other.files)].upload}))
    if not kinds:
        return
    operation, named = kinds[step.how % len(kinds)]
    reply = walk.call(session.user, walk.contract.first(operation), session, **named)
    walk.claims.reply("ISO-08", reply, "is_unreachable")
