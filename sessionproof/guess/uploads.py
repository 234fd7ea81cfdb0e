"""Files of a session."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sessionproof.guess.carriers import OnSession, Words, keys_of
from sessionproof.guess.lists import Found, find_list, paging
from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import Rule, singular
from sessionproof.guess.schema import Shape, snake
from sessionproof.guess.values import Scope, find, scopes

__all__ = ["digest", "download", "upload", "uploads", "uploads_inside"]

_FILES = ("upload", "file", "attachment", "document", "data")
_HEXADECIMAL = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}  # characters
_DIGEST = re.compile(
    r"(?:checksum_|digest_|hash_)?(?P<name>md5|sha_?1|sha_?256|sha_?512)(?:_?(?:sum|hash|digest|hex))*"
)


def _text(shape: Shape) -> bool:
    return shape.is_a("string", "integer")


def _is_file(shape: Shape) -> bool:
    return shape.facts.get("format") == "binary" or shape.facts.get("contentMediaType") == "application/octet-stream"


_WORDS = {
    "upload": Rule(("upload_id", "file_id", "attachment_id"), ("document_id", "data_id", "id"), _text),
    "name": Rule(("filename", "file_name"), ("name", "original_name"), _text),
    "size": Rule(("size_bytes", "file_size_bytes", "size_in_bytes"), ("size", "bytes", "file_size"),
                 lambda shape: shape.is_a("integer")),
    "time": Rule(("uploaded_at", "upload_time"), ("created_at", "added_at", "uploaded", "timestamp"),
                 lambda shape: shape.is_a("string", "number", "integer") and shape.facts.get("format") != "date"),
}  # fmt: skip


def upload(on: OnSession) -> Operation | None:
    """POST of one file as a form."""
    if on.route.method != "POST" or singular(on.word) not in _FILES:
        return None
    body = Scope("$request.body", on.route.body)
    files = [name for name in body.shape.properties if _is_file(body.shape.below(name))]
    if not (on.route.media_type.startswith("multipart/form-data") and len(files) == 1):
        return None
    place = Guess(body.at(files[0]), Confidence.SURE, "the only file of the form")
    answered = {name: (one,) for name, one in _described(scopes("$response.body", on.route.answer, _FILES)).items()}
    words: Words = {"session": on.session, **keys_of(on.route), "file": (place,), **answered}
    return Operation(on.route.method, on.route.path, "upload", Confidence.SURE, "POST of a file", words)


def uploads(on: OnSession) -> Operation | None:
    """GET of the list of files, each with its name."""
    if on.route.method != "GET" or singular(on.word) not in _FILES:
        return None
    found = find_list(on.route.answer, _FILES)
    entry = _entry(found) if found else {}
    pages, endless = paging(on.route)
    if not entry or endless:
        return None
    reason = f"GET of {on.word}, a list of files with their names"
    words = {"session": on.session, **pages}
    return Operation(on.route.method, on.route.path, "uploads", Confidence.LIKELY, reason, words, {"each": entry})


def uploads_inside(where: Iterable[Scope]) -> dict[str, Guess]:
    """The files inside a session, where an answer embeds a list of them with their names."""
    for scope in where:
        for name in scope.shape.properties:
            shape = scope.shape.below(name)
            if singular(snake(name)) in _FILES[:4] and shape.is_a("array"):
                return _entry(Found(Guess(scope.at(name), Confidence.SURE, f"an array called {name}"), shape.entries))
    return {}


def _entry(found: Found) -> dict[str, Guess]:
    """The place of a list of files and of what is in its entries; nothing where they don't show the files' names."""
    entry = _described(found.scope)
    if found.keyed:
        entry["upload"] = Guess("$key", Confidence.LIKELY, "the entries stand under keys")
    return {"in": found.at, **entry} if "name" in entry and entry["name"].holds else {}


def download(on: OnSession) -> Operation | None:
    """GET of one of the session's files, which answers with bytes."""
    if on.route.method != "GET" or not on.route.gives_bytes or len(on.action) not in (2, 3):
        return None
    files, one = on.action[:2]
    if (
        singular(files) not in _FILES
        or not one.startswith("{")
        or on.action[2:] not in ((), ("content",), ("download",))
    ):
        return None
    called = one.strip("{}")
    word = "name" if snake(called) in ("name", "filename", "file_name") else "upload"
    words: Words = {
        "session": on.places,
        word: (Guess(f"$request.path.{called}", Confidence.SURE, "the path's last parameter"),),
        "file": (Guess("$response.body", Confidence.SURE, "the answer is bytes"),),
    }
    reason = f"GET of one of {files}, and bytes come back"
    return Operation(on.route.method, on.route.path, "download", Confidence.LIKELY, reason, words)


def _described(where: tuple[Scope, ...]) -> dict[str, Guess]:
    found = {name: guess for name, rule in _WORDS.items() if (guess := find(where, rule)) is not None}
    if (digest := _digest(where)) is not None:
        found["digest"] = digest
    return found


def _digest(where: Iterable[Scope]) -> Guess | None:
    """A text that is called like what computes it, and can hold that in hexadecimal."""
    for scope in where:
        for name in scope.shape.properties:
            computed, shape = _algorithm(name), scope.shape.below(name)
            if (
                not computed
                or not shape.is_a("string")
                or {"byte", "base64"} & {shape.facts.get("format"), *_said(shape)}
            ):
                continue
            size, pattern = _HEXADECIMAL[computed], str(shape.facts.get("pattern", ""))
            if pattern and (str(size) not in pattern or re.fullmatch(pattern, "a" * size) is None):
                continue
            confidence = Confidence.SURE if pattern else Confidence.LIKELY
            return Guess(scope.at(name), confidence, f"called {name}")
    return None


def _said(shape: Shape) -> list[str]:
    return re.findall(r"[a-z0-9]+", str(shape.facts.get("description", "")).lower())


def digest(operations: Iterable[Operation]) -> Guess | None:
    """What all digests of files are computed by, if it is one for all."""
    operations = list(operations)
    found = [entry["digest"] for one in operations for entry in one.lists.values() if "digest" in entry]
    found += [place for one in operations for place in one.words.get("digest", ())]
    computed = {_algorithm(place.value.rsplit("/", 1)[-1]) for place in found}
    if not found:
        return None
    if len(computed) > 1:
        return Guess(
            {"digest": min(computed)}, Confidence.UNSURE, f"files have more than one: {', '.join(sorted(computed))}"
        )
    confidence = min(place.confidence for place in found)
    return Guess({"digest": computed.pop()}, confidence, "called so; in hexadecimal")


def _algorithm(name: str) -> str:
    """What a digest of this name is computed by, "" where the name doesn't say."""
    form = _DIGEST.fullmatch(snake(name))
    return form["name"].replace("_", "") if form else ""
