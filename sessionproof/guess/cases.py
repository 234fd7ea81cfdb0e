"""Cases of a session: parts of its conversation with an id of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sessionproof.guess.carriers import OnSession, Words
from sessionproof.guess.lists import find_list, paging
from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import CASE_NOUNS, MESSAGE, SESSION, Rule, singular
from sessionproof.guess.schema import Shape
from sessionproof.guess.values import find, scopes

__all__ = ["case_history", "cases", "current_case", "new_case", "only_whole"]

_STEPS = {"new_case", "cases", "case_history"}


def _text(shape: Shape) -> bool:
    return shape.is_a("string") and not shape.enum


_CASE = Rule(tuple(f"{noun}_id" for noun in CASE_NOUNS), (), _text)
_CURRENT = Rule(tuple(f"{which}_{noun}_id" for noun in CASE_NOUNS for which in ("current", "active")), (), _text)
_OF_CASE = {
    "case": _CASE,
    "created": SESSION["created"],
    "activity": SESSION["activity"],
    "count": Rule(("query_count", "question_count"), (), lambda shape: shape.is_a("integer")),
}
_OF_ENTRY = {
    "case": _CASE,
    "question": Rule(("question", "query", "prompt"), (), _text),
    "answer": Rule(("answer",), ("response", "reply"), _text),
    "time": MESSAGE["time"],
    "confidence": Rule(("confidence", "confidence_score"), (), lambda shape: shape.is_a("number")),
    "context": SESSION["context"],
}


def new_case(on: OnSession) -> Operation | None:
    """POST of a new case, whose id comes back."""
    made = {form for noun in CASE_NOUNS for form in (f"{noun}s", f"new_{noun}", f"{noun}s_new", f"start_{noun}")}
    if on.route.method != "POST" or on.word not in made:
        return None
    where = scopes("$response.body", on.route.answer, ())
    if (case := find(where, _CASE)) is None or not case.holds:
        return None
    words: Words = {"session": on.session, "case": (case,)}
    if (time := find(where, MESSAGE["time"])) is not None:
        words["time"] = (time,)
    reason = f"POST to {on.word}, and a case's id comes back"
    return Operation(on.route.method, on.route.path, "new_case", Confidence.LIKELY, reason, words)


def cases(on: OnSession) -> Operation | None:
    """GET of the session's cases, each with its id."""
    if on.route.method != "GET" or on.word not in {f"{noun}s" for noun in CASE_NOUNS}:
        return None
    found = find_list(on.route.answer, (singular(on.word),))
    entry = {name: one for name, rule in _OF_CASE.items() if found and (one := find(found.scope, rule)) is not None}
    pages, endless = paging(on.route)
    if found is None or found.keyed or "case" not in entry or endless:
        return None
    words: Words = {"session": on.session, **current_case(on.route.answer), **pages}
    reason = f"GET of {on.word}, a list with their ids"
    return Operation(
        on.route.method, on.route.path, "cases", Confidence.LIKELY, reason, words, {"each": {"in": found.at, **entry}}
    )


def case_history(on: OnSession) -> Operation | None:
    """GET of what was asked and answered in one case."""
    nouns = {f"{noun}s" for noun in CASE_NOUNS}
    if on.route.method != "GET" or len(on.action) not in (2, 3) or on.action[0] not in nouns:
        return None
    if not on.action[1].startswith("{") or on.action[2:] not in ((), ("history",), ("queries",), ("entries",)):
        return None
    found = find_list(on.route.answer, ("history", "querie", "entrie"))
    entry = {name: one for name, rule in _OF_ENTRY.items() if found and (one := find(found.scope, rule)) is not None}
    pages, endless = paging(on.route)
    if found is None or found.keyed or not {"question", "answer"} <= set(entry) or endless:
        return None
    asked = Guess(f"$request.path.{on.action[1].strip('{}')}", Confidence.SURE, "the path's last parameter")
    shown = find(scopes("$response.body", on.route.answer, ()), _CASE)
    words: Words = {"session": on.session, "case": (asked, shown) if shown else (asked,), **pages}
    reason = f"GET of one of {on.action[0]}, a list of questions and answers"
    return Operation(
        on.route.method, on.route.path, "case_history", Confidence.LIKELY, reason, words,
        {"each": {"in": found.at, **entry}},
    )  # fmt: skip


def current_case(answer: Shape) -> Words:
    """The place of the case that the next question goes to."""
    found = find(scopes("$response.body", answer, ()), _CURRENT)
    return {"current_case": (found,)} if found else {}


def only_whole(operations: Iterable[Operation]) -> list[Operation]:
    """Cases are trusted where they can be made, listed and read back; anything less may be of another kind."""
    found = list(operations)
    missing = sorted(_STEPS - {one.does for one in found})
    reason = f"nothing could be told to do {', '.join(missing)}, which belongs to it"
    return [
        replace(one, confidence=Confidence.UNSURE, reason=f"{one.reason}; {reason}")
        if missing and one.does in _STEPS
        else one
        for one in found
    ]
