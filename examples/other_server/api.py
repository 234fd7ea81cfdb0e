"""The API's calls: what may be sent, and what is answered."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from accounts import Accounts
from calls import Call, text
from conversations import Conversations
from files import Files
from refused import Refused, invalid
from store import Store
from talk import Talk

__all__ = ["Answer", "Api"]

Answer = tuple[int, Any]  # status, and the body: bytes as they are, None for none, all else becomes JSON
Act = Callable[..., Answer]  # of the call, the user, and the ids in the path
LONGEST = 100_000  # characters of what is said or asked
DOCUMENT = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))


class Api:
    def __init__(self, accounts: Accounts, store: Store) -> None:
        self._accounts = accounts
        self._conversations, self._talk, self._files = Conversations(store), Talk(store), Files(store)

    def answer(self, call: Call) -> Answer:
        """What the call leads to. Raises Refused."""
        path = call.target.partition("?")[0]
        parts = (path[:-1] if path.endswith("/") else path).split("/")[1:]
        methods, ids = self._route(parts)
        if not methods:
            raise Refused(404, "no_such_route", "there is nothing at this path")
        open_to_all = methods in ({"POST": self._log_in}, {"GET": self._document})
        user = "" if open_to_all else self._accounts.caller(call.headers.get_all("Authorization") or [])
        if call.method not in methods:
            raise Refused(405, "method_not_allowed", f"only {', '.join(methods)} here")
        return methods[call.method](call, user, *map(_decoded, ids))

    def _route(self, parts: list[str]) -> tuple[dict[str, Act], list[str]]:
        """What may be done at this path, by method, and the ids in it."""
        match parts:
            case ["openapi.json"]:
                return {"GET": self._document}, []
            case ["v2", "login"]:
                return {"POST": self._log_in}, []
            case ["v2", "conversations"]:
                return {"POST": self._start, "GET": self._list}, []
            case ["v2", "conversations", id]:
                return {"GET": self._read, "PATCH": self._change, "DELETE": self._end}, [id]
            case ["v2", "conversations", id, "forget"]:
                return {"POST": self._forget}, [id]
            case ["v2", "conversations", id, "files"]:
                return {"POST": self._upload, "GET": self._all_files}, [id]
            case ["v2", "conversations", id, "files", file]:
                return {"GET": self._download}, [id, file]
            case ["v2", "turns"]:
                return {"POST": self._say, "GET": self._turns}, []
            case ["v2", "ask"]:
                return {"POST": self._ask}, []
            case ["v2", "topics"]:
                return {"POST": self._open_topic, "GET": self._all_topics}, []
            case ["v2", "topics", ref]:
                return {"GET": self._topic}, [ref]
        return {}, []

    def _document(self, call: Call, user: str) -> Answer:
        return 200, DOCUMENT

    def _log_in(self, call: Call, user: str) -> Answer:
        body = call.body()
        name, password = text(body, "username", 200), text(body, "password", 200)
        return 200, {"access_token": self._accounts.log_in(name, password)}

    def _start(self, call: Call, user: str) -> Answer:
        device = call.query("device")
        if device is not None and not 0 < len(device) <= 512:
            raise invalid("device: 1 to 512 characters, or leave it out")
        body = _session_fields(call.body())
        ttl = body.get("ttl_seconds")
        if isinstance(ttl, bool) or not isinstance(ttl, int | float | None):
            raise invalid("ttl_seconds: a number")
        label, attributes, key = body.get("label"), body.get("attributes", {}), call.key(device, body)
        return 200, self._conversations.start(user, device, label, attributes, ttl, key)

    def _list(self, call: Call, user: str) -> Answer:
        page, following = self._conversations.page(user, _position(call.query("page_token")))
        return 200, {"conversations": {one["id"]: one for one in page}, "next_page_token": _page_token(following)}

    def _read(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"conversation": self._conversations.read(user, id)}

    def _change(self, call: Call, user: str, id: str) -> Answer:
        if not call.content:
            raise invalid("send the changes as a JSON object")
        body = _session_fields(call.body())
        changes = {name: value for name, value in body.items() if name in ("label", "attributes")}
        return 200, {"conversation": self._conversations.change(user, id, changes)}

    def _forget(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"conversation": self._conversations.forget(user, id)}

    def _end(self, call: Call, user: str, id: str) -> Answer:
        self._conversations.end(user, id)
        return 202, None

    def _say(self, call: Call, user: str) -> Answer:
        id, body = call.header("X-Conversation"), call.body()
        said, author = text(body, "text", LONGEST), body.get("by")
        if author not in ("human", "assistant"):
            raise invalid("by: human or assistant")
        return 200, self._talk.say(user, id, said, author, call.key(body))

    def _turns(self, call: Call, user: str) -> Answer:
        return 200, {"turns": self._talk.turns(user, call.header("X-Conversation"))}

    def _ask(self, call: Call, user: str) -> Answer:
        id, body = call.header("X-Conversation"), call.body()
        return 200, self._talk.ask(user, id, text(body, "prompt", LONGEST), call.key(body))

    def _open_topic(self, call: Call, user: str) -> Answer:
        return 200, {"topic": self._talk.open_topic(user, call.header("X-Conversation"))}

    def _all_topics(self, call: Call, user: str) -> Answer:
        topics, newest = self._talk.topics(user, call.header("X-Conversation"))
        return 200, {"topics": topics, "open_topic": newest}

    def _topic(self, call: Call, user: str, ref: str) -> Answer:
        found = self._talk.topic(user, call.header("X-Conversation"), ref)
        if found is None:
            raise Refused(404, "unknown_topic", "this conversation has no topic of this ref")
        return 200, {"topic": found[0], "exchanges": found[1]}

    def _upload(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"file": self._files.add(user, id, *call.file("document"))}

    def _all_files(self, call: Call, user: str, id: str) -> Answer:
        return 200, {"files": {one.pop("id"): one for one in self._files.all(user, id)}}

    def _download(self, call: Call, user: str, id: str, file: str) -> Answer:
        content = self._files.content(user, id, file)
        if content is None:
            raise Refused(404, "unknown_file", "this conversation has no file of this id")
        return 200, content


def _decoded(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise invalid("the path is not percent-encoded UTF-8") from error


def _session_fields(body: dict[str, Any]) -> dict[str, Any]:
    """The body, if its label and attributes are what they ought to be."""
    if not isinstance(body.get("label"), str | None) or len(body.get("label") or "") > 500:
        raise invalid("label: a text of at most 500 characters")
    if not isinstance(body.get("attributes", {}), dict):
        raise invalid("attributes: an object")
    return body


def _page_token(position: int | None) -> str | None:
    return None if position is None else base64.urlsafe_b64encode(b"after:%d" % position).decode()


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, number = base64.urlsafe_b64decode(token.encode("ascii")).split(b":")
    except (ValueError, binascii.Error) as error:
        raise invalid("page_token: not one of ours") from error
    if word != b"after" or not number.isdigit() or len(number) > 15:
        raise invalid("page_token: not one of ours")
    return int(number)
