"""Conversations and their rules, in one SQLite database in memory.

Every call is one transaction at one moment, under one lock: what it reads is true when it writes. Conversations whose
time is over by that moment are ended first, so that no rule below has to think of expiry. Ids of ended conversations
are remembered, their contents are not.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Conversations", "Refused"]

PAGE = 5
SHORTEST, USUAL, LONGEST = 60.0, 900.0, 3600.0  # seconds without a call of the owner

_SCHEMA = """
CREATE TABLE conversation (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    device TEXT,
    label TEXT,
    attributes TEXT NOT NULL,
    ttl REAL NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    last_seen REAL NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_living_per_device ON conversation (owner, device) WHERE NOT ended;
CREATE INDEX over_first ON conversation (last_seen + ttl) WHERE NOT ended;
CREATE INDEX by_owner ON conversation (owner, seq) WHERE NOT ended;
CREATE TABLE turn (
    conversation INTEGER NOT NULL REFERENCES conversation (seq),
    n INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (conversation, n)
) WITHOUT ROWID;
"""
_SEEN = "SELECT *, (SELECT count(*) FROM turn WHERE conversation = seq) AS turns FROM conversation WHERE "


class Refused(Exception):
    """A call that isn't carried out: the HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Conversations:
    """All conversations of one server. `clock` gives seconds since 1970 and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_SCHEMA)

    def start(
        self, owner: str, device: str | None, label: str | None, attributes: dict[str, Any], ttl: float | None
    ) -> tuple[dict[str, Any], bool]:
        """The living conversation of this owner and device, as it is, and True; or a new one, and False."""
        with self._moment() as now:
            if device is not None:
                found = self._db.execute(
                    "SELECT id FROM conversation WHERE owner = ? AND device = ? AND NOT ended", (owner, device)
                ).fetchone()
                if found:
                    return self._shown(self._mine(owner, found["id"], now)["seq"]), True
            ttl = USUAL if ttl is None else min(max(ttl, SHORTEST), LONGEST)
            new = self._db.execute(
                "INSERT INTO conversation (id, owner, device, label, attributes, ttl, created, modified, last_seen)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ("c_" + secrets.token_urlsafe(32), owner, device, label, json.dumps(attributes), ttl, now, now, now),
            )
            return self._shown(int(new.lastrowid or 0)), False

    def page(self, owner: str, after: int) -> tuple[list[dict[str, Any]], int | None]:
        """The owner's living conversations after position `after`, and the position to go on from if there are more."""
        with self._moment():
            rows = self._db.execute(
                _SEEN + "owner = ? AND seq > ? AND NOT ended ORDER BY seq LIMIT ?", (owner, after, PAGE + 1)
            ).fetchall()
            return [_public(row) for row in rows[:PAGE]], rows[PAGE - 1]["seq"] if len(rows) > PAGE else None

    def read(self, owner: str, id: str) -> dict[str, Any]:
        with self._moment() as now:
            return self._shown(self._mine(owner, id, now)["seq"])

    def change(self, owner: str, id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Set the label, and the attributes that `changes` names; the others stay."""
        with self._moment() as now:
            row = self._mine(owner, id, now)
            if changes:
                attributes = {**json.loads(row["attributes"]), **changes.get("attributes", {})}
                self._db.execute(
                    "UPDATE conversation SET label = ?, attributes = ?, modified = ? WHERE seq = ?",
                    (changes.get("label", row["label"]), json.dumps(attributes), now, row["seq"]),
                )
            return self._shown(row["seq"])

    def end(self, owner: str, id: str) -> None:
        with self._moment() as now:
            self._end(self._mine(owner, id, now)["seq"])

    def say(self, owner: str, id: str, text: str, author: str) -> dict[str, Any]:
        with self._moment() as now:
            row = self._mine(owner, id, now)
            n = row["turns"] + 1
            self._db.execute("INSERT INTO turn VALUES (?, ?, ?, ?, ?)", (row["seq"], n, author, text, now))
            self._db.execute("UPDATE conversation SET modified = ? WHERE seq = ?", (now, row["seq"]))
            return {"n": n, "text": text, "by": author, "at": now}

    def turns(self, owner: str, id: str) -> list[dict[str, Any]]:
        with self._moment() as now:
            seq = self._mine(owner, id, now)["seq"]
            rows = self._db.execute("SELECT * FROM turn WHERE conversation = ? ORDER BY n", (seq,))
            return [{"n": row["n"], "text": row["text"], "by": row["author"], "at": row["at"]} for row in rows]

    @contextmanager
    def _moment(self) -> Iterator[float]:
        with self._lock:
            now = self._clock()
            self._db.execute("BEGIN")
            try:
                over = self._db.execute("SELECT seq FROM conversation WHERE last_seen + ttl <= ? AND NOT ended", (now,))
                for row in over.fetchall():
                    self._end(row["seq"])
                yield now
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _mine(self, owner: str, id: str, now: float) -> sqlite3.Row:
        """The owner's living conversation, whose time starts anew. Raises Refused."""
        row: sqlite3.Row | None = self._db.execute(_SEEN + "id = ?", (id,)).fetchone()
        if row is None:
            raise Refused(404, "unknown_conversation", "there never was a conversation of this id")
        if row["owner"] != owner:
            raise Refused(403, "forbidden", "this conversation is somebody else's")
        if row["ended"]:
            raise Refused(410, "gone", "this conversation has ended")
        self._db.execute("UPDATE conversation SET last_seen = ? WHERE seq = ?", (now, row["seq"]))
        return row

    def _shown(self, seq: int) -> dict[str, Any]:
        return _public(self._db.execute(_SEEN + "seq = ?", (seq,)).fetchone())

    def _end(self, seq: int) -> None:
        self._db.execute("DELETE FROM turn WHERE conversation = ?", (seq,))
        self._db.execute("UPDATE conversation SET ended = 1, label = NULL, attributes = '{}' WHERE seq = ?", (seq,))


def _public(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "owner", "device", "label", "created", "modified", "last_seen")},
        "attributes": json.loads(row["attributes"]),
        "ttl_seconds": row["ttl"],
        "expires_at": row["last_seen"] + row["ttl"],
        "turn_count": row["turns"],
    }
