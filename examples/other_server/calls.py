"""What may be asked of a request: one header, one query parameter, the JSON object or the form in its body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from forms import Part, parts
from refused import Refused, invalid
from results import Key

__all__ = ["Call", "text"]

LONGEST_KEY, LONGEST_NAME = 200, 255


@dataclass(frozen=True)
class Call:
    """An HTTP request, read but not yet understood."""

    method: str
    target: str
    headers: Message
    content: bytes

    def header(self, name: str) -> str:
        """The header's only value. Raises Refused when there is none, or more than one."""
        values = self.headers.get_all(name) or []
        if len(values) != 1 or not values[0]:
            raise invalid(f"send the header {name} once")
        return str(values[0])

    def query(self, name: str) -> str | None:
        """The query parameter's only value, None when it isn't there."""
        try:
            query = self.target.partition("?")[2]
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as error:
            raise invalid("the query is not percent-encoded UTF-8") from error
        values = [value for key, value in pairs if key == name]
        if len(values) > 1:
            raise invalid(f"{name} is there twice")
        return values[0] if values else None

    def body(self) -> dict[str, Any]:
        """The JSON object in the body; {} when there is no body. Raises Refused."""
        if not self.content:
            return {}
        if self.headers.get_content_type() != "application/json" or self.headers.get_content_charset() not in (
            None,
            "utf-8",
        ):
            raise Refused(415, "unsupported_media_type", "send application/json in UTF-8")
        try:
            body = json.loads(self.content.decode(), object_pairs_hook=_without_twins)
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # neither infinities nor half characters
        except (ValueError, RecursionError) as error:
            raise invalid("the body is not JSON in UTF-8") from error
        if not isinstance(body, dict):
            raise invalid("the body is not an object")
        return body

    def file(self, field: str) -> tuple[str, bytes]:
        """Name and content of the form's only file. Raises Refused."""
        if self.headers.get_content_type() != "multipart/form-data":
            raise Refused(415, "unsupported_media_type", "send multipart/form-data")
        boundary = self.headers.get_param("boundary")
        files: list[Part] = parts(self.content, boundary if isinstance(boundary, str) else None)
        match [part for part in files if part.name == field]:
            case [Part(filename=str(name), content=content)]:
                return _plain(name), content
        raise invalid(f"{field}: one file")

    def key(self, *said: Any) -> Key | None:
        """The key under which the request, which says this, may be repeated; None without one. Raises Refused."""
        if "Idempotency-Key" not in self.headers:
            return None
        name = self.header("Idempotency-Key")
        if len(name) > LONGEST_KEY:
            raise invalid(f"Idempotency-Key: 1 to {LONGEST_KEY} characters")
        return Key.of(name, *said)


def text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise invalid(f"{name}: a text of 1 to {longest} characters")
    return value


def _plain(name: str) -> str:
    """The file's name, if it is no more than that."""
    if (
        not 0 < len(name) <= LONGEST_NAME
        or name in (".", "..")
        or any(ord(one) < 32 or one in "/\\\x7f" for one in name)
    ):
        raise invalid(f"a file's name has 1 to {LONGEST_NAME} characters and no path")
    return name


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)
