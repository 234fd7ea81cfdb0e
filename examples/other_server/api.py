"""The API's seven calls: what may be sent, and what is answered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, unquote

from accounts import Accounts
from conversations import Conversations, Refused

__all__ = ["Api", "Call"]

Answer = tuple[int, Any]  # status, and what becomes the JSON body; None for no body


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
            raise _invalid(f"send the header {name} once")
        return str(values[0])

    def query(self, name: str) -> str | None:
        """The query parameter's only value, None when it isn't there."""
        try:
            query = self.target.partition("?")[2]
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError as error:
            raise _invalid("the query is not percent-encoded UTF-8") from error
        values = [value for key, value in pairs if key == name]
        if len(values) > 1:
            raise _invalid(f"{name} is there twice")
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
            raise _invalid("the body is not JSON in UTF-8") from error
        if not isinstance(body, dict):
            raise _invalid("the body is not an object")
        return body


class Api:
    def __init__(self, accounts: Accounts, conversations: Conversations) -> None:
        self._accounts, self._conversations = accounts, conversations

    def answer(self, call: Call) -> Answer:
        """What the call leads to. Raises Refused."""
        path = call.target.partition("?")[0]
        parts = (path[:-1] if path.endswith("/") else path).split("/")[1:]
        methods, id = self._route(parts)
        if methods is None:
            raise Refused(404, "no_such_route", "there is nothing at this path")
        open_to_all = methods == {"POST": self._log_in}
        user = "" if open_to_all else self._accounts.caller(call.headers.get_all("Authorization") or [])
        if call.method not in methods:
            raise Refused(405, "method_not_allowed", f"only {', '.join(methods)} here")
        return methods[call.method](call, user, _decoded(id))

    def _route(self, parts: list[str]) -> tuple[dict[str, Callable[[Call, str, str], Answer]] | None, str]:
        match parts:
            case ["v2", "login"]:
                return {"POST": self._log_in}, ""
            case ["v2", "conversations"]:
                return {"POST": self._start, "GET": self._list}, ""
            case ["v2", "conversations", id]:
                return {"GET": self._read, "PATCH": self._change, "DELETE": self._end}, id
            case ["v2", "turns"]:
                return {"POST": self._say, "GET": self._turns}, ""
        return None, ""

    def _log_in(self, call: Call, user: str, id: str) -> Answer:
        body = call.body()
        name, password = _text(body, "username", 200), _text(body, "password", 200)
        return 200, {"access_token": self._accounts.log_in(name, password)}

    def _start(self, call: Call, user: str, id: str) -> Answer:
        device = call.query("device")
        if device is not None and not 0 < len(device) <= 512:
            raise _invalid("device: 1 to 512 characters, or leave it out")
        body = _session_fields(call.body())
        ttl = body.get("ttl_seconds")
        if isinstance(ttl, bool) or not isinstance(ttl, int | float | None):
            raise _invalid("ttl_seconds: a number")
        found, resumed = self._conversations.start(user, device, body.get("label"), body.get("attributes", {}), ttl)
        return 200, {"conversation": found, "resumed": resumed}

    def _list(self, call: Call, user: str, id: str) -> Answer:
        page, following = self._conversations.page(user, _position(call.query("page_token")))
        return 200, {"conversations": {one["id"]: one for one in page}, "next_page_token": _page_token(following)}

    def _read(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"conversation": self._conversations.read(user, id)}

    def _change(self, call: Call, user: str, id: str) -> Answer:
        if not call.content:
            raise _invalid("send the changes as a JSON object")
        body = _session_fields(call.body())
        changes = {name: value for name, value in body.items() if name in ("label", "attributes")}
        return 200, {"conversation": self._conversations.change(user, id, changes)}

    def _end(self, call: Call, user: str, id: str) -> Answer:
        self._conversations.end(user, id)
        return 202, None

    def _say(self, call: Call, user: str, id: str) -> Answer:
        id, body = call.header("X-Conversation"), call.body()
        text, author = _text(body, "text", 100_000), body.get("by")
        if author not in ("human", "assistant"):
            raise _invalid("by: human or assistant")
        return 200, {"turn": self._conversations.say(user, id, text, author)}

    def _turns(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"turns": self._conversations.turns(user, call.header("X-Conversation"))}


def _invalid(message: str) -> Refused:
    return Refused(400, "invalid", message)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)


def _decoded(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise _invalid("the path is not percent-encoded UTF-8") from error


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise _invalid(f"{name}: a text of 1 to {longest} characters")
    return value


def _session_fields(body: dict[str, Any]) -> dict[str, Any]:
    """The body, if its label and attributes are what they ought to be."""
    if not isinstance(body.get("label"), str | None) or len(body.get("label") or "") > 500:
        raise _invalid("label: a text of at most 500 characters")
    if not isinstance(body.get("attributes", {}), dict):
        raise _invalid("attributes: an object")
    return body


def _page_token(position: int | None) -> str | None:
    return None if position is None else base64.urlsafe_b64encode(b"after:%d" % position).decode()


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, number = base64.urlsafe_b64decode(token.encode("ascii")).split(b":")
    except (ValueError, binascii.Error) as error:
        raise _invalid("page_token: not one of ours") from error
    if word != b"after" or not number.isdigit() or len(number) > 15:
        raise _invalid("page_token: not one of ours")
    return int(number)
