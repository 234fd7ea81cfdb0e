"""HTTP archives as histories: requests recognised by the contract, users by its identity channel.

Everything goes through the one recorder, so that a history made from a HAR file has no credentials in it, whatever the
file has. An archive tells when a request began to the millisecond; calls are taken to have lasted that much longer,
which can hide an order of two calls but never make one up.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from sessionproof import __version__
from sessionproof.actors import Actor
from sessionproof.check.reading import WRONG
from sessionproof.check.source import open_packed
from sessionproof.contract import Contract
from sessionproof.errors import UsageError
from sessionproof.history import Header, Recorder
from sessionproof.history.redact import Redactor
from sessionproof.wire import Answer, Reply, Request, recognise_request
from sessionproof.wire.recognise import OTHER, PREFLIGHT

__all__ = ["convert"]

_PRECISION = 0.001  # seconds
_DEEPEST = 4  # segments of a path under which an API may lie


class _Pair(msgspec.Struct):
    name: str
    value: str = ""


class _Posted(msgspec.Struct):
    text: str = ""
    params: list[_Pair] | None = None


class _Asked(msgspec.Struct):
    method: str
    url: str
    headers: list[_Pair] = []
    posted: _Posted | None = msgspec.field(name="postData", default=None)


class _Content(msgspec.Struct):
    text: str = ""
    encoding: str = ""


class _Answered(msgspec.Struct):
    status: int = 0
    headers: list[_Pair] = []
    content: _Content | None = None
    error: Any = msgspec.field(name="_error", default=None)


class _Entry(msgspec.Struct):
    started: str = msgspec.field(name="startedDateTime")
    request: _Asked
    response: _Answered
    time: float = 0.0  # milliseconds
    cached: Any = msgspec.field(name="_fromCache", default=None)


class _Log(msgspec.Struct):
    entries: list[_Entry]


class _Har(msgspec.Struct):
    log: _Log


def convert(path: Path, name: str, contract: Contract, target: Path) -> tuple[str, ...]:
    """Writes the calls of the archive that the contract knows as a history, and returns what has to be said of it.

    Raises UsageError for what is no HAR file, and when no call is the contract's.
    """
    entries = [entry for entry in _entries(path, name) if not entry.cached]  # what was cached never reached the API
    base = _base(entries, contract)
    ours = [entry for entry in entries if base and entry.request.url.startswith(base)]
    asked = [(entry, _request(entry, base, contract, Actor("nobody", None))) for entry in ours]
    known = [(entry, request) for entry, request in asked if request.binding.operation not in (OTHER, PREFLIGHT)]
    if not known:
        raise UsageError(f"{name}: none of its {len(entries)} requests is one of the contract {contract.name}")
    redactor = Redactor()
    users = _Users(contract, redactor, known)
    began = min(_seconds(entry, name) for entry, _ in known)
    clock = f"{path.stem}-{began:.0f}"
    recorder = Recorder(redactor, target, _header(clock, base, contract, known[0][0].started))
    left_out = 0
    for entry, request in sorted(known, key=lambda pair: _seconds(pair[0], name) + pair[0].time / 1000):
        actor = users.of(request)
        if actor is None:
            left_out += 1
            continue
        request = _request(entry, base, contract, actor)
        started = _seconds(entry, name) - began
        ended = started + max(entry.time, 0.0) / 1000 + _PRECISION
        recorder.record(Reply(contract, request, _answer(entry), (), started, ended), started, ended)
    recorder.close()
    notes = [f"{name}: {len(known) - left_out:,} of its {len(entries):,} requests are calls of the API at {base}"]
    if left_out:
        notes.append(f"{name}: {left_out:,} calls are left out: they carry tokens, and nothing says whose they are")
    return tuple(notes)


def _entries(path: Path, name: str) -> list[_Entry]:
    try:
        with open_packed(path) as file:
            content = file.read().removeprefix(b"\xef\xbb\xbf")
        return msgspec.json.decode(content, type=_Har).log.entries
    except (*WRONG, EOFError, OSError) as error:
        raise UsageError(f"{name}: not a HAR file that can be read: {error}") from error


def _seconds(entry: _Entry, name: str) -> float:
    try:
        return datetime.fromisoformat(entry.started).timestamp()
    except ValueError as error:
        raise UsageError(f"{name}: {entry.started!r} is not a time (startedDateTime)") from error


def _base(entries: Sequence[_Entry], contract: Contract) -> str:
    """The URL under which most requests are the contract's; "" where none is."""
    nobody = Actor("nobody", None)
    found: Counter[str] = Counter()
    for entry in entries:
        for base in _bases(entry.request.url):
            if _request(entry, base, contract, nobody).binding.operation not in (OTHER, PREFLIGHT):
                found[base] += 1
    return max(sorted(found), key=lambda base: found[base], default="")


