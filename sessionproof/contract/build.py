"""From a checked OpenAPI document to a Contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sessionproof.contract.expressions import Expression
from sessionproof.contract.model import Binding, Contract, Identity, Items, Life, Parameter, Uploads
from sessionproof.contract.schemas import as_map, media_type_of, operations, parameters, resolve

__all__ = ["build", "seconds"]

_UNITS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_NO_FIELDS = ("in", "order", "callers")  # of a list
_LISTS = ("each", "messages", "uploads", "cases")
_WORDS = ("does", "anonymous", "with", "life", "volatile")


def seconds(duration: str) -> float:
    """`180 minutes` as seconds."""
    number, unit = duration.split()
    return float(number) * _UNITS[unit.rstrip("s")]


def build(document: dict[str, Any], file: str) -> Contract:
    """The Contract that a checked, joined document declares."""
    top = document["x-session"]
    gone = frozenset(top.get("gone", [404, 410]))
    status = top.get("status", {})
    resume = top.get("resume", {})
    cors = top.get("cors", {})
    reason = top.get("errors", {}).get("reason")
    bindings = tuple(_bindings(document))
    return Contract(
        name=top.get("name") or Path(file).stem,
        file=file,
        document=document,
        identity=_identity(top["identity"]),
        bindings=bindings,
        foreign=frozenset(top.get("foreign", [403, 404])),
        gone=gone,
        unknown=frozenset(top.get("unknown", gone | {404})),
        no_identity=frozenset(top.get("no_identity", [401])),
        no_session=frozenset(top.get("no_session", [400, 422])),
        invalid=frozenset(top.get("invalid", [400, 413, 414, 415, 422, 431])),
        slash=top.get("slash", ""),
        id_format=top.get("ids", {}).get("format", ""),
        id_bits=top.get("ids", {}).get("minimum_bits"),
        times=top.get("times", "rfc3339"),
        reason=Expression.parse(reason) if reason else None,
        assistant=top.get("assistant", "opaque" if any(one.operation == "query" for one in bindings) else "none"),
        life=_life(top.get("life", {})),
        resume_scope=tuple(sorted(resume.get("scope", []), reverse=True)),
        resume_changes=resume.get("changes", ""),
        resume_expired=resume.get("expired", ""),
        list_scope=top.get("list", {}).get("scope", ""),
        updatable=tuple(top.get("update", {}).get("fields", ())),
        update_replaces=top.get("update", {}).get("semantics") == "replace",
        update_objects=top.get("update", {}).get("objects", ""),
        status_initial=status.get("initial", ""),
        status_transitions={name: tuple(to) for name, to in status.get("transitions", {}).items()},
        status_deleted=status.get("deleted", ""),
        titled_by=top.get("title", {}).get("generated_from", ""),
        roles=tuple(top.get("roles", ())),
        cors=cors,
        declared=frozenset(top),
        autocreate=top.get("autocreate", False),
        list_for=top.get("list", {}).get("for", ""),
        case_lifetime=top.get("cases", {}).get("lifetime", ""),
        case_started=top.get("cases", {}).get("started", ""),
        uploads=Uploads(**top.get("uploads", {})),
        delete_keeps=_keeps(top, "delete"),
        clear_keeps=_keeps(top, "clear"),
        legacy=top.get("legacy", {}),
    )


def _identity(declared: Any) -> Identity:
    if declared == "none":
        return Identity("none")
    extras = {name: declared[name] for name in ("email", "roles", "guests") if name in declared}
    for kind in ("header", "query"):
        if kind in declared:
            return Identity(kind, declared[kind], **extras)
    if "cookie" in declared:
        cookie = declared["cookie"]
        return Identity("cookie", "Cookie", cookie["login"], cookie=cookie["name"], **extras)
    return Identity("bearer", "Authorization", declared["bearer"]["login"], **extras)


def _keeps(top: Mapping[str, Any], operation: str) -> frozenset[str] | None:
    return frozenset(top[operation].get("keeps", ())) if operation in top else None


def _life(declared: Mapping[str, Any]) -> Life:
    durations = {
        name: seconds(declared[name]) for name in ("default", "minimum", "maximum", "absolute") if name in declared
    }
    return Life(
        kind=declared.get("kind", ""),
        outside=declared.get("outside", ""),
        refreshed_by=tuple(declared.get("refreshed_by", ())),
        not_refreshed_by=tuple(declared.get("not_refreshed_by", ())),
        **durations,
    )


def _bindings(document: dict[str, Any]) -> list[Binding]:
    return [
        _binding(document, path, method, operation)
        for path, method, operation in operations(document)
        if "x-session" in operation
    ]


def _binding(document: dict[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Binding:
    words = operation["x-session"]
    places = {name: _all(value) for name, value in words.items() if name not in (*_WORDS, *_LISTS)}
    if "life" in words:
        places["life"] = _all(words["life"]["at"])
    body = as_map(resolve(document, operation.get("requestBody")))
    media_type, schema = media_type_of(body)
    return Binding(
        operation=words["does"],
        method=method.upper(),
        path=path,
        sends={name: sent for name, found in places.items() if (sent := _from("request", found))},
        returns={name: got[0] for name, found in places.items() if (got := _from("response", found))},
        lists={name: _items(words[name]) for name in _LISTS if name in words},
        life_unit=_UNITS[words["life"]["unit"].rstrip("s")] if "life" in words else 1.0,
        volatile=_all(words.get("volatile", [])),
        anonymous=words.get("anonymous", words["does"] in ("health", "login")),
        constants=tuple((Expression.parse(place), value) for place, value in words.get("with", {}).items()),
        media_type=media_type,
        body_required=bool(body.get("required")),
        body_schema=schema,
        parameters=_parameters(document, document["paths"][path], operation),
        responses=_responses(document, as_map(operation.get("responses"))),
        operation_id=operation.get("operationId", ""),
    )


def _all(value: str | list[str]) -> tuple[Expression, ...]:
    return tuple(Expression.parse(text) for text in ([value] if isinstance(value, str) else value))


def _from(source: str, places: tuple[Expression, ...]) -> tuple[Expression, ...]:
    return tuple(place for place in places if place.source == source)


def _items(declared: Mapping[str, Any]) -> Items:
    fields = {name: Expression.parse(text) for name, text in declared.items() if name not in _NO_FIELDS}
    newest_first, callers = declared.get("order") == "newest first", tuple(declared.get("callers", ()))
    return Items(Expression.parse(declared["in"]), fields, newest_first, callers)


def _parameters(document: dict[str, Any], *owners: Mapping[str, Any]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(one["name"], one["in"], bool(one.get("required")), as_map(one.get("schema")))
        for one in parameters(document, *owners)
    )


def _responses(document: dict[str, Any], declared: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The schemas of answers that are JSON, by status; of other answers nothing is known."""
    found = {status: media_type_of(resolve(document, answer)) for status, answer in declared.items()}
    return {status: {} if name.startswith("text/") else schema for status, (name, schema) in found.items()}
