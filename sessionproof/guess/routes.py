"""The operations of an OpenAPI document, as routes with what they take and give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sessionproof.contract.schemas import METHODS, resolve
from sessionproof.guess.schema import Shape, as_list, as_map, shape_of, snake

__all__ = ["Input", "Route", "routes_of"]

_NEWEST_FIRST = re.compile(r"\b(newest|latest|most recent)( \w+)? (comes? )?first\b|\breverse[- ]chronological")


@dataclass(frozen=True)
class Input:
    """A parameter of a route."""

    name: str
    where: str  # path | query | header | cookie
    required: bool
    shape: Shape

    @property
    def word(self) -> str:
        return snake(self.name)

    @property
    def place(self) -> str:
        return f"$request.{self.where}.{self.name}"


@dataclass(frozen=True)
class Route:
    """One operation: `words` are its path's segments, a parameter as `{name}`."""

    method: str
    path: str
    words: tuple[str, ...]
    inputs: tuple[Input, ...]
    media_type: str
    body: Shape
    answer: Shape  # of its first success that has a body
    successes: frozenset[str]
    refusals: Mapping[str, Shape]  # status -> its JSON shape
    says: str  # operation id, summary and description
    security: Any  # its own, else the document's
    retired: bool
    gives_bytes: bool = False  # a success is a file, not JSON
    headers: tuple[str, ...] = ()  # that its successes have
    newest_first: bool = False  # it is described as a list in that order

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def header(self, *words: str) -> str:
        """The place of the first header of a success that is called so, with or without `X-`; "" for none."""
        named = {snake(name).removeprefix("x_"): name for name in self.headers}
        return next((f"$response.header.{named[word]}" for word in words if word in named), "")

    def input(self, where: str, *words: str) -> Input | None:
        """The first of `words` that is a parameter there."""
        named = {one.word: one for one in self.inputs if one.where == where}
        return next((named[word] for word in words if word in named), None)


def routes_of(document: Mapping[str, Any]) -> list[Route]:
    """Every operation that the document describes, in its order."""
    return [
        _route(document, path, as_map(item), method)
        for path, item in as_map(document.get("paths")).items()
        for method in METHODS
        if path.startswith("/") and isinstance(as_map(item).get(method), Mapping)
    ]


def _route(document: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str) -> Route:
    operation = as_map(item[method])
    body = as_map(resolve(document, operation.get("requestBody")))
    media_type, schema = _content(body)
    answers = {
        status: as_map(resolve(document, answer)) for status, answer in as_map(operation.get("responses")).items()
    }
    successes = {status: _json(document, answer) for status, answer in answers.items() if status.startswith("2")}
    texts = [text for name in ("operationId", "summary", "description") if isinstance(text := operation.get(name), str)]
    given = [answer for status, answer in answers.items() if status.startswith("2")]
    told = [*texts, *(text for answer in given if isinstance(text := answer.get("description"), str))]
    return Route(
        method=method.upper(),
        path=path,
        words=tuple(part if part.startswith("{") else snake(part) for part in path.split("/") if part),
        inputs=_inputs(document, [*as_list(item.get("parameters")), *as_list(operation.get("parameters"))]),
        media_type=media_type,
        body=shape_of(document, schema),
        answer=next((shape for shape in successes.values() if shape.kinds), Shape(document)),
        successes=frozenset(successes),
        refusals={status: _json(document, answer) for status, answer in answers.items() if status.startswith("4")},
        says=" ".join(texts).lower(),
        security=operation.get("security", document.get("security")),
        retired=operation.get("deprecated") is True,
        gives_bytes=any(_is_bytes(document, answer) for answer in given),
        headers=tuple(name for answer in given for name in as_map(answer.get("headers"))),
        newest_first=any(_NEWEST_FIRST.search(text.lower()) for text in told),
    )


def _is_bytes(document: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether the answer is declared as a file of whatever type, and never as JSON."""
    content = as_map(answer.get("content"))
    shapes = [shape_of(document, as_map(entry).get("schema")) for entry in content.values()]
    binary = any(shape.facts.get("format") == "binary" for shape in shapes) or "application/octet-stream" in content
    return binary and not _content(answer)[0]


def _content(body: Mapping[str, Any]) -> tuple[str, Any]:
    """As media_type_of of the contract chooses, for a body of any form."""
    content = as_map(body.get("content"))
    for wanted in ("json", "multipart/form-data", "application/x-www-form-urlencoded"):
        for name, entry in content.items():
            if name.split(";")[0].strip().lower().endswith(wanted):
                return name, as_map(entry).get("schema")
    return "", None


def _json(document: Mapping[str, Any], answer: Mapping[str, Any]) -> Shape:
    media_type, schema = _content(answer)
    if not media_type and "*/*" in as_map(answer.get("content")):  # springdoc's way of saying JSON
        schema = as_map(as_map(answer["content"])["*/*"]).get("schema")
    return shape_of(document, schema)


def _inputs(document: Mapping[str, Any], declared: list[Any]) -> tuple[Input, ...]:
    found = {}
    for one in (as_map(resolve(document, parameter)) for parameter in declared):
        name, where = one.get("name"), one.get("in")
        if isinstance(name, str) and isinstance(where, str) and re.fullmatch(r"[^.#\s]+", name):
            shape = shape_of(document, one.get("schema"))
            found[where, name] = Input(name, where, one.get("required") is True, shape)
    return tuple(found.values())
