"""Files of a conversation, by name: one that comes again takes the place of the first. A name is never a path."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from refused import Refused
from store import Store

__all__ = ["LARGEST", "Files"]

LARGEST = 256 * 1024  # bytes
_SHOWN = "SELECT id, name, length(content) AS bytes, md5, added FROM file WHERE conversation = ? "


class Files:
    def __init__(self, store: Store) -> None:
        self._store, self._db = store, store.db

    def add(self, owner: str, id: str, name: str, content: bytes) -> dict[str, Any]:
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            if len(content) > LARGEST:
                raise Refused(413, "too_large", f"a file of at most {LARGEST} bytes")
            file = "f_" + secrets.token_urlsafe(16)
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            self._db.execute("DELETE FROM file WHERE conversation = ? AND name = ?", (seq, name))
            self._db.execute(
                "INSERT INTO file (id, conversation, name, content, md5, added) VALUES (?, ?, ?, ?, ?, ?)",
                (file, seq, name, content, md5, now),
            )
            self._store.touch(seq, now)
            return dict(self._db.execute(_SHOWN + "AND id = ?", (seq, file)).fetchone())

    def all(self, owner: str, id: str) -> list[dict[str, Any]]:
        """The conversation's files, the oldest first."""
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            return [dict(row) for row in self._db.execute(_SHOWN + "ORDER BY seq", (seq,))]

    def content(self, owner: str, id: str, file: str) -> bytes | None:
        """The file's bytes; None where this conversation has no such file."""
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            row = self._db.execute("SELECT content FROM file WHERE conversation = ? AND id = ?", (seq, file)).fetchone()
            return row and bytes(row["content"])
