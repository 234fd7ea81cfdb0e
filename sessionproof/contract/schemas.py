"""JSON Schemas inside an OpenAPI document: references, properties, and the least value that fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sessionproof.contract.expressions import ABSENT, at_pointer

__all__ = ["METHODS", "least", "media_type_of", "misfits", "properties_at", "resolve"]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """`value`, or what its local `$ref` points to; an unresolvable one is an empty object."""
    for _ in range(32):
        if not (isinstance(value, Mapping) and isinstance(value.get("$ref"), str)):
            return value
        target = at_pointer(document, value["$ref"].removeprefix("#"))
        value = {} if target is ABSENT else target
    return {}


def media_type_of(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The media type that we speak in this body (JSON before forms before others) and its schema."""
    content = body.get("content") or {}
    for wanted in ("application/json", "multipart/form-data", "application/x-www-form-urlencoded"):
        for name, entry in content.items():
            if name.split(";")[0].strip().lower() == wanted or (wanted.endswith("json") and name.endswith("+json")):
                return name, entry.get("schema", {})
    for name, entry in content.items():
        return name, entry.get("schema", {})
    return "", {}


def _parts(document: Mapping[str, Any], schema: Any) -> list[Mapping[str, Any]]:
    """The schema and all that it is made of by allOf, anyOf and oneOf."""
    found: list[Mapping[str, Any]] = []
    open_ = [schema]
    while open_ and len(found) < 64:
        part = resolve(document, open_.pop())
        if isinstance(part, Mapping):
            found.append(part)
            for word in ("allOf", "anyOf", "oneOf"):
                open_ += part.get(word, [])
    return found


def properties_at(document: Mapping[str, Any], schema: Any, steps: list[str]) -> list[str] | None:
    """None when the pointer's steps lead somewhere the schema allows, else the names that it knows there.

    A schema that lists no properties allows anything.
    """
    for step in steps:
        parts = _parts(document, schema)
        listed = {name: below for part in parts for name, below in part.get("properties", {}).items()}
        if step in listed:
            schema = listed[step]
        elif step.isdecimal() and any("items" in part for part in parts):
            schema = next(part["items"] for part in parts if "items" in part)
        elif not listed:
            return None
        else:
            return list(listed)
    return None


def misfits(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """For each property of an object schema a value of a type that it rules out; none where any type is allowed."""
    found = {}
    for part in _parts(document, schema):
        for name, below in part.get("properties", {}).items():
            allowed = _types(document, below)
            unfit = [value for kind, value in _OF_EACH_TYPE if kind not in allowed]
            if allowed and unfit:
                found[name] = unfit[0]
    return found


_OF_EACH_TYPE = (("number", 17.5), ("array", ["x"]), ("object", {"x": 1}), ("string", "x"))


def _types(document: Mapping[str, Any], schema: Any) -> set[str]:
    kinds: set[str] = set()
    for part in _parts(document, schema):
        kind = part.get("type", [])
        kinds |= {kind} if isinstance(kind, str) else set(kind)
        kinds |= {"string"} if any(isinstance(value, str) for value in part.get("enum", ())) else set()
    return kinds | ({"number"} if "integer" in kinds else set())


def least(document: Mapping[str, Any], schema: Any, depth: int = 0) -> Any:
    """The smallest value that fits the schema's types: required properties only, defaults and examples first."""
    schema = resolve(document, schema)
    if not isinstance(schema, Mapping) or depth > 8:
        return None
    for word in ("const", "default", "example"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    for word in ("oneOf", "anyOf"):
        if schema.get(word):
            return least(document, schema[word][0], depth + 1)
    if "allOf" in schema:
        whole = [least(document, part, depth + 1) for part in schema["allOf"]]
        return {key: value for part in whole if isinstance(part, dict) for key, value in part.items()}
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: least(document, properties.get(name, {}), depth + 1) for name in schema.get("required", [])}
    if kind == "array":
        return [least(document, schema.get("items", {}), depth + 1)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": False, "null": None}.get(kind, "x" * max(1, schema.get("minLength", 1)))
