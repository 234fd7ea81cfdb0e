"""Where a report is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionproof.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["save"]


def save(file: Path, content: bytes) -> None:
    """Writes the file, with its folders. Raises UsageError, in one line, where that can't be done."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{file}: can't be written: {error.strerror}; give another path") from error
