"""The names that APIs give to what the vocabulary knows, in snake case. The first column is as good as certain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sessionproof.guess.schema import Shape

__all__ = [
    "CASE_NOUNS",
    "LIFE",
    "MESSAGE",
    "MESSAGE_NOUNS",
    "NOUNS",
    "SESSION",
    "SPEAKER",
    "Rule",
    "life_unit",
    "noun_of",
    "singular",
]

NOUNS = ("session", "conversation", "chat", "thread", "dialog", "dialogue")
MESSAGE_NOUNS = ("message", "turn")
CASE_NOUNS = ("case", "investigation", "topic")


def singular(word: str) -> str:
    return word[:-1] if word.endswith("s") else word


def noun_of(word: str) -> str:
    """The session noun that a path segment ends with (`chat_sessions`: session), "" for any other."""
    last = singular(word.split("_")[-1])
    return last if last in NOUNS else ""


@dataclass(frozen=True)
class Rule:
    """How a value of the vocabulary is recognised: by its names, and by a schema that can hold it."""

    sure: tuple[str, ...]
    likely: tuple[str, ...]
    fits: Callable[[Shape], bool]
    sendable: Callable[[Shape], bool] | None = None  # in a request; None: the server's own


def _text(shape: Shape) -> bool:
    return shape.is_a("string") and not shape.enum


def _word(shape: Shape) -> bool:
    return shape.is_a("string")


def _free(shape: Shape) -> bool:
    return shape.is_free_text


def _object(shape: Shape) -> bool:
    return shape.is_a("object")


def _open(shape: Shape) -> bool:
    return shape.is_open


def _whole(shape: Shape) -> bool:
    return shape.is_a("integer")


def _flag(shape: Shape) -> bool:
    return shape.is_a("boolean")


def _time(shape: Shape) -> bool:
    return shape.is_a("string", "number", "integer") and shape.facts.get("format") != "date"


def _scalar(shape: Shape) -> bool:
    return shape.is_a("string", "integer") and not shape.enum


def _speaker(shape: Shape) -> bool:
    return _word(shape) and bool({"user", "human", "assistant", "bot", "ai"} & {str(one).lower() for one in shape.enum})


SESSION = {
    "client": Rule(
        ("client_id", "device_id", "client_identifier", "device_identifier"),
        ("device", "installation_id", "browser_id", "tab_id"),
        _text,
        _free,
    ),
    "title": Rule(("title",), ("label", "subject", "topic", "name"), _text, _free),
    "context": Rule(("context",), (), _object, _open),
    "metadata": Rule(("metadata", "meta_data"), ("attributes", "meta"), _object, _open),
    "kind": Rule(("session_type", "session_kind", "conversation_type"), (), _text, _free),
    "resumed": Rule(("session_resumed", "resumed", "is_resumed", "was_resumed"), ("reused", "existing"), _flag),
    "user": Rule(("user_id", "owner_id"), ("owner", "user", "username", "user_name"), _text),
    "status": Rule(("status",), ("state",), _word, _word),
    "created": Rule(
        ("created_at", "created", "created_on", "date_created"),
        ("creation_time", "create_time", "created_time", "started_at"),
        _time,
    ),
    "updated": Rule(
        ("updated_at", "updated", "modified_at", "last_modified", "updated_on"),
        ("modified", "update_time", "last_updated", "last_modified_at", "date_modified", "modified_on"),
        _time,
    ),
    "activity": Rule(
        ("last_activity_at", "last_activity", "last_active_at", "last_active"),
        ("last_seen", "last_seen_at", "last_accessed", "last_accessed_at", "last_activity_time", "last_used_at"),
        _time,
    ),
    "expires": Rule(("expires_at", "expire_at"), ("expires", "expires_on", "expiration", "expiration_time"), _time),
    "count": Rule(("message_count", "messages_count", "turn_count"), ("num_messages", "n_messages"), _whole),
}

MESSAGE = {
    "message": Rule(("message_id", "turn_id"), ("id", "uuid"), _scalar),
    "role": Rule(("role",), (), _word, _word),
    "content": Rule(("content",), ("text", "body", "message"), _text, _text),
    "time": Rule(("timestamp", "created_at", "sent_at"), ("time", "at", "created"), _time),
    "metadata": Rule(("metadata",), (), _object, _open),
}
SPEAKER = Rule((), ("by", "sender", "author", "speaker", "from", "author_role", "sender_type"), _speaker, _speaker)

LIFE = re.compile(
    r"(?:(?:session|idle|inactivity)_)*(?:timeout|ttl|lifetime|time_to_live|max_age|expires?_in|expires?_after)_(?:in_)?"
    r"(?:(?P<milliseconds>ms|millis|milliseconds)|(?P<seconds>secs?|seconds)|(?P<minutes>mins?|minutes)"
    r"|(?P<hours>hrs?|hours))"
)


def life_unit(word: str) -> str:
    """The unit in the name of a length of life (`timeout_minutes`: minutes), "" where it names none."""
    form = LIFE.fullmatch(word)
    return (form.lastgroup or "") if form else ""
