"""JSON paths as pacts write them: `$.case_history[0].query`, `$['odd name']`, `$.cases[*].id`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["is_within", "values_at"]

_STEP = re.compile(r"\.([\w-]+)|\['([^']*)'\]|\[(\d+)\]|(\[\*\]|\.\*)")


def values_at(document: Any, path: str) -> Iterator[Any]:
    """Every value at `path`; none where there is nothing."""
    found = [document]
    for name, quoted, index, every in _STEP.findall(path.removeprefix("$")):
        found = list(_below(found, name or quoted, index, every))
    yield from found


def _below(values: list[Any], name: str, index: str, every: str) -> Iterator[Any]:
    for value in values:
        if every:
            yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        elif index and isinstance(value, list) and int(index) < len(value):
            yield value[int(index)]
        elif not index and isinstance(value, dict) and name in value:
            yield value[name]


def is_within(place: str, path: str) -> bool:
    """Whether `place` is `path`, or something below it."""
    return place == path or (place.startswith(path) and place[len(path)] in ".[")
