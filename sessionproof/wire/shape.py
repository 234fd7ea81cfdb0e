"""Whether an answer, or a client's request, has the shape that the contract's OpenAPI document promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from sessionproof.contract.expressions import ABSENT
from sessionproof.contract.model import Contract
from sessionproof.wire.recognise import OTHER, PREFLIGHT, decoded_body
from sessionproof.wire.reply import Reply, declared_answer
from sessionproof.wire.request import Request
from sessionproof.wire.times import instant

__all__ = ["request_error", "shape_error", "value_error"]

_formats = FormatChecker(())


@_formats.checks("date-time")
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or instant(value, "rfc3339") is not None


def shape_error(reply: Reply) -> str:
    """What of the answer doesn't fit its declared schema, in words; "" when it fits or nothing is declared."""
    binding = reply.request.binding
    if not binding.responses or reply.status is None:
        return ""
    schema = declared_answer(binding, reply.status)
    if schema is None:
        return f"status {reply.status} is not declared for {binding.name}"
    return _against(reply, schema)


def request_error(contract: Contract, request: Request) -> str:
    """What of a client's request doesn't fit the contract, in words; "" when it fits."""
    binding = request.binding
    if binding.operation == PREFLIGHT:
        return ""
    if binding.operation == OTHER:
        return f"{request.method} {request.target} is no operation of the contract"
    headers = {name.lower(): value for name, value in request.headers}
    asked = {pair.partition("=")[0] for pair in request.target.partition("?")[2].split("&")}
    there = {"header": headers, "query": asked}
    for parameter in binding.parameters:
        name = parameter.name.lower() if parameter.where == "header" else parameter.name
        if parameter.required and name not in there.get(parameter.where, {name}):
            return f"{parameter.where} {parameter.name} is missing"
    if not request.content:
        return "the body is missing" if binding.body_required else ""
    kind = headers.get("content-type", "none").partition(";")[0].strip()
    if binding.media_type and kind != binding.media_type.partition(";")[0]:
        return f"Content-Type is {kind}, not {binding.media_type}"
    return _misfit(contract.document, binding.body_schema, decoded_body(request)) if kind.endswith("json") else ""


def value_error(contract: Contract, schema: Mapping[str, Any], value: Any) -> str:
    """What of `value` doesn't fit a schema of the contract, in words; "" when it fits."""
    return _misfit(contract.document, schema, value)


def _against(reply: Reply, schema: Mapping[str, Any]) -> str:
    return _misfit(reply.contract.document, schema, reply.json)


def _misfit(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> str:
    if not schema:
        return ""
    if value is ABSENT:
        return "the body is not JSON"
    found = sorted(_validator(document, schema).iter_errors(value), key=_depth)
    if not found:
        return ""
    where = "/".join(str(step) for step in found[0].absolute_path)
    return f"/{where}: {found[0].message[:200]}"


def _depth(error: ValidationError) -> int:
    return len(error.absolute_path)


_validators: dict[int, tuple[Mapping[str, Any], Validator]] = {}


def _validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Validator:
    """One validator per schema; the schema is kept beside it, so that its identity stays its own."""
    if id(schema) not in _validators:
        resource: Resource[Any] = Resource.from_contents(_absolute(document), default_specification=DRAFT202012)
        registry: Registry[Any] = Registry().with_resource("urn:contract", resource)
        whole = {"$id": "urn:contract:answer", **_absolute(schema)}
        _validators[id(schema)] = (
            schema,
            Draft202012Validator(whole, registry=registry, format_checker=_formats),
        )
    return _validators[id(schema)][1]


def _absolute(value: Any) -> Any:
    """Local references, made to point into the whole document; OpenAPI 3.0's `nullable` as a null beside."""
    if isinstance(value, Mapping):
        below = {key: _absolute(part) for key, part in value.items()}
        if isinstance(below.get("$ref"), str) and below["$ref"].startswith("#"):
            below["$ref"] = "urn:contract" + below["$ref"]
        return _or_null(below) if below.get("nullable") is True else below
    return [_absolute(part) for part in value] if isinstance(value, list) else value


_BESIDE_TYPE = ("enum", "const", "allOf", "anyOf", "oneOf", "$ref")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Null beside the whole where more than the type would rule it out."""
    if isinstance(schema.get("type"), str) and schema.keys().isdisjoint(_BESIDE_TYPE):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
