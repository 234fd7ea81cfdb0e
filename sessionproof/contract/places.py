"""The places that a contract names, against the OpenAPI document that is to have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sessionproof.contract.expressions import Expression
from sessionproof.contract.schemas import as_map, media_type_of, operations, parameters, properties_at, resolve
from sessionproof.contract.source import Source
from sessionproof.errors import ContractError
from sessionproof.suggest import did_you_mean

__all__ = ["EXAMPLES", "IDENTITIES", "unknown_places"]

EXAMPLES = "write it like $request.body#/client_id, $response.body#/session_id or $request.header.X-Session-ID"
IDENTITIES = (
    "write {header: NAME}, {query: NAME}, {bearer: {login: anyone}} or {cookie: {name: NAME, login: anyone}}, "
    "with guests: true if need be, or none"
)


def unknown_places(side: Source, openapi: Source, document: dict[str, Any]) -> Iterator[ContractError]:
    """What the contract names and the OpenAPI document doesn't have, or no request could be sent to."""
    annotated = [entry for entry in operations(document) if "x-session" in entry[2]]
    does = {operation["x-session"]["does"] for _, _, operation in annotated}
    if "create" not in does:
        yield side.error(("x-session",), "no operation does: create", "annotate the operation that makes a session")
    yield from _identified(side, document["x-session"]["identity"], does)
    yield from _reachable(openapi, dict.fromkeys(path for path, _, _ in annotated))
    for path, method, operation in annotated:
        at = ("paths", path, method, "x-session") if side is openapi else ("operations", f"{method.upper()} {path}")
        for where, text in _expressions(operation["x-session"], ()):
            reason = _unknown_place(document, path, operation, text)
            if reason:
                yield side.error((*at, *where), f"{'.'.join(where)}: {text} {reason[0]}", reason[1])
        yield from _session_carried(side, at, operation)
        yield from _callers_told(side, at, operation["x-session"])
        yield from _content_shown(side, at, operation["x-session"])


def _identified(side: Source, identity: Any, does: set[str]) -> Iterator[ContractError]:
    at = ("x-session", "identity")
    channels = [name for name in ("header", "query", "bearer", "cookie") if name in identity]
    if identity != "none" and len(channels) != 1:
        named = " and ".join(channels) or "none"
        yield side.error(at, f"identity is in one of header, query, bearer and cookie, and here in {named}", IDENTITIES)
    elif channels and "login" not in does and as_map(identity[channels[0]]).get("login") == "anyone":
        yield side.error(
            at, "no operation does: login", "annotate the operation that gives a token, or say login: known"
        )


def _reachable(openapi: Source, paths: Iterable[str]) -> Iterator[ContractError]:
    """Paths start with a slash, and no two differ in the names of their parameters only (OpenAPI 3.1, 4.8.8.2)."""
    seen: dict[str, str] = {}
    for path in paths:
        same = seen.setdefault(re.sub("{[^}]*}", "{}", path), path)
        if not path.startswith("/"):
            yield openapi.error(("paths", path), f"the path {path!r} starts with no slash", f"write {'/' + path!r}")
        if same != path:
            yield openapi.error(("paths", path), f"{path!r} is the same path as {same!r}", "join the two in one")


def _session_carried(side: Source, at: tuple[str, ...], operation: Mapping[str, Any]) -> Iterator[ContractError]:
    vocabulary = operation["x-session"]
    named = ("read", "delete", "heartbeat", "update", "add_message", "messages")
    needs = {"create": "$response", **dict.fromkeys(named, "$request")}.get(vocabulary["does"])
    places = vocabulary.get("session", [])
    if needs and not any(text.startswith(needs) for text in ([places] if isinstance(places, str) else places)):
        example = "$response.body#/session_id" if needs == "$response" else "$request.path.session_id"
        yield side.error(
            (*at, "does"),
            f"{vocabulary['does']} doesn't say where the session id is",
            f"add `session: {example}`",
        )


def _callers_told(side: Source, at: tuple[str, ...], vocabulary: Mapping[str, Any]) -> Iterator[ContractError]:
    """Whose an entry is, only its role tells."""
    for name in ("each", "messages"):
        if "callers" in vocabulary.get(name, {}) and "role" not in vocabulary[name]:
            yield side.error(
                (*at, name, "callers"), f"{name}.callers needs the role of an entry", "add `role: $item#/role`"
            )


def _content_shown(side: Source, at: tuple[str, ...], vocabulary: Mapping[str, Any]) -> Iterator[ContractError]:
    each = vocabulary.get("each", {})
    if vocabulary["does"] == "messages" and "question" in each and "content" not in each:
        yield side.error(
            (*at, "does"),
            "the entries of messages have a question, and no content",
            "questions with their answers are shown by `does: case_history`, also where there are no cases",
        )


def _expressions(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str) and value.startswith("$"):
        yield path, value
    elif isinstance(value, dict):
        for key, below in value.items():
            if path == ("with",):
                yield (*path, key), key
            else:
                yield from _expressions(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _expressions(below, (*path, str(index)))


def _unknown_place(
    document: dict[str, Any], path: str, operation: Mapping[str, Any], text: str
) -> tuple[str, str] | None:
    try:
        place = Expression.parse(text)
    except ValueError:
        return "names no place", EXAMPLES
    if place.source in ("item", "key"):
        return None
    if place.source == "request" and place.part == "path":
        names = re.findall(r"{([^}]+)}", path)
        return None if place.name in names else ("is not in the path", _or_known(place.name, names))
    if place.source == "request" and place.part in ("query", "header"):
        names = _parameter_names(document, path, operation, place.part)
        if place.name.lower() in (name.lower() for name in names):
            return None
        return f"is not a declared {place.part} parameter", _or_known(place.name, names)
    if place.part == "body" and place.pointer:
        return _unknown_field(document, operation, place)
    return None


def _or_known(name: str, names: list[str]) -> str:
    return did_you_mean(name, names) or (f"known are {', '.join(names)}" if names else "there are none; declare it")


def _parameter_names(document: dict[str, Any], path: str, operation: Mapping[str, Any], where: str) -> list[str]:
    declared = parameters(document, document["paths"][path], operation)
    return [parameter["name"] for parameter in declared if parameter["in"] == where]


def _unknown_field(document: dict[str, Any], operation: Mapping[str, Any], place: Expression) -> tuple[str, str] | None:
    """A field is unknown only where every schema lists its properties and none has it."""
    if place.source == "request":
        bodies = [resolve(document, operation.get("requestBody"))]
    else:
        declared = as_map(operation.get("responses"))
        bodies = [resolve(document, answer) for status, answer in declared.items() if status.startswith(("2", "d"))]
    schemas = [media_type_of(body)[1] for body in bodies if as_map(body).get("content")]
    if not schemas:
        return (
            f"stands in a {place.source} body, and none is declared",
            "declare the body's schema in OpenAPI",
        )
    steps = place.pointer.split("/")[1:]
    known: list[str] = []
    for schema in schemas:
        verdict = properties_at(document, schema, steps)
        if verdict is None:
            return None
        known += verdict
    return "is not in the body's schema", _or_known(steps[-1], known)
