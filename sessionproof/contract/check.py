"""What is wrong with a contract, each thing with its file, line, reason and fix."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from sessionproof.bundle import bundle_root
from sessionproof.contract.expressions import Expression
from sessionproof.contract.schemas import METHODS, media_type_of, properties_at, resolve
from sessionproof.contract.source import Source
from sessionproof.errors import ContractError
from sessionproof.suggest import did_you_mean

__all__ = ["problems"]

_EXAMPLES = "write it like $request.body#/client_id, $response.body#/session_id or $request.header.X-Session-ID"


def problems(openapi: Source, side: Source, joined: dict[str, Any] | None) -> list[ContractError]:
    """Every problem of the vocabulary (in `side`) and, once joined, of the places that it names (in `joined`)."""
    found = list(_vocabulary(side)) if joined is None or side is openapi else []
    if joined is not None and not found:
        found = list(_places(side, openapi, joined))
    return sorted(found, key=lambda error: error.line)


@cache
def _validator(part: str) -> Draft202012Validator:
    schema = json.loads((bundle_root() / "contracts/schemas/x-session.schema.json").read_text(encoding="utf-8"))
    registry: Registry[Any] = Registry().with_resource(schema["$id"], Resource.from_contents(schema))
    return Draft202012Validator({"$ref": f"{schema['$id']}#/$defs/{part}"}, registry=registry)


def _vocabulary(side: Source) -> Iterator[ContractError]:
    document = side.document
    if "paths" not in document:
        yield from _against("sidecar", side, (), document)
        return
    if not isinstance(document["paths"], dict):
        yield side.error(("paths",), "paths is not an object", "map each path to its operations")
        return
    if "x-session" not in document:
        yield side.error((), "there is no x-session at the top", "add one: `x-session: {identity: ..., gone: [404]}`")
    else:
        yield from _against("contract", side, ("x-session",), document["x-session"])
    for path, method, operation in _operations(document):
        if "x-session" in operation:
            yield from _against("operation", side, ("paths", path, method, "x-session"), operation["x-session"])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield path, method, item[method]


def _against(part: str, source: Source, at: tuple[str, ...], value: Any) -> Iterator[ContractError]:
    for error in _validator(part).iter_errors(value):
        yield _explain(source, at, error)


def _explain(source: Source, at: tuple[str, ...], error: ValidationError) -> ContractError:
    rule: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    path = (*at, *(str(step) for step in error.absolute_path))
    where = ".".join(path[len(at) :]) or "x-session"
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, str(instance))
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        unknown = sorted(set(instance) - set(known))
        hint = did_you_mean(unknown[0], known) or f"known are {', '.join(known)}"
        return source.error((*path, unknown[0]), f"unknown key {unknown[0]!r} in {where}", hint)
    if error.validator == "required":
        missing = [name for name in rule if name not in instance]
        return source.error(path, f"{where} lacks {missing[0]!r}", f"add `{missing[0]}:`")
    if error.validator in ("enum", "const"):
        allowed = rule if error.validator == "enum" else [rule]
        words = [value if isinstance(value, str) else json.dumps(value) for value in allowed]
        hint = did_you_mean(str(error.instance), words) or f"it is one of {', '.join(words)}"
        return source.error(path, f"{where}: {error.instance!r} is not known", hint)
    if isinstance(error.instance, str) and error.instance.startswith("$"):
        return source.error(path, f"{where}: {error.instance!r} names no place that fits here", _EXAMPLES)
    if error.validator in ("oneOf", "anyOf"):
        return source.error(path, f"{where}: {json.dumps(error.instance)[:80]} has the wrong form", _hint_for(path))
    return source.error(path, f"{where}: {error.message[:160]}", _hint_for(path))


def _hint_for(path: tuple[str, ...]) -> str:
    if "identity" in path:
        return "write {header: NAME}, {query: NAME}, {bearer: {login: anyone}} or none"
    if path[-1] in ("default", "minimum", "maximum", "absolute"):
        return "write a duration like `90 seconds`, `180 minutes` or `24 hours`"
    if {"foreign", "gone", "unknown", "no_identity", "no_session", "invalid"} & set(path[-2:]):
        return "write a list of HTTP statuses like [403, 404]"
    return f"see the vocabulary in docs/contracts.md; places: {_EXAMPLES}"


def _places(side: Source, openapi: Source, document: dict[str, Any]) -> Iterator[ContractError]:
    """Expressions that name a parameter, a field or a header which the OpenAPI document doesn't have."""
    annotated = [
        (path, method, operation) for path, method, operation in _operations(document) if "x-session" in operation
    ]
    if not any(operation["x-session"]["does"] == "create" for _, _, operation in annotated):
        yield side.error(("x-session",), "no operation does: create", "annotate the operation that makes a session")
    for path, method, operation in annotated:
        at = ("paths", path, method, "x-session") if side is openapi else ("operations", f"{method.upper()} {path}")
        for where, text in _expressions(operation["x-session"], ()):
            reason = _unknown_place(document, path, method, operation, Expression.parse(text), where)
            if reason:
                yield side.error((*at, *where), f"{'.'.join(where)}: {text} {reason[0]}", reason[1])
        yield from _session_carried(side, at, path, operation)


def _session_carried(
    side: Source, at: tuple[str, ...], path: str, operation: dict[str, Any]
) -> Iterator[ContractError]:
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
    document: dict[str, Any],
    path: str,
    method: str,
    operation: dict[str, Any],
    place: Expression,
    where: tuple[str, ...],
) -> tuple[str, str] | None:
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


def _parameter_names(document: dict[str, Any], path: str, operation: dict[str, Any], where: str) -> list[str]:
    declared = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    resolved = [resolve(document, parameter) for parameter in declared]
    return [parameter["name"] for parameter in resolved if parameter.get("in") == where]


def _unknown_field(document: dict[str, Any], operation: dict[str, Any], place: Expression) -> tuple[str, str] | None:
    """A field is unknown only where every schema lists its properties and none has it."""
    if place.source == "request":
        body = resolve(document, operation.get("requestBody", {}))
        schemas = [media_type_of(body)[1]] if body else []
    else:
        answers = [
            resolve(document, answer) for status, answer in operation.get("responses", {}).items() if status[0] in "2d"
        ]
        schemas = [media_type_of(answer)[1] for answer in answers if answer.get("content")]
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
