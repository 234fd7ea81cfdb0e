"""Where a value stands in a request or an answer: OpenAPI runtime expressions, and `$item`/`$key` for lists.

`$request.path.session_id`, `$request.query.limit`, `$request.header.X-Session-ID`, `$request.body#/client_id`,
`$response.body#/session_id`, `$response.header.Location`, `$item#/session_id`, `$item`, `$key`
(OpenAPI 3.1 section 4.8.20.4; JSON pointers as in RFC 6901).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["ABSENT", "Expression", "at_pointer", "drop_pointer", "put_pointer"]

_FORM = re.compile(r"^\$(request|response|item|key)(?:\.(path|query|header|body)(?:\.([^.#]+))?)?(?:#(/.*))?$")


class _Absent:
    """The value of a place that isn't there, to tell it from JSON's null."""

    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()


@dataclass(frozen=True)
class Expression:
    """One place: `source` is request, response, item or key; `part` path, query, header or body."""

    text: str
    source: str
    part: str
    name: str  # of the parameter or header
    pointer: str  # JSON pointer into the body or the item, "" for all of it

    @classmethod
    def parse(cls, text: str) -> Expression:
        """The place that `text` names. Raises ValueError when it names none."""
        form = _FORM.match(text)
        if form is None:
            raise ValueError(f"{text!r} names no place")
        source, part, name, pointer = (group or "" for group in form.groups())
        if source in ("item", "key"):
            part = "body"
        return cls(text, source, part, name, pointer)


@cache
def _steps(pointer: str) -> tuple[str, ...]:
    """Cached: a contract has few pointers, and under load each of them is followed all the time."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands at `pointer` in `document`, or ABSENT."""
    for step in _steps(pointer):
        if isinstance(document, (dict, Mapping)) and step in document:
            document = document[step]
        elif isinstance(document, Sequence) and not isinstance(document, str) and step.isdecimal():
            if int(step) >= len(document):
                return ABSENT
            document = document[int(step)]
        else:
            return ABSENT
    return document


def drop_pointer(document: dict[str, Any], pointer: str) -> None:
    """Take away what stands at `pointer`, if anything does; the objects around it stay."""
    *way, last = _steps(pointer)
    for step in way:
        below = document.get(step)
        document = below if isinstance(below, dict) else {}
    document.pop(last, None)


def put_pointer(document: dict[str, Any], pointer: str, value: Any) -> None:
    """Set `value` at `pointer`, making the objects on the way.

    Where both are objects they are joined, so that `metadata` and `metadata/timeout` don't overwrite each other.
    """
    *way, last = _steps(pointer)
    for step in way:
        below = document.get(step)
        if not isinstance(below, dict):
            below = document[step] = {}
        document = below
    if isinstance(value, Mapping) and isinstance(document.get(last), dict):
        document[last] = {**document[last], **value}
    else:
        document[last] = value
