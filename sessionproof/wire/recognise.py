"""From a client's HTTP request to what the contract says that it means, without I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from sessionproof.actors import Actor
from sessionproof.contract.expressions import ABSENT, Expression, at_pointer
from sessionproof.contract.model import Binding, Contract
from sessionproof.wire.request import Pairs, Request

__all__ = ["OTHER", "PREFLIGHT", "decoded_body", "named", "recognise_request"]

OTHER, PREFLIGHT = "other", "preflight"  # operations of requests that are none of the contract's


def recognise_request(
    contract: Contract, actor: Actor, method: str, target: str, headers: Pairs, content: bytes
) -> Request:
    """The request with its operation and its values by vocabulary name; `life` in seconds, as `build_request` has it.

    What the contract doesn't know is the operation `other`, and what a browser asks beforehand `preflight`; both
    have no values.
    """
    path = target.partition("?")[0]
    bindings = [binding for binding in contract.bindings if binding.method == method and _fits(contract, binding, path)]
    read = [(binding, _Read(binding, target, headers, content)) for binding in sorted(bindings, key=_parameters)]
    if not read:
        binding = Binding(PREFLIGHT if method == "OPTIONS" else OTHER, method, path, {}, {}, {})
        return Request(binding, actor, method, target, headers, content, {})
    binding, there = next((found for found in read if found[1].has_constants()), read[0])
    user = "" if binding.anonymous or contract.identity.kind == "none" else actor.user or ""
    return Request(binding, actor, method, target, headers, content, _values(binding, there), user)


def named(request: Request, name: str) -> tuple[Any, ...]:
    """What stands in each place of a request that carries `name`; places that aren't there are left out."""
    there = _read(request)
    found = (there.at(place) for place in request.binding.sends.get(name, ()))
    return tuple(value for value in found if value is not ABSENT)


def decoded_body(request: Request) -> Any:
    """The body as its Content-Type says: JSON, or the fields of a form. ABSENT when it is neither."""
    return _read(request).body


def _read(request: Request) -> _Read:
    return _Read(request.binding, request.target, request.headers, request.content)


def _fits(contract: Contract, binding: Binding, path: str) -> bool:
    either = contract.slash == "either"
    template = binding.path.rstrip("/") if either else binding.path
    return _pattern(template).fullmatch(path.rstrip("/") if either else path) is not None


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{([^}]+)}", template)
    return re.compile("".join("([^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))


def _parameters(binding: Binding) -> int:
    """A path that is written out goes before one with parameters."""
    return binding.path.count("{")


def _values(binding: Binding, there: _Read) -> dict[str, Any]:
    found = {name: _first(there.at(place) for place in places) for name, places in binding.sends.items()}
    values = {name: value for name, value in found.items() if value is not ABSENT}
    life = values.get("life")
    if isinstance(life, int | float) and not isinstance(life, bool):
        values["life"] = life * binding.life_unit
    return values


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not ABSENT), ABSENT)


@dataclass(frozen=True)
class _Read:
    """A request whose places can be looked up."""

    binding: Binding
    target: str
    headers: Pairs
    content: bytes

    def has_constants(self) -> bool:
        return all(str(self.at(place)) == str(value) for place, value in self.binding.constants)

    def at(self, place: Expression) -> Any:
        if place.part == "body":
            return at_pointer(self.body, place.pointer)
        if place.part == "header":
            return _first(value for name, value in self.headers if name.lower() == place.name.lower())
        return (self._in_path if place.part == "path" else self._in_query).get(place.name, ABSENT)

    @cached_property
    def _in_path(self) -> Mapping[str, str]:
        path = self.target.partition("?")[0]
        names = re.findall(r"{([^}]+)}", self.binding.path)
        found = _pattern(self.binding.path.rstrip("/")).fullmatch(path.rstrip("/"))
        return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else {}

    @cached_property
    def _in_query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def body(self) -> Any:
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        if kind.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.content.decode("utf-8", "replace"), keep_blank_values=True))
        if kind.startswith("multipart/form-data"):
            return _form(kind, self.content)
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return ABSENT


def _form(kind: str, content: bytes) -> dict[str, Any]:
    """The fields of a multipart form; a file is a pair of its name and its bytes."""
    form = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + content)
    fields: dict[str, Any] = {}
    for part in form.get_payload() if form.is_multipart() else ():
        if isinstance(part, str):
            continue
        value = part.get_payload(decode=True)
        value = value if isinstance(value, bytes) else b""
        name, file = str(part.get_param("name", "", "content-disposition")), part.get_filename()
        fields[name] = value.decode("utf-8", "replace") if file is None else (file, value)
    return fields
