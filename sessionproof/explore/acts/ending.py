"""The end of sessions: they are deleted, or time passes; and who comes back to them afterwards."""

from __future__ import annotations

from sessionproof.contract import Binding
from sessionproof.explore.steps import Step
from sessionproof.explore.traces import Trace
from sessionproof.explore.walk import Walk
from sessionproof.wire import Reply

__all__ = ["delete", "haunt", "haunted", "let_pass"]

_PARTS = (0.4, 0.8, 1.3, 0.6)  # of the default life


def delete(walk: Walk, step: Step) -> None:
    session = walk.session(step.session)
    if session is None:
        return
    bindings = walk.bindings("delete")
    reply = walk.call(session.user, bindings[step.way % len(bindings)], session)
    walk.claims.reply(walk.suspects(session, "LIF-05"), reply, "succeeds")
    walk.world.ended(session)
    if step.how == 2:
        deleted_again(walk, walk.call(session.user, bindings[step.way % len(bindings)], session.id))


def deleted_again(walk: Walk, reply: Reply) -> None:
    harmless = reply.ok or reply.status in walk.contract.gone | {404, 410}
    expected, seen = "a harmless answer to deleting again", str(reply.status)
    walk.claims.that("LIF-05", harmless, reply, expected=expected, seen=seen, test=("is_no_server_error",))


def haunt(walk: Walk, step: Step) -> None:
    """Something that works on a session is tried on a dead one by its owner."""
    session = walk.ending(step.session)
    if session is None:
        return
    bindings = list(walk.contract.on_session())
    binding = bindings[step.way % len(bindings)]
    wrong = haunted(binding, expired=session.state.value == "expired")
    reply = walk.try_on(session.user, binding, session.id)
    walk.leave(reply.request.content, Trace(None, "said", refused=wrong))
    if binding.operation == "delete":
        deleted_again(walk, reply)
        return
    walk.claims.reply(wrong, reply, "is_gone")


def haunted(binding: Binding, *, expired: bool) -> str:
    """What is broken where a session that has ended answers to this."""
    writes = binding.method not in ("GET", "HEAD")
    if expired:
        return "EXP-08" if writes else "EXP-01"
    if binding.operation in ("cases", "case_history"):
        return "CAS-07"
    return {"upload": "UPL-02", "uploads": "UPL-05", "new_case": "CAS-08"}.get(binding.operation, "LIF-05")


def let_pass(walk: Walk, step: Step) -> None:
    """A part of a life passes, by a jump of the clock; who would be near its end then takes no part any more."""
    clock, default = walk.run.clock, walk.told_life or (walk.contract.life.default or 0.0) * walk.run.scale
    if clock is None or not clock.jumps or not default or not walk.world.alive() or walk.jumped > 6 * default:
        return
    seconds = _PARTS[step.way % len(_PARTS)] * default
    walk.let_pass(seconds)
    for session in walk.world.sessions:
        session.since.append("time")
