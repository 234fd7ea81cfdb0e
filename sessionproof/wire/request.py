"""From an operation, an actor and values to an HTTP request, without I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from sessionproof.actors import Actor
from sessionproof.contract.expressions import Expression, drop_pointer, put_pointer
from sessionproof.contract.model import Binding, Contract, Parameter
from sessionproof.contract.schemas import least

__all__ = ["Raw", "Request", "build_request", "identified"]

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Raw:
    """What a request has besides its contract's places, for requests that no well-behaved client would send.

    `body` is joined into a JSON body; `content` replaces the body byte for byte; `path` replaces the path (already
    percent-encoded); `identity=False` leaves the actor's identity out; `sessions` names another session in one part of
    the request (path, query, header, body) than in the others.
    """

    headers: Pairs = ()
    query: Pairs = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str | None = None
    path: str | None = None
    identity: bool = True
    sessions: Mapping[str, str] = field(default_factory=dict)


_PLAIN = Raw()
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Request:
    """An HTTP request and what it means. `target` is the percent-encoded path with its query."""

    binding: Binding
    actor: Actor
    method: str
    target: str
    headers: Pairs
    content: bytes
    values: Mapping[str, Any]  # what was sent, by vocabulary name
    user: str = ""  # how the identity channel names the actor
    odd: bool = False  # it strays from the contract on purpose
    node: str = ""  # the base URL of the node that it goes to, where the run has several

    @property
    def session(self) -> str | None:
        return self.values.get("session")


def build_request(
    contract: Contract, binding: Binding, actor: Actor, values: Mapping[str, Any], raw: Raw | None = None
) -> Request:
    """The request that does `binding` as `actor` with `values` (by vocabulary name; `life` in seconds).

    Values that the binding has no place for are left out. A session is put in every place that carries one;
    without a session these places stay empty.
    """
    raw, kept = raw or _PLAIN, _kept(contract, binding)
    sent = {name: value for name, value in values.items() if name in binding.sends}
    places = [*binding.constants, *_placed(kept, sent, raw.sessions)]
    query = [(place.name, _text(value)) for place, value in places if place.part == "query"]
    headers = [(place.name, _text(value)) for place, value in places if place.part == "header"]
    for parameter in kept.demanded:
        if parameter.name.lower() not in {name.lower() for name, _ in (*query, *headers)}:
            pair = (parameter.name, _text(least(contract.document, parameter.schema)))
            (query if parameter.where == "query" else headers).append(pair)
    in_query, in_headers = identified(contract, actor) if raw.identity and not binding.anonymous else ((), ())
    query += in_query
    headers += in_headers
    content, content_type = _body(kept, places, raw)
    if content_type and not any(name.lower() == "content-type" for name, _ in raw.headers):
        headers.append(("Content-Type", content_type))
    path = raw.path if raw.path is not None else _path(binding, places)
    query += raw.query
    target = path + (("&" if "?" in path else "?") + urlencode(query, errors="surrogatepass") if query else "")
    user = actor.user or "" if in_query or in_headers else ""
    odd = (binding.method, binding.path) not in contract.routes or (raw is not _PLAIN and raw != _PLAIN)
    return Request(binding, actor, binding.method, target, (*headers, *raw.headers), content, sent, user, odd)


def _placed(kept: _Kept, sent: Mapping[str, Any], sessions: Mapping[str, str]) -> list[tuple[Expression, Any]]:
    """Whole objects before the values inside them, so that the finer value stands."""
    return [
        (place, sessions.get(place.part, sent[name]) if name == "session" else _in_unit(name, sent[name], kept.binding))
        for place, name in kept.places(tuple(sent))
    ]


def _in_unit(name: str, value: Any, binding: Binding) -> Any:
    if name != "life" or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    in_unit = value / binding.life_unit
    return int(in_unit) if in_unit == int(in_unit) else in_unit


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def identified(contract: Contract, actor: Actor) -> tuple[Pairs, Pairs]:
    """The query and the headers by which `actor` says who it is; both are empty for somebody who doesn't."""
    identity = contract.identity
    if actor.user is None or identity.kind == "none":
        return (), ()
    said = identity.said(actor.user, actor.secret)
    return (((identity.name, said),), ()) if identity.kind == "query" else ((), ((identity.name, said),))


def _path(binding: Binding, places: list[tuple[Expression, Any]]) -> str:
    named = {
        place.name: quote(_text(value), safe="", errors="surrogatepass")
        for place, value in places
        if place.part == "path"
    }
    return re.sub(r"{([^}]+)}", lambda found: named.get(found[1], "none"), binding.path)


def _body(kept: _Kept, places: list[tuple[Expression, Any]], raw: Raw) -> tuple[bytes, str]:
    binding = kept.binding
    if raw.content is not None:
        return raw.content, raw.content_type or binding.media_type
    if not binding.media_type and not raw.body:
        return b"", ""
    body: Any = deepcopy(kept.body)
    for place, value in places:
        if place.part == "body" and not place.pointer:
            body = value
        elif place.part == "body":
            put_pointer(body, place.pointer, value)
    body = {**body, **raw.body} if isinstance(body, dict) else body
    media_type = raw.content_type or binding.media_type or "application/json"
    if media_type.startswith("application/x-www-form-urlencoded"):
        pairs = {name: _text(value) for name, value in body.items()}
        return urlencode(pairs, errors="surrogatepass").encode(), media_type
    if media_type.startswith("multipart/form-data"):
        return _multipart(body)
    return _encode(body).encode("utf-8", "surrogatepass"), media_type


@dataclass(frozen=True)
class _Kept:
    """What is the same in every request of a binding; worked out once, for a load run sends many."""

    binding: Binding  # kept, so that its identity stays its own
    contract: Contract
    demanded: tuple[Parameter, ...]
    body: Mapping[str, Any]  # the least that its schema allows, with nothing where a session could stand
    _places: dict[tuple[str, ...], tuple[tuple[Expression, str], ...]] = field(default_factory=dict)

    def places(self, names: tuple[str, ...]) -> tuple[tuple[Expression, str], ...]:
        """Where the values of these names stand; whole objects first."""
        if names not in self._places:
            places = [(place, name) for name in names for place in self.binding.sends[name]]
            self._places[names] = tuple(sorted(places, key=lambda placed: placed[0].pointer.count("/")))
        return self._places[names]


_all_kept: dict[tuple[int, int], _Kept] = {}


def _kept(contract: Contract, binding: Binding) -> _Kept:
    key = id(contract), id(binding)
    if key not in _all_kept:
        named = {contract.identity.name.lower()} | {place.name.lower() for place in binding.carriers()}
        demanded = tuple(
            parameter
            for parameter in binding.parameters
            if parameter.required and parameter.where in ("query", "header") and parameter.name.lower() not in named
        )
        body = deepcopy(least(contract.document, binding.body_schema)) if binding.media_type else {}
        body = body if isinstance(body, dict) else {}
        for place in binding.carriers():
            if place.pointer:
                drop_pointer(body, place.pointer)
        _all_kept[key] = _Kept(binding, contract, demanded, body)
    return _all_kept[key]


def _multipart(body: Mapping[str, Any]) -> tuple[bytes, str]:
    """A file is a pair of its name and its bytes; everything else is a form field."""
    import httpx

    files = {name: value for name, value in body.items() if isinstance(value, tuple)}
    fields = {name: _text(value) for name, value in body.items() if not isinstance(value, tuple)}
    encoded = httpx.Request("POST", "http://127.0.0.1/", data=fields, files=files)
    return encoded.read(), encoded.headers["Content-Type"]
