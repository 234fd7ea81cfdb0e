"""A session with all that it can hold, whose owner is not to be seen by others."""

from __future__ import annotations

from typing import Any

from sessionproof.caller import Caller
from sessionproof.run import Run

__all__ = ["filled_session"]


def filled_session(caller: Caller, target: Run) -> str:
    """A session with the caller's canary in everything that it can hold."""
    values = {
        "title": caller.text("title"),
        "context": {"c": caller.text()},
        "metadata": {"m": caller.text()},
    }
    session = caller.has_session(client=caller.client, **values)
    if target.contract.takes_words:
        caller.has_told(session, caller.text("said"))
    if "uploads" in target.contract.capabilities:
        caller.has_uploaded(session, f"{caller.actor.marker}.txt", caller.text("in a file").encode())
    if target.effort.numbers.times > 1:
        _has_a_past(session, caller, values, target)
    return session


def _has_a_past(session: str, caller: Caller, values: dict[str, Any], target: Run) -> None:
    """The session was changed, and resumed, where it can be."""
    if target.contract.has("update") and any(name in target.contract.first("update").sends for name in values):
        caller.arranged(caller.update(session, **values), "update")
    if "resume" in target.contract.capabilities:
        caller.arranged(caller.create(client=caller.client), "create")
