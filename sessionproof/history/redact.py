"""Secrets, taken out where they would be recorded; long texts, cut to a length and a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from sessionproof.contract.expressions import ABSENT

__all__ = ["SECRET_HEADERS", "Redactor", "spellings"]

SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
_SECRET_VALUES = frozenset({"token", "password"})
_LONGEST = 200
_DEEPEST = 32  # levels of a value; what a target nests deeper is not walked


def spellings(text: str) -> dict[str, str]:
    """`text` in JSON, in a URL and as it is; each with its way to spell: "json", "url", ""."""
    in_json = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    in_url = (quote(text, "", errors="replace"), quote(text, errors="replace"), quote_plus(text, errors="replace"))
    return dict.fromkeys(in_json, "json") | dict.fromkeys(in_url, "url") | {text: ""}


class Redactor:
    """Knows the run's secrets and leaves none of them in what it returns.

    Secrets are replaced by `$NAME`, the shell variable that stands for them in a repeat.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}  # secret -> name
        self._names: dict[str, str] = {}  # spelling of a secret -> name

    def add(self, secret: str, name: str) -> None:
        """Have `secret` shown as `$name` from now on; too short ones would hide ordinary words and are left."""
        if len(secret) >= 4:
            self.secrets[secret] = name
            self._names |= dict.fromkeys(spellings(secret), name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.secrets.values())))

    def text(self, text: str) -> str:
        for spelled in sorted(self._names, key=len, reverse=True):
            text = text.replace(spelled, f"${self._names[spelled]}")
        return text

    def value(self, name: str, value: Any, levels: int = _DEEPEST) -> Any:
        """`value` as it may be recorded under `name`, down to so many levels."""
        if name in _SECRET_VALUES:
            return "[redacted]"
        if isinstance(value, str):
            return _cut(self.text(value))
        if isinstance(value, bytes):
            return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        if isinstance(value, dict | list | tuple) and not levels:
            return "[too deep]"
        if isinstance(value, dict):
            shown = {str(key): below for key, below in value.items() if below is not ABSENT}
            return {_encodable(self.text(key)): self.value(key, below, levels - 1) for key, below in shown.items()}
        if isinstance(value, list | tuple):
            return [self.value(name, below, levels - 1) for below in value]
        return value

    def header(self, name: str, value: str) -> str:
        return "[redacted]" if name.lower() in SECRET_HEADERS and "$" not in self.text(value) else self.text(value)

    def headers(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, self.header(name, value)) for name, value in pairs]


def _cut(text: str) -> Any:
    if len(text) <= _LONGEST:
        return _encodable(text)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"starts": _encodable(text[:40]), "characters": len(text), "sha256": digest}


def _encodable(text: str) -> str:
    """`text` without the halves of characters that JSON's escapes allow and UTF-8 doesn't."""
    return text.encode("utf-8", "replace").decode()
