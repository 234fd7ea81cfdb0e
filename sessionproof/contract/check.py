"""What is wrong with a contract, each thing with its file, line, reason and fix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from sessionproof.bundle import bundle_root
from sessionproof.contract.places import EXAMPLES, IDENTITIES, unknown_places
from sessionproof.contract.schemas import operations
from sessionproof.contract.source import Source
from sessionproof.errors import ContractError
from sessionproof.suggest import did_you_mean

__all__ = ["problems"]


def problems(openapi: Source, side: Source, joined: dict[str, Any] | None) -> list[ContractError]:
    """Every problem of the vocabulary (in `side`) and, once joined, of the places that it names (in `joined`)."""
    found = list(_vocabulary(side)) if joined is None or side is openapi else []
    if joined is not None and not found:
        found = list(unknown_places(side, openapi, joined))
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
    for path, method, operation in operations(document):
        if "x-session" in operation:
            yield from _against("operation", side, ("paths", path, method, "x-session"), operation["x-session"])


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
        return source.error(path, f"{where}: {error.instance!r} names no place that fits here", EXAMPLES)
    if error.validator in ("oneOf", "anyOf"):
        return source.error(path, f"{where}: {json.dumps(error.instance)[:80]} has the wrong form", _hint_for(path))
    return source.error(path, f"{where}: {error.message[:160]}", _hint_for(path))


def _hint_for(path: tuple[str, ...]) -> str:
    if "identity" in path:
        return IDENTITIES
    if path[-1] in ("autocreate", "credentials", "anonymous"):
        return "write true or false"
    if path[-2:] == ("uploads", "maximum"):
        return "write a number of bytes like 10485760"
    if "legacy" in path:
        return "write the old name and today's like {investigation_id: case_id}"
    if path[-1] in ("default", "minimum", "maximum", "absolute"):
        return "write a duration like `90 seconds`, `180 minutes` or `24 hours`"
    if {"foreign", "gone", "unknown", "no_identity", "no_session", "invalid"} & set(path[-2:]):
        return "write a list of HTTP statuses like [403, 404]"
    return f"see the vocabulary in docs/contracts.md; places: {EXAMPLES}"
