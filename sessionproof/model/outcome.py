"""What an answer says of what its request did, and words for people about events."""

from __future__ import annotations

from typing import Any

from sessionproof.model.seen import Seen

__all__ = ["done", "key_of", "open_ended", "refused", "shown", "when", "who"]

_SHORT = 60  # characters of a text in a sentence


def done(event: Seen) -> bool:
    """Whether the request was surely carried out, and as the contract has it."""
    return event.status is not None and 200 <= event.status < 300 and not event.odd


def refused(event: Seen) -> bool:
    """Whether the request surely did nothing. 408 says that the server gave up, not that it hadn't begun."""
    return event.status is not None and 400 <= event.status < 500 and event.status != 408


def open_ended(event: Seen) -> bool:
    """Whether the request may still be carried out after its end: nobody answered, or somebody in between did."""
    return event.status is None or event.status >= 500 or event.status in (408, 202)


def key_of(text: Any) -> Any:
    """What two equal texts have in common, however they were recorded; None for what is no text."""
    if isinstance(text, str) or text is None:
        return text
    if isinstance(text, dict) and "sha256" in text:
        return text["sha256"], text.get("characters")
    return repr(text)


def who(event: Seen) -> str:
    return event.actor or event.user or "somebody"


def when(moment: float) -> str:
    return f"{moment:.3f} s"


def shown(text: Any) -> str:
    """A text as it stands in a sentence."""
    if isinstance(text, tuple):
        return f"a text of {text[1]} characters"
    text = str(text)
    return repr(text if len(text) <= _SHORT else f"{text[:_SHORT]}...")
