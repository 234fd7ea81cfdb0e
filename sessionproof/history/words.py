"""An event in few words, for people: what was asked, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sessionproof.history.event import Event

__all__ = ["answered", "asked", "brief"]

_LONGEST = 20  # characters of a text of somebody's
_ENTRIES = 3  # of a list
_IDS = ("session", "case", "message", "upload")
_SHOWING = ("read", "list", "messages", "cases", "case_history", "uploads")  # operations whose lists are worth a word
_TOLD = ("status", "life", "limit", "offset", "page", "cursor", "case")  # of what was sent, besides texts


def asked(event: Event) -> str:
    """`add_message "said ... 6ebc9510" in 3f1b2c4d`: the operation, what it carries, and the session it is about."""
    sent = event.sent
    texts = [_quoted(sent[name]) for name in ("content", "question", "title") if sent.get(name) not in (None, "")]
    told = [f"{name} {brief(sent[name])}" for name in _TOLD if sent.get(name) is not None]
    client = [f"for client {brief(event.client, _LONGEST)}"] if event.client else []
    session = [f"in {brief(event.session)}"] if "session" in sent else []
    return " ".join([event.op, *texts, *told, *client, *session])


def answered(event: Event) -> str:
    """`201 new 3f1b2c4d`, `200 with 2 entries: "a", "b"`: the status, and what it says about the flow."""
    if event.status is None:
        return f"no answer: {event.failure}" if event.failure else "no answer"
    got = event.got
    parts = [str(event.status)]
    if "reason" in got:
        parts.append(brief(got["reason"], _LONGEST))
    if got.get("session") and "session" not in event.sent:
        parts += ["resumed" if got["resumed"] else "new"] if isinstance(got.get("resumed"), bool) else []
        parts.append(brief(got["session"]))
    if event.op in _SHOWING:
        parts += [_listed(got[name]) for name in ("messages", "each") if isinstance(got.get(name), list)]
    if event.leaks:
        parts.append(f"with words of {', '.join(event.leaks)}")
    return " ".join(parts)


def _listed(entries: list[Any]) -> str:
    shown = [_of_entry(entry) for entry in entries[-_ENTRIES:]]
    count = f"with {len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
    more = "..., " if len(entries) > _ENTRIES else ""
    return f"{count}: {more}{', '.join(shown)}" if shown else "with no entries"


def _of_entry(entry: Any) -> str:
    """Its text, or else its id."""
    values = entry if isinstance(entry, Mapping) else {"content": entry}
    text = _first(values.get(name) for name in ("content", "question", "answer"))
    return _quoted(text) if text is not None else brief(_first(values.get(name) for name in _IDS) or "?")


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _quoted(value: Any) -> str:
    return f'"{brief(value, _LONGEST)}"'


def brief(value: Any, longest: int = 8) -> str:
    """An id by its beginning; a longer text by beginning and end, as these tell the texts of a run apart."""
    if isinstance(value, Mapping) and "starts" in value:  # a text that was cut when it was recorded
        return f"{str(value['starts'])[: longest - 10]}... {str(value.get('sha256', ''))[:6]}"
    text = str(value)
    if len(text) <= longest:
        return text
    return f"{text[: longest - 14]}...{text[-9:]}" if longest > 16 else text[:longest]
