"""Times as the contract spells them, as seconds since the epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

__all__ = ["instant"]


def instant(value: Any, form: str) -> float | None:
    """`value` as seconds since 1970-01-01T00:00Z; None when it isn't of the form or names no zone (RFC 3339)."""
    if form == "rfc3339":
        try:
            parsed = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return None
        return parsed.timestamp() if parsed.tzinfo is not None else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value / 1000 if form == "unix-milliseconds" else float(value)
