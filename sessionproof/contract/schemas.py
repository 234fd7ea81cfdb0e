"""JSON Schemas inside an OpenAPI document: references, properties, and the least value that fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sessionproof.contract.expressions import ABSENT, at_pointer

__all__ = [
    "METHODS", "as_map", "least", "longest", "may_lack", "media_type_of", "misfits", "operations", "parameters",
    "properties_at", "resolve",
]  # fmt: skip

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def as_map(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object; an empty one for whatever else a document has in its place."""
    return value if isinstance(value, Mapping) else {}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The path, the method and the object of every operation."""
    for path, item in as_map(document.get("paths")).items():
        for method in METHODS:
            if isinstance(as_map(item).get(method), Mapping):
                yield path, method, item[method]


def parameters(document: Mapping[str, Any], *owners: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is declared of the owners' parameters (a path item and its operation) that have a name and a place."""
    declared = [as_map(resolve(document, one)) for owner in owners for one in _as_list(owner.get("parameters"))]
    return [one for one in declared if isinstance(one.get("name"), str) and isinstance(one.get("in"), str)]


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """`value`, or what its local `$ref` points to; an unresolvable one is an empty object."""
    for _ in range(32):
        if not (isinstance(value, Mapping) and isinstance(value.get("$ref"), str)):
            return value
        target = at_pointer(document, value["$ref"].removeprefix("#"))
        value = {} if target is ABSENT else target
    return {}


def media_type_of(body: Any) -> tuple[str, Mapping[str, Any]]:
    """The media type that we speak in this body (JSON before forms before others) and its schema."""
    content = {name: as_map(as_map(entry).get("schema")) for name, entry in as_map(as_map(body).get("content")).items()}
    for wanted in ("application/json", "multipart/form-data", "application/x-www-form-urlencoded"):
        for name, schema in content.items():
            if name.split(";")[0].strip().lower() == wanted or (wanted.endswith("json") and name.endswith("+json")):
                return name, schema
    return next(iter(content.items()), ("", {}))


def _parts(document: Mapping[str, Any], schema: Any, *, first: bool = False) -> list[Mapping[str, Any]]:
    """The schema and all that it is made of by allOf, anyOf and oneOf; with `first` the first of these two only."""
    found: list[Mapping[str, Any]] = []
    open_ = [schema]
    while open_ and len(found) < 64:
        part = resolve(document, open_.pop(0))
        if isinstance(part, Mapping):
            found.append(part)
            open_ += _as_list(part.get("allOf"))
            for word in ("anyOf", "oneOf"):
                open_ += _as_list(part.get(word))[: 1 if first else None]
    return found


def _properties(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: below for part in parts for name, below in as_map(part.get("properties")).items()}


def properties_at(document: Mapping[str, Any], schema: Any, steps: list[str]) -> list[str] | None:
    """None when the pointer's steps lead somewhere the schema allows, else the names that it knows there.

    A schema that lists no properties allows anything.
    """
    for step in steps:
        parts = _parts(document, schema)
        listed = _properties(parts)
        if step in listed:
            schema = listed[step]
        elif step.isdecimal() and any("items" in part for part in parts):
            schema = next(part["items"] for part in parts if "items" in part)
        elif not listed:
            return None
        else:
            return list(listed)
    return None


def may_lack(document: Mapping[str, Any], schema: Any, pointer: str) -> bool:
    """Whether the schema knows what stands at `pointer`, and requires it or what it stands in nowhere."""
    for step in pointer.split("/")[1:]:
        parts = _parts(document, schema)
        listed = _properties(parts)
        if step not in listed:
            return False
        if not any(step in _as_list(part.get("required")) for part in parts):
            return True
        schema = listed[step]
    return False


def misfits(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """For each property of an object schema a value of a type that it rules out; none where any type is allowed."""
    found = {}
    for name, below in _properties(_parts(document, schema)).items():
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
        kinds |= {kind} if isinstance(kind, str) else {one for one in _as_list(kind) if isinstance(one, str)}
        kinds |= {"string"} if any(isinstance(value, str) for value in _as_list(part.get("enum"))) else set()
    return kinds | ({"number"} if "integer" in kinds else set())


def longest(document: Mapping[str, Any], schema: Any, pointer: str) -> int | None:
    """The code points that the text at `pointer` may have (JSON Schema's maxLength); None where it isn't said."""
    for step in pointer.split("/")[1:]:
        schema = _properties(_parts(document, schema)).get(step, {})
    said = [part["maxLength"] for part in _parts(document, schema) if isinstance(part.get("maxLength"), int)]
    return min(said, default=None)


def least(document: Mapping[str, Any], schema: Any, depth: int = 0) -> Any:
    """The smallest value that fits the schema's types: required properties only, defaults and examples first."""
    parts = _parts(document, schema, first=True)
    if not parts or depth > 8:
        return None
    whole = {word: value for part in reversed(parts) for word, value in part.items()}
    given = _given(whole)
    if given is not ABSENT and not isinstance(given, Mapping):
        return given
    kind = whole.get("type", "object" if {"properties", "required"} & set(whole) else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or given is not ABSENT:
        properties = _properties(parts)
        required = [name for part in parts for name in _as_list(part.get("required"))]
        return {name: least(document, properties.get(name, {}), depth + 1) for name in required} | dict(as_map(given))
    if kind == "array":
        return [least(document, whole.get("items", {}), depth + 1)] * whole.get("minItems", 0)
    if kind in ("integer", "number"):
        return whole.get("minimum", 1)
    return {"boolean": False, "null": None}.get(kind, "x" * max(1, whole.get("minLength", 1)))


def _given(schema: Mapping[str, Any]) -> Any:
    for word in ("const", "default", "example"):
        if word in schema:
            return schema[word]
    return next((schema[word][0] for word in ("examples", "enum") if _as_list(schema.get(word))), ABSENT)
