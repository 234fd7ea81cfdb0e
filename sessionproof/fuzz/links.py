"""OpenAPI links made from `x-session`: where an answer gives an id that another operation takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sessionproof.contract import Binding, Contract
from sessionproof.contract.expressions import Expression

__all__ = ["links"]

_IDS = ("session", "case", "message", "upload")
_SUCCESS = ("200", "201", "202", "203", "204", "2XX")
_NOT_FOLLOWED = ("health", "stats", "login")  # nothing that they answer leads anywhere


def links(contract: Contract) -> Iterator[tuple[Binding, str, str, dict[str, Any]]]:
    """For each operation that knows an id: itself, a status, the link's name, and the link (OpenAPI 3.1, 4.8.20).

    An operation knows the ids in its answer, those of the first entry of a list, and those that it was called with: so
    a delete leads to everything that must no longer work.
    """
    for source in contract.bindings:
        if source.operation in _NOT_FOLLOWED:
            continue
        known = dict(_known(source))
        for target in contract.bindings:
            link = _link(target, known)
            if link is not None and not (source is target and source.operation == "create"):
                for status in source.responses:
                    if status.upper() in _SUCCESS:
                        yield source, status, f"{target.operation} {target.name}".replace("/", "~"), link


def _known(source: Binding) -> Iterator[tuple[str, str]]:
    """Vocabulary name and runtime expression of every id; what was answered counts more than what was sent."""
    for name in _IDS:
        for place in source.sends.get(name, ()):
            if place.part in ("path", "query", "header"):
                yield name, f"$request.{place.part}.{place.name}"
            elif place.pointer:
                yield name, f"$request.body#{place.pointer}"
    each = source.lists.get("each")
    for name, place in (each.fields if each else {}).items():
        if name in _IDS and place.source == "item" and each is not None and each.at.part == "body":
            yield name, f"$response.body#{each.at.pointer}/0{place.pointer}"
    for name in _IDS:
        given = source.returns.get(name)
        if given is not None and given.part == "body":
            yield name, f"$response.body#{given.pointer}"


def _link(target: Binding, known: Mapping[str, str]) -> dict[str, Any] | None:
    """How to call `target` with known ids; None where it takes no session, or an id that isn't known."""
    taken = {name: places for name, places in target.sends.items() if name in _IDS}
    if "session" not in taken or not taken.keys() <= known.keys():
        return None
    parameters: dict[str, str] = {}
    body: dict[str, Any] = {}
    for name, places in taken.items():
        for place in places:
            if place.part == "body":
                _put(body, place, known[name])
            else:
                parameters[f"{place.part}.{place.name}"] = known[name]
    reference = f"#/paths/{target.path.replace('~', '~0').replace('/', '~1')}/{target.method.lower()}"
    return {"operationRef": reference, "parameters": parameters, **({"requestBody": body} if body else {})}


def _put(body: dict[str, Any], place: Expression, value: str) -> None:
    *way, last = place.pointer.split("/")[1:]
    for step in way:
        body = body.setdefault(step, {})
    body[last] = value
