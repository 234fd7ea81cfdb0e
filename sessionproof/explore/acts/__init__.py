"""What can be done in a walk: each act speaks, and compares; where it can't be done, it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sessionproof.contract import Contract
from sessionproof.explore.acts.ending import delete, haunt, let_pass
from sessionproof.explore.acts.looking import everything, health, look, look_at_list
from sessionproof.explore.acts.opening import begin, claim, create, first_contact, joined, resume, twins_meet
from sessionproof.explore.acts.talking import ask, chatter, clear, new_case, say
from sessionproof.explore.acts.trespassing import anonymous, garble, intrude, misname, never, second_id, stray
from sessionproof.explore.acts.writing import heartbeat, status, update, upload
from sessionproof.explore.steps import Step
from sessionproof.explore.walk import Walk

__all__ = ["ACTS", "possible", "take"]

ACTS: dict[str, Callable[[Walk, Step], None]] = {
    "begin": begin,
    "create": create,
    "resume": resume,
    "twins": twins_meet,
    "joined": joined,
    "look": look,
    "say": say,
    "ask": ask,
    "chatter": chatter,
    "update": update,
    "status": status,
    "heartbeat": heartbeat,
    "upload": upload,
    "new_case": new_case,
    "clear": clear,
    "delete": delete,
    "look_at_list": look_at_list,
    "everything": everything,
    "haunt": haunt,
    "intrude": intrude,
    "anonymous": anonymous,
    "never": never,
    "misname": misname,
    "stray": stray,
    "second_id": second_id,
    "claim": claim,
    "garble": garble,
    "first_contact": first_contact,
    "health": health,
    "let_pass": let_pass,
}

_NEEDS = {  # operations without which an act is none; of those in brackets one will do
    "say": ("add_message",),
    "ask": ("query",),
    "update": ("update",),
    "status": ("update",),
    "heartbeat": ("heartbeat",),
    "upload": ("upload",),
    "new_case": ("new_case",),
    "clear": ("clear",),
    "delete": ("delete",),
    "look_at_list": ("list",),
    "never": ("read",),
    "misname": ("read",),
    "health": ("health",),
}


def possible(act: str, contract: Contract) -> bool:
    """Whether the contract has what the act needs."""
    if act == "status" and not contract.status_transitions:
        return False
    if act in ("resume", "twins", "joined") and "resume" not in contract.capabilities:
        return False
    if act == "chatter" and not contract.takes_words:
        return False
    if act == "joined" and not contract.resumes_by_user:
        return False
    if act in ("intrude", "anonymous", "claim") and contract.identity.kind == "none":
        return False
    return all(contract.has(operation) for operation in _NEEDS.get(act, ()))


def take(walk: Walk, step: Step) -> None:
    """The next step of a walk. Raises Broken, and Unclear where nothing can be predicted any more."""
    walk.begin(step)
    ACTS[step.act](walk, replace(step, user=step.user % walk.cast.size))
