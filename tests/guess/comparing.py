"""A guessed contract beside one that a person wrote: what was found, what was missed, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sessionproof.contract.schemas import METHODS
from sessionproof.contract.source import read_source
from sessionproof.guess import guess
from sessionproof.guess.sidecar import sidecar_text

__all__ = ["DOCUMENTS", "Comparison", "atoms_of", "compare", "guessed", "plain"]

DOCUMENTS = Path(__file__).parent / "documents"
Atom = tuple[str, str, str]  # operation or "x-session", key, one value


@dataclass(frozen=True)
class Comparison:
    """Annotations one by one. `more` is right by the document and not what the person wrote down."""

    found: frozenset[Atom]
    missed: frozenset[Atom]
    more: frozenset[Atom]
    wrong: frozenset[Atom]

    def line(self, name: str) -> str:
        numbers = (len(one) for one in (self.found, self.missed, self.more, self.wrong))
        return f"{name:20}" + "".join(f"{number:8}" for number in numbers)


def compare(guess: frozenset[Atom], by_hand: frozenset[Atom], also_right: frozenset[Atom] = frozenset()) -> Comparison:
    """Whatever is guessed and neither written by hand nor known to be right as well is wrong."""
    rest = guess - by_hand
    return Comparison(guess & by_hand, by_hand - guess, rest & also_right, rest - also_right)


def guessed(document: Mapping[str, Any], folder: Path) -> frozenset[Atom]:
    """The annotations of the sidecar that is written for `document`, comments left out."""
    file = folder / "guessed.yaml"
    file.write_text(sidecar_text(guess(document), "x.json", "x.json"), encoding="utf-8")
    return atoms_of(read_source(file).document)


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """An annotated document without its annotations."""
    return {
        key: plain(value) if isinstance(value, dict) else value for key, value in document.items() if key != "x-session"
    }


def atoms_of(document: Mapping[str, Any]) -> frozenset[Atom]:
    """Of a sidecar or an annotated document, all but the contract's name, which is a label."""
    operations = document.get("operations") or {
        f"{method.upper()} {path}": item[method]["x-session"]
        for path, item in document["paths"].items()
        for method in METHODS
        if "x-session" in item.get(method, {})
    }
    found = {atom for key, value in document["x-session"].items() if key != "name" for atom in _top(key, value)}
    for name, words in operations.items():
        for key, value in words.items():
            found |= {(name, at, one) for at, one in _places(key, value)}
    return frozenset(found)


def _top(key: str, value: Any) -> set[Atom]:
    if isinstance(value, dict):
        return {atom for name, below in value.items() for atom in _top(f"{key}.{name}", below)}
    return {("x-session", key, json.dumps(sorted(value) if isinstance(value, list) else value))}


def _places(key: str, value: Any) -> set[tuple[str, str]]:
    if isinstance(value, dict):
        return {place for name, below in value.items() for place in _places(f"{key}.{name}", below)}
    return {(key, str(one)) for one in (value if isinstance(value, list) else [value])}
