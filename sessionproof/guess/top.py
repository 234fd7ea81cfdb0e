"""What holds for the whole API: lives, resumption, statuses, roles, ids."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape, snake

__all__ = ["ids", "life", "list_scope", "resume", "roles", "slash", "status", "update"]

_INITIAL = ("active", "open", "new", "created", "pending", "started")


def life(create: Operation, route: Route, operations: Iterable[Operation]) -> Guess | None:
    """Limits from the schema; the kind only where a heartbeat says that lives are of inactivity."""
    if "life" not in create.words:
        return None
    answered = route.answer.find(create.words["life"][-1].value.split("#", 1)[-1])
    asked = route.body.find(create.words["life"][0].value.split("#", 1)[-1])
    limits = {
        name: _duration(number, create.unit)
        for name in ("default", "minimum", "maximum")
        if (number := _number(asked, name) or _number(answered, name))
    }
    beats = any(one.does == "heartbeat" for one in operations)
    value: dict[str, object] = {"kind": "idle", **limits}
    if beats:
        reason = "there is a heartbeat; limits as in the schema"
        return Guess({**value, "refreshed_by": ["heartbeat"]}, Confidence.LIKELY, reason)
    return Guess(value, Confidence.UNSURE, "idle (from the last activity) or absolute (from the start)?")


def _duration(value: float, unit: str) -> str:
    """As the vocabulary writes it, which knows no milliseconds."""
    value, unit = (value / 1000, "seconds") if unit == "milliseconds" else (value, unit)
    return f"{round(value, 3):.3f}".rstrip("0").rstrip(".") + f" {unit}"


def _number(shape: Shape, name: str) -> float | None:
    value = shape.facts.get(name)
    positive = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 10**12
    return float(value) if positive and value is not None else None


def resume(create: Operation, route: Route, has_identity: bool) -> Guess | None:
    """By the client's id, where the answer or the text says that a create can lead back."""
    if not create.has("client", "$request"):
        return None
    value = {"scope": ["user", "client"] if has_identity else ["client"]}
    if create.has("resumed"):
        return Guess(value, Confidence.SURE, "the create takes a client id and says whether it resumed")
    if re.search(r"\bresum", route.says):
        return Guess(value, Confidence.LIKELY, "the create takes a client id and is described as resuming")
    return Guess(value, Confidence.UNSURE, "the create takes a client id; does a second one lead back to its session?")


def update(operations: Iterable[Operation], routes: dict[str, Route]) -> Guess | None:
    """What can be changed, and whether fields that aren't sent stay."""
    for one in operations:
        if one.does != "update":
            continue
        names = [name for name in ("title", "status", "context", "metadata") if one.has(name, "$request")]
        value: dict[str, object] = {"fields": names}
        if one.method == "PATCH":
            return Guess({**value, "semantics": "merge"}, Confidence.LIKELY, "PATCH changes what is sent")
        if routes[one.name].body.required:
            return Guess({**value, "semantics": "replace"}, Confidence.LIKELY, "PUT, and every field must be sent")
        return Guess(value, Confidence.SURE, "the fields of the body")
    return None


def status(operations: Iterable[Operation], routes: dict[str, Route]) -> Guess | None:
    """Never more than a question: an enum has the values and not the moves between them."""
    for one in operations:
        place = next((guess.value for guess in one.words.get("status", ()) if guess.value.startswith("$request")), "")
        if one.does != "update" or not place:
            continue
        values = [value for value in routes[one.name].body.find(place.split("#", 1)[-1]).enum if isinstance(value, str)]
        initial = next((value for value in values if snake(value) in _INITIAL), "")
        if initial and len(values) > 1:
            moves = {start: [goal for goal in values if goal != start] for start in values if start != "deleted"}
            value = {"initial": initial, "transitions": moves}
            if "deleted" in values:
                value["deleted"] = "deleted"
            return Guess(value, Confidence.UNSURE, "the values are the document's; which moves are allowed?")
    return None


def roles(operations: Iterable[Operation], routes: dict[str, Route]) -> Guess | None:
    for one in operations:
        for guess in one.words.get("role", ()):
            if one.does == "add_message" and guess.holds and guess.value.startswith("$request.body"):
                values = routes[one.name].body.find(guess.value.split("#", 1)[-1]).enum
                if values and all(isinstance(value, str) for value in values):
                    return Guess(list(values), Confidence.SURE, "who may speak, by the message's schema")
    return None


def ids(read: Operation, route: Route) -> Guess | None:
    shapes = [one.shape for one in route.inputs if one.place == read.words["session"][0].value]
    shapes += [
        route.answer.find(guess.value.split("#", 1)[-1])
        for guess in read.words["session"]
        if "$response" in guess.value
    ]
    if any(shape.facts.get("format") == "uuid" for shape in shapes):
        return Guess({"format": "uuid"}, Confidence.SURE, "the id's format is uuid")
    return None


def list_scope(operations: Iterable[Operation], identity: Guess) -> Guess | None:
    """Everyone's where nobody says who is calling, and then for operators; otherwise a question."""
    if not any(one.does == "list" for one in operations):
        return None
    if identity.value == "none" and identity.holds:
        reason = (
            "without an identity it can only be everyone's, and shows ids that open sessions; if anyone may call it"
        )
        return Guess({"scope": "all", "for": "operators"}, Confidence.LIKELY, f"{reason}, write for: anyone")
    return Guess({"scope": "user"}, Confidence.UNSURE, "user: the caller's sessions (assumed), or all: everyone's")


def slash(operations: Iterable[Operation]) -> Guess:
    """`either`, where the document has every path in both forms."""
    found = [(one.method, one.path) for one in operations]
    twins = {(method, path[:-1] if path.endswith("/") else f"{path}/") for method, path in found}
    if found and twins == set(found):
        return Guess("either", Confidence.LIKELY, "the document has every path with and without a slash at its end")
    return Guess("exact", Confidence.UNSURE, "exact, either or redirect: what does a slash too many or too few do?")