def _bases(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    segments = parts.path.split("/")[1:]
    for count in range(min(len(segments), _DEEPEST + 1)):
        yield "".join((f"{parts.scheme}://{parts.netloc}", *(f"/{segment}" for segment in segments[:count])))


def _request(entry: _Entry, base: str, contract: Contract, actor: Actor) -> Request:
    asked = entry.request
    target = asked.url.removeprefix(base).partition("#")[0] or "/"
    headers = tuple((pair.name, pair.value) for pair in asked.headers)
    return recognise_request(contract, actor, asked.method, target, headers, _body(asked.posted))


def _body(posted: _Posted | None) -> bytes:
    if posted is None:
        return b""
    if not posted.text and posted.params:
        return urlencode([(pair.name, pair.value) for pair in posted.params]).encode()
    return posted.text.encode("utf-8", "replace")


def _answer(entry: _Entry) -> Answer:
    response = entry.response
    if not response.status:
        return Answer(None, failure=str(response.error or "the recording has no answer"))
    headers = tuple((pair.name, pair.value) for pair in response.headers)
    return Answer(response.status, headers, _content(response.content))


def _content(content: _Content | None) -> bytes:
    if content is None:
        return b""
    if content.encoding == "base64":
        try:
            return base64.b64decode(content.text)
        except ValueError:
            return b""
    return content.text.encode("utf-8", "replace")


def _header(clock: str, base: str, contract: Contract, started: str) -> Header:
    return Header(
        clock=clock,
        started=started,
        target=base,
        contract=contract.name,
        lens="har",
        seed=0,
        tool=f"sessionproof {__version__}",
    )


class _Users:
    """Who speaks in an archive: each identity is a user; of a token, whoever got it or is named in it."""

    def __init__(self, contract: Contract, redactor: Redactor, known: Sequence[tuple[_Entry, Request]]) -> None:
        self._contract, self._named = contract, contract.identity.name.lower()
        self._actors: dict[str | None, Actor] = {None: Actor("nobody", None)}
        self._owners: dict[str, str] = {}  # token -> user
        for entry, request in known:
            if request.binding.operation == "login":
                self._logged_in(Reply(contract, request, _answer(entry)))
        tokens = {token for _, request in known if (token := self._token(request))}
        for token in tokens:
            redactor.add(token, "TOKEN")
        unknown = {token for token in tokens if self._owner(token) is None}
        self._only = unknown.pop() if len(unknown) == 1 else ""  # nobody but one user can be meant

    def of(self, request: Request) -> Actor | None:
        """Who sent it; None where that can't be told."""
        identity = self._contract.identity
        if identity.by_token:
            token = self._token(request)
            user = self._owner(token) or ("whoever has the token" if token == self._only else "") if token else None
        elif identity.kind == "query":
            user = dict(parse_qsl(request.target.partition("?")[2])).get(identity.name)
        elif identity.kind == "header":
            user = next((value for name, value in request.headers if name.lower() == self._named), None)
        else:
            return Actor("client", None)
        if user == "":
            return None
        if user not in self._actors:
            self._actors[user] = Actor(f"user{len(self._actors)}", user)
        return self._actors[user]

    def _logged_in(self, reply: Reply) -> None:
        user = reply.request.values.get("user")
        if reply.ok and reply.token and isinstance(user, str):
            self._owners[reply.token] = user

    def _token(self, request: Request) -> str:
        identity = self._contract.identity
        if not identity.by_token:
            return ""
        return identity.secret_in(next((value for name, value in request.headers if name.lower() == self._named), ""))

    def _owner(self, token: str) -> str | None:
        """Who got it by a log-in, or whom a JSON web token names."""
        if token in self._owners:
            return self._owners[token]
        parts = token.split(".")
        if len(parts) != 3:
            return None
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        except (ValueError, RecursionError):
            return None
        subject = claims.get("sub") if isinstance(claims, dict) else None
        return subject if isinstance(subject, str) and subject else None
