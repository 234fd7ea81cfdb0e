"""A session as text, and back: equal to what it was, to the microsecond and the last digit."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from ..model import CaseEntry, Done, Message, Repeatable, Session, Upload

_KINDS = (Session, Message, CaseEntry, Upload, Done, Repeatable)
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS}
_CHILDREN: dict[str, Any] = {"messages": Message, "case_history": CaseEntry, "uploads": Upload}
_TIMES = ("created_at", "updated_at", "last_activity_at", "expires_at")


def written(session: Session) -> str:
    """ASCII, so that no store has to know about characters."""
    return json.dumps(session, default=_plain, separators=(",", ":"))


def read(text: str | bytes) -> Session:
    """The session that was written."""
    return _session(json.loads(text))


def _session(record: dict[str, Any]) -> Session:
    for name in _TIMES:
        record[name] = datetime.fromisoformat(record[name])
    for name, kind in _CHILDREN.items():
        record[name] = tuple(_child(kind, child) for child in record[name])
    record["done"] = tuple(map(_done, record["done"]))
    return Session(**record)


def _child(kind: Any, record: dict[str, Any]) -> Any:
    record["timestamp"] = datetime.fromisoformat(record["timestamp"])
    return kind(**record)


def _done(record: dict[str, Any]) -> Done:
    record["request"] = Repeatable(**record["request"])
    record["began"] = record["began"] and _session(record["began"])
    return Done(**record)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: getattr(value, name) for name in _NAMES[type(value)]}
