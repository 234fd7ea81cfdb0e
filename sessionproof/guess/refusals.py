"""What an API answers when it refuses, as far as it documents that."""

from __future__ import annotations

from collections.abc import Iterable

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.names import Rule
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape, snake
from sessionproof.guess.values import Scope, find

__all__ = ["error_places", "statuses"]


def _text(shape: Shape) -> bool:
    return shape.is_a("string")


_REASON = Rule(("reason", "code", "error_code"), ("type_code",), _text)
_MESSAGE = Rule(("message", "detail", "error_message", "error_description"), ("description", "msg"), _text)


def statuses(create: Route, read: Route, on_session: Iterable[Route], has_identity: bool) -> dict[str, Guess]:
    """`foreign`, `gone`, `unknown` and `no_identity`, where what is documented leaves one reading."""
    found: dict[str, Guess] = {}
    documented = {status for route in on_session for status in route.refusals}
    refused = set(read.refusals) & {"403", "404", "410"}
    if "404" in refused and "410" not in documented:
        found["gone"] = Guess([404], Confidence.LIKELY, "reading can answer 404, and nothing answers 410")
        if has_identity and "401" in read.refusals and "403" not in documented:
            found["foreign"] = Guess(
                [404], Confidence.LIKELY, "reading can answer 401 and 404, and nothing answers 403"
            )
    if {"404", "410"} <= refused:
        found["gone"] = Guess([410], Confidence.UNSURE, "reading can answer 404 and 410")
        found["unknown"] = Guess([404], Confidence.UNSURE, "reading can answer 404 and 410")
    if {"403", "404"} <= refused and has_identity:
        found["foreign"] = Guess([403], Confidence.UNSURE, "reading can answer 403 and 404")
    if has_identity and {"401"} == set(create.refusals) & {"401", "403"}:
        found["no_identity"] = Guess([401], Confidence.SURE, "a create can answer 401")
    return found


def error_places(routes: Iterable[Route]) -> Guess | None:
    """Where errors say why, if all that are documented say it at the same place."""
    shapes = [shape for route in routes for shape in route.refusals.values() if shape.kinds]
    found = {}
    for name, rule in (("reason", _REASON), ("message", _MESSAGE)):
        places = {guess.value if (guess := _in_error(shape, rule)) else "" for shape in shapes}
        if len(places) == 1 and (place := places.pop()):
            found[name] = place
    if not found:
        return None
    confidence = Confidence.SURE if "reason" in found else Confidence.LIKELY
    return Guess(found, confidence, "the same in all documented errors")


def _in_error(shape: Shape, rule: Rule) -> Guess | None:
    root = Scope("$response.body", shape)
    inner = [root.below(name) for name in shape.properties if snake(name) == "error"]
    guess = find((*inner, root), rule)
    return guess if guess is not None and guess.holds else None
