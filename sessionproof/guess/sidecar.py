"""A draft as a sidecar file: trusted guesses as they are, the others as comments, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from sessionproof.guess.model import Draft, Guess, Operation

__all__ = ["contract_name", "sidecar_text"]

_COLUMN = 60  # where reasons start
_WIDE = 10**6


def sidecar_text(draft: Draft, openapi: str, label: str) -> str:
    """The sidecar as YAML; `openapi` is how it names the document, `label` where the document was found."""
    return "\n".join(_lines(draft, openapi, label)) + "\n"


def contract_name(draft: Draft) -> str:
    """The document's title as a name of a contract."""
    return re.sub(r"[^a-z0-9]+", "-", draft.title.lower()).strip("-")[:60].strip("-") or "my-api"


def _lines(draft: Draft, openapi: str, label: str) -> Iterator[str]:
    yield f"# How {_plain(draft.title) or 'this API'} spells sessions, guessed from {_plain(label)}."
    yield "# Behind each line: how sure the guess is, and why. Lines that are commented out are unsure: look at them,"
    yield "# mend them and take the # away, or delete them. What isn't declared isn't demanded (docs/contracts.md)."
    if openapi.startswith("/"):
        yield "# The document is on the target. To check this file without it: `contract check COPY --sidecar THIS`."
    yield f"openapi: {_value(openapi)}"
    yield "x-session:"
    yield f"  name: {contract_name(draft)}"
    for name, guess in draft.top.items():
        yield _line(2, name, guess.value, guess, active=guess.holds or name == "identity")
    for question in draft.questions:
        yield f"  # to look at: {_plain(question)}"
    yield "operations:"
    for operation in draft.operations:
        yield ""
        yield from _operation(operation)


def _operation(operation: Operation) -> Iterator[str]:
    mark = "" if operation.holds else "# "
    yield f"  # {operation.confidence.word}: {_plain(operation.reason)}"
    for line in _body(operation):
        yield f"  {mark}{line[2:]}"


def _body(operation: Operation) -> Iterator[str]:
    yield f"  {_value(operation.name)}:"
    yield f"    does: {operation.does}"
    for name, places in operation.words.items():
        trusted = [one for one in places if one.holds]
        if trusted:
            yield _line(4, name, _places(operation, name, trusted), min(trusted, key=lambda one: one.confidence))
        for one in places:
            if not one.holds:
                yield _line(4, name, _places(operation, name, [one]), one, active=False)
    for name, entry in operation.lists.items():
        yield f"    {name}:"
        for key, one in entry.items():
            yield _line(6, key, one.value, one, active=one.holds)


def _places(operation: Operation, name: str, places: list[Guess]) -> Any:
    found = [one.value for one in places]
    value = found[0] if len(found) == 1 else found
    return {"at": value, "unit": operation.unit} if name == "life" else value


def _line(indent: int, name: str, value: Any, guess: Guess, *, active: bool = True) -> str:
    text = f"{' ' * indent}{'' if active else '# '}{name}: {_value(value)}"
    return f"{text:{_COLUMN}}  # {guess.confidence.word}: {_plain(guess.reason)}"


def _value(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=_WIDE, sort_keys=False, allow_unicode=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(text: str) -> str:
    """On one line, and without what YAML forbids even in comments."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))[:200]
