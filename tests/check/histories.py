"""Small histories, written by hand: a session in which things are said and read, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from sessionproof.history import Event, Header

__all__ = ["add", "create", "delete", "header", "listed", "read", "write"]

_STEP = 0.01


def header(clock: str = "one", **values: Any) -> Header:
    told = {"contract": "fm-session-service", "target": "http://127.0.0.1:8002", "lens": "suites", "seed": 7}
    return Header(clock=clock, started="2026-11-20T17:22:32+00:00", tool="sessionproof 0", **{**told, **values})


def _event(op: str, at: float, actor: str, **values: Any) -> Event:
    call = {"create": "POST /api/v1/sessions", "list": "GET /api/v1/sessions"}.get(op, f"{op} /x")
    told = {"n": 0, "clock": "one", "call": call, "user": f"{actor}-id", "status": 200, "t1": at + _STEP / 2}
    return Event(op=op, t0=at, actor=actor, **{**told, **values})


def create(session: str, at: float, actor: str = "alice", client: str = "", **values: Any) -> Event:
    got = {"session": session, "resumed": False, "client": client or None}
    sent = {"client": client} if client else {}
    told = {"status": 201, "got": got, "sent": sent, "client": client}
    return _event("create", at, actor, session=session, **{**told, **values})


def add(session: str, text: str, at: float, actor: str = "alice", **values: Any) -> Event:
    sent = {"role": "user", "content": text, "session": session}
    told = {"status": 201, "sent": sent, "got": {"role": "user", "content": text, "message": f"id of {text}"}}
    return _event("add_message", at, actor, session=session, **{**told, **values})


def read(session: str, texts: Iterable[str], at: float, actor: str = "alice", **values: Any) -> Event:
    each = [{"message": f"id of {text}", "role": "user", "content": text} for text in texts]
    told = {"sent": {"session": session}, "got": {"session": session, "total": len(each), "each": each}}
    return _event("messages", at, actor, session=session, **{**told, **values})


def delete(session: str, at: float, actor: str = "alice", **values: Any) -> Event:
    return _event("delete", at, actor, session=session, status=204, sent={"session": session}, **values)


def listed(sessions: Iterable[str], at: float, actor: str = "alice", **values: Any) -> Event:
    each = [{"session": session} for session in sessions]
    return _event("list", at, actor, got={"total": len(each), "each": each}, **values)


def write(file: Path, events: Iterable[Event], first: Header | None = None) -> Path:
    """The history as `--history` writes it: numbered from 1, all of one clock."""
    first = first or header()
    numbered = [msgspec.structs.replace(event, n=n, clock=first.clock) for n, event in enumerate(events, 1)]
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in (first, *numbered)))
    return file
