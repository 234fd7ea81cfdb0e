"""Files of a session."""

from __future__ import annotations

from sessionproof.guess.carriers import OnSession
from sessionproof.guess.lists import find_list, paging
from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import Rule, singular
from sessionproof.guess.schema import Shape
from sessionproof.guess.values import Scope, find, scopes

__all__ = ["upload", "uploads"]

_FILES = ("upload", "file", "attachment", "document", "data")


def _text(shape: Shape) -> bool:
    return shape.is_a("string", "integer")


def _is_file(shape: Shape) -> bool:
    return shape.facts.get("format") == "binary" or shape.facts.get("contentMediaType") == "application/octet-stream"


_ID = Rule(("upload_id", "file_id", "attachment_id"), ("document_id", "data_id", "id"), _text)
_NAME = Rule(("filename", "file_name"), ("name", "original_name"), _text)


def upload(on: OnSession) -> Operation | None:
    """POST of one file as a form."""
    if on.route.method != "POST" or singular(on.word) not in _FILES:
        return None
    body = Scope("$request.body", on.route.body)
    files = [name for name in body.shape.properties if _is_file(body.shape.below(name))]
    if not (on.route.media_type.startswith("multipart/form-data") and len(files) == 1):
        return None
    place = Guess(body.at(files[0]), Confidence.SURE, "the only file of the form")
    words = {"session": on.places, "file": (place,), **_described(scopes("$response.body", on.route.answer, _FILES))}
    return Operation(on.route.method, on.route.path, "upload", Confidence.SURE, "POST of a file", words)


def uploads(on: OnSession) -> Operation | None:
    """GET of the list of files."""
    if on.route.method != "GET" or singular(on.word) not in _FILES[:4]:
        return None
    found = find_list(on.route.answer, _FILES[:4])
    entry = {name: places[0] for name, places in _described(found.scope).items()} if found else {}
    if found is None or "upload" not in entry or paging(on.route)[1]:
        return None
    lists = {"each": {"in": found.at, **entry}}
    words = {"session": on.places, **paging(on.route)[0]}
    return Operation(on.route.method, on.route.path, "uploads", Confidence.LIKELY, f"GET of {on.word}", words, lists)


def _described(where: tuple[Scope, ...]) -> dict[str, tuple[Guess, ...]]:
    rules = (("upload", _ID), ("name", _NAME))
    return {name: (guess,) for name, rule in rules if (guess := find(where, rule)) is not None}
