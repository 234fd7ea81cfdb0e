"""From an HTTP answer to what it says about the session flow, without I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from sessionproof.contract.expressions import ABSENT, Expression, at_pointer
from sessionproof.contract.model import Binding, Contract, Items
from sessionproof.contract.schemas import may_lack
from sessionproof.wire.request import Request
from sessionproof.wire.times import instant

__all__ = ["Answer", "Reply", "declared_answer"]

# Conflict, precondition failed, locked, too early, precondition required, too many, unavailable.
_LOST = frozenset({409, 412, 423, 425, 428, 429, 503})
_UNAVAILABLE = frozenset({500, 502, 503, 504})  # RFC 9110 section 15.6
_NO_TEXTS = frozenset(
    {"resumed", "count", "total", "size", "life", "confidence", "created", "updated", "activity", "expires", "time"}
)
_REFERENCES = frozenset({"location", "content-location"})  # RFC 9110 sections 8.7 and 10.2.2


@dataclass(frozen=True)
class Answer:
    """What came back: `status` is None when nothing did, and `failure` says why."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    failure: str = ""
    unsent: bool = False  # HTTP can't carry the request, so that the server never saw it
    injected: bool = False  # given in the server's place, which never saw the request

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait before trying again; None when it doesn't (RFC 9110 section 10.2.3)."""
        if self.status not in (429, 503):
            return None
        told = (value.strip() for name, value in self.headers if name.lower() == "retry-after")
        return next((max(0.1, float(value)) for value in told if value.isdecimal()), None)


@dataclass(frozen=True)
class Reply:
    """An answer, read through the contract. Values that the contract doesn't name or the answer lacks are ABSENT."""

    contract: Contract
    request: Request
    answer: Answer
    leaks: tuple[str, ...] = ()  # actors whose canaries are in it and don't belong to the reader
    began: float = 0.0  # seconds on the run's clock, when the request was sent
    ended: float = 0.0  # and when the answer was complete

    @property
    def status(self) -> int | None:
        return self.answer.status

    @property
    def unsent(self) -> bool:
        return self.answer.unsent

    @property
    def ok(self) -> bool:
        status = self.answer.status
        return status is not None and 200 <= status < 300

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500

    @property
    def is_unavailable(self) -> bool:
        """A failure of the server's own, which says nothing of the session."""
        return self.status in _UNAVAILABLE

    @property
    def lost_a_race(self) -> bool:
        """Refused for what others did meanwhile, or because they were too many, so that it has changed nothing."""
        return self.status in _LOST

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or ABSENT when it isn't."""
        try:
            return msgspec.json.decode(self.answer.content)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._lenient_json

    @property
    def _lenient_json(self) -> Any:
        """What Python's own parser takes besides: NaN, halves of characters, UTF-16."""
        try:
            return json.loads(self.answer.content)
        except (ValueError, RecursionError):
            return ABSENT

    def header(self, name: str) -> str | None:
        """The header's value, its lines joined by a comma; None when it isn't there."""
        found = [value for key, value in self.answer.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    def at(self, place: Expression) -> Any:
        if place.part == "header":
            value = self.header(place.name)
            return ABSENT if value is None else value
        return at_pointer(self.json, place.pointer)  # nothing stands in what is absent

    def __getitem__(self, name: str) -> Any:
        """The value that the contract calls `name` in this answer, or ABSENT; `life` in seconds, a session as text."""
        place = self.request.binding.returns.get(name)
        value = ABSENT if place is None else _named(name, self.at(place))
        if place is not None and place.part == "header" and isinstance(value, str):
            value = _of_header(name, place.name, value)
        if name == "life" and isinstance(value, int | float) and not isinstance(value, bool):
            return value * self.request.binding.life_unit
        return value

    def shows(self, name: str) -> bool:
        """Whether the contract says where `name` stands in this answer."""
        return name in self.request.binding.returns

    def instant(self, name: str) -> float | None:
        """The time called `name` as seconds since the epoch; None when absent, unreadable or without a zone."""
        return instant(self[name], self.contract.times)

    @cached_property
    def session(self) -> str:
        """The session id in the answer, "" when there is none."""
        session = self["session"]
        return "" if session is ABSENT or session is None else str(session)

    @property
    def token(self) -> str:
        """The secret that a log-in gave, as the contract's `token` or as its cookie; "" when there is none."""
        token = self["token"]
        cookie = re.escape(self.contract.identity.cookie)
        lines = [value for name, value in self.answer.headers if name.lower() == "set-cookie"] if cookie else []
        found = [found[1] for line in lines if (found := re.match(rf"{cookie}=([^;]*)", line))]
        return token if isinstance(token, str) else found[-1] if found else ""

    @property
    def resumed(self) -> bool | None:
        """What the answer says about resumption; None when the contract or the answer says nothing."""
        value = self["resumed"]
        return value if isinstance(value, bool) else None

    @property
    def reason(self) -> Any:
        """The machine-readable reason of an error, or ABSENT."""
        return ABSENT if self.contract.reason is None else self.at(self.contract.reason)

    def items(self, name: str = "each") -> tuple[Mapping[str, Any], ...] | None:
        """What callers put into a list in the answer, oldest first, by vocabulary name; None when there is no list."""
        entries = self.all_items(name)
        return None if entries is None else self.request.binding.lists[name].as_promised(entries)

    def all_items(self, name: str = "each") -> tuple[Mapping[str, Any], ...] | None:
        """The entries as they stand there, with those that the server has added."""
        items = self.request.binding.lists.get(name)
        if items is None:
            return None
        entries = self.at(items.at)
        if (entries is None or entries is ABSENT) and name == "each" and self.ok and self._may_lack(items.at):
            return ()  # many leave out what is empty, or write null for it
        if isinstance(entries, dict):
            return tuple(_entry(items, entry, key) for key, entry in entries.items())
        if isinstance(entries, list):
            return tuple(_entry(items, entry, ABSENT) for entry in entries)
        return None

    def _may_lack(self, place: Expression) -> bool:
        """Whether an answer of this status may leave out what is at `place`, by its schema."""
        schema = declared_answer(self.request.binding, self.status)
        return schema is not None and may_lack(self.contract.document, schema, place.pointer)

    @cached_property
    def text(self) -> str:
        return self.answer.content.decode("utf-8", "replace")


def declared_answer(binding: Binding, status: int | None) -> Mapping[str, Any] | None:
    """The schema that is declared for answers of this status, {} where they have none; None for no such status."""
    declared = (binding.responses.get(one) for one in (str(status), f"{(status or 0) // 100}XX", "default"))
    return next((schema for schema in declared if schema is not None), None)


def _entry(items: Items, entry: Any, key: Any) -> dict[str, Any]:
    return {
        name: key if place.source == "key" else _named(name, at_pointer(entry, place.pointer))
        for name, place in items.fields.items()
    }


def _named(name: str, value: Any) -> Any:
    """A session id that is a number is the text of it, as it is in the path of a request."""
    return str(value) if name == "session" and type(value) is int else value


def _of_header(name: str, header: str, text: str) -> Any:
    """What a header's text means: a flag or a number where the vocabulary has one, an id where it is a URL's last part.

    Headers hold nothing but text, and spell a flag `true`, `True` or `TRUE`.
    """
    if name in _NO_TEXTS:
        try:
            value = json.loads(text.strip().lower())
        except ValueError:
            return text
        return value if isinstance(value, bool | int | float) else text
    if header.lower() in _REFERENCES:
        try:
            return unquote(urlsplit(text.strip()).path.rstrip("/").rpartition("/")[2])
        except ValueError:
            return text
    return text
