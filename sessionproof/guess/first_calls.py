"""Calls that need no session yet: whether they make one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import Rule
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape
from sessionproof.guess.values import find, scopes

__all__ = ["autocreate"]


def _flag(shape: Shape) -> bool:
    return shape.is_a("boolean")


_MADE = Rule(("session_created", "new_session", "is_new_session"), ("conversation_created", "new_conversation"), _flag)
_NOUN = r"(?:session|conversation|chat|thread)"
_SAYS = re.compile(
    rf"\bwithout (?:an? |any )?{_NOUN}\b[^.]*\b(?:made|makes|created?s?|started|starts)\b"
    rf"|\b(?:makes?|creates?|starts?) (?:an? )?(?:new )?{_NOUN} (?:if|when|unless)\b"
)


def autocreate(operations: Iterable[Operation], routes: dict[str, Route]) -> Guess | None:
    """Whether a query or an upload that names no session makes one; a question where the document leaves it open."""
    open_ = [one for one in operations if one.does in ("query", "upload") and _may_go_without(one, routes[one.name])]
    if not open_:
        return None
    for one in open_:
        if find(scopes("$response.body", routes[one.name].answer, ()), _MADE) is not None:
            return Guess(True, Confidence.SURE, f"{one.name} needs no session, and says whether it made one")
    for one in open_:
        if _SAYS.search(routes[one.name].says):
            return Guess(True, Confidence.LIKELY, f"{one.name} needs no session, and is described as making one")
    names = " and ".join(one.name for one in open_[:2])
    return Guess(True, Confidence.UNSURE, f"{names} may go without a session; do they make one (true), or refuse?")


def _may_go_without(operation: Operation, route: Route) -> bool:
    """Whether no place of the session has to be filled."""
    needed = {one.place for one in route.inputs if one.required}
    needed |= {f"$request.body#/{name}" for name in route.body.required}
    return not any(one.value in needed or one.value.startswith("$request.path") for one in operation.words["session"])
