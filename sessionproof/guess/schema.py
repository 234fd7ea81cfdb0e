"""JSON schemas of any quality, flattened to what a guess looks at. Nothing in here trusts the document's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sessionproof.contract.schemas import resolve

__all__ = ["Shape", "as_list", "as_map", "shape_of", "snake"]

_COMBINED = ("allOf", "anyOf", "oneOf")
_FACTS = (
    "format",
    "pattern",
    "minimum",
    "maximum",
    "maxLength",
    "default",
    "example",
    "description",
    "contentMediaType",
)
_MOST_PARTS = 64


def as_map(value: Any) -> Mapping[str, Any]:
    """`value` if it is an object with names, else an empty one."""
    return value if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def snake(name: str) -> str:
    """`sessionId`, `Session-ID` and `X-Session-ID` as `session_id`."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).replace("-", "_").replace(" ", "_").lower()
    return parted.removeprefix("x_").strip("_")


@dataclass(frozen=True)
class Shape:
    """A schema with its allOf, anyOf and oneOf merged. `kinds` is empty where any type is allowed."""

    document: Mapping[str, Any]
    kinds: frozenset[str] = frozenset()
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    enum: tuple[Any, ...] = ()
    items: Any = None
    extra: Any = None  # additionalProperties; None where the document doesn't say
    facts: Mapping[str, Any] = field(default_factory=dict)

    def is_a(self, *kinds: str) -> bool:
        """Whether it is declared, and declared to be nothing but one of `kinds` (or null)."""
        return bool(self.kinds) and self.kinds <= set(kinds)

    def below(self, name: str) -> Shape:
        return shape_of(self.document, self.properties.get(name))

    @property
    def is_open(self) -> bool:
        """Whether it is an object that takes whatever keys and values a client chooses."""
        if not self.is_a("object"):
            return False
        return self.extra is True or self.extra == {} or (self.extra is None and not self.properties)

    @property
    def is_free_text(self) -> bool:
        """Whether it takes any text that a client chooses."""
        short = isinstance(self.facts.get("maxLength"), int) and self.facts["maxLength"] < 100
        return self.is_a("string") and not self.enum and not short and not {"format", "pattern"} & set(self.facts)

    @property
    def entries(self) -> Shape:
        """What an array holds."""
        return shape_of(self.document, self.items)

    @property
    def values(self) -> Shape:
        """What an object holds under keys that aren't listed."""
        return shape_of(self.document, self.extra)

    def find(self, pointer: str) -> Shape:
        """The shape at a JSON pointer."""
        shape = self
        for step in pointer.split("/")[1:]:
            shape = shape.below(step.replace("~1", "/").replace("~0", "~"))
        return shape


def shape_of(document: Mapping[str, Any], schema: Any) -> Shape:
    """The schema as a Shape; an empty one for anything that isn't a schema."""
    kinds: set[str] = set()
    properties: dict[str, Any] = {}
    required: set[str] = set()
    facts: dict[str, Any] = {}
    enum: list[Any] = []
    items = extra = None
    for part in _parts(document, schema):
        kinds |= _kinds(part)
        for name, below in as_map(part.get("properties")).items():
            properties.setdefault(name, below)
        required |= {name for name in as_list(part.get("required")) if isinstance(name, str)}
        enum += [value for value in as_list(part.get("enum")) if value not in enum]
        items = items if items is not None else part.get("items")
        extra = extra if extra is not None else part.get("additionalProperties")
        for fact in _FACTS:
            if part.get(fact) is not None:
                facts.setdefault(fact, part[fact])
    return Shape(
        document, frozenset(kinds - {"null"}), properties, frozenset(required), tuple(enum), items, extra, facts
    )


def _parts(document: Mapping[str, Any], schema: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    open_ = [schema]
    while open_ and len(found) < _MOST_PARTS:
        part = as_map(resolve(document, open_.pop(0)))
        if part:
            found.append(part)
            for word in _COMBINED:
                open_ += as_list(part.get(word))
    return found


def _kinds(part: Mapping[str, Any]) -> set[str]:
    kind = part.get("type")
    found = {kind} if isinstance(kind, str) else {one for one in as_list(kind) if isinstance(one, str)}
    if not found and as_map(part.get("properties")):
        return {"object"}
    if not found and any(isinstance(value, str) for value in as_list(part.get("enum"))):
        return {"string"}
    return found
