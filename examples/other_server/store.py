"""All that the server keeps, in one SQLite database in memory.

Every call is one transaction at one moment, under one lock: what it reads is true when it writes. Conversations whose
time is over by that moment are ended first, so that no rule elsewhere has to think of expiry. Ids of ended
conversations are remembered, their contents are not.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from refused import Refused

__all__ = ["SEEN", "Store"]

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
CREATE TABLE topic (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    ref TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversation (seq),
    opened REAL NOT NULL
);
CREATE INDEX topics ON topic (conversation, seq);
CREATE TABLE turn (
    conversation INTEGER NOT NULL REFERENCES conversation (seq),
    n INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    topic TEXT REFERENCES topic (ref), -- of what was asked, and of the replies
    replies_to INTEGER,
    PRIMARY KEY (conversation, n)
) WITHOUT ROWID;
CREATE INDEX asked ON turn (topic, n) WHERE topic IS NOT NULL;
CREATE TABLE file (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversation (seq),
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    md5 TEXT NOT NULL,
    added REAL NOT NULL,
    UNIQUE (conversation, name)
);
CREATE TABLE result (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation (seq),
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    UNIQUE (owner, place, key)
);
CREATE INDEX results ON result (conversation, seq);
"""
SEEN = """SELECT *, (SELECT count(*) FROM turn WHERE conversation = conversation.seq) AS turns,
    (SELECT ref FROM topic WHERE conversation = conversation.seq ORDER BY seq DESC LIMIT 1) AS topic
    FROM conversation WHERE """


class Store:
    """`clock` gives seconds since 1970 and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(_SCHEMA)

    @contextmanager
    def moment(self) -> Iterator[float]:
        """One transaction: all of it happens at the moment that it is given, or none of it does."""
        with self._lock:
            now = self._clock()
            self.db.execute("BEGIN")
            try:
                over = self.db.execute("SELECT seq FROM conversation WHERE last_seen + ttl <= ? AND NOT ended", (now,))
                for row in over.fetchall():
                    self.end(row["seq"])
                yield now
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def mine(self, owner: str, id: str, now: float) -> sqlite3.Row:
        """The owner's living conversation, whose time starts anew. Raises Refused."""
        row: sqlite3.Row | None = self.db.execute(SEEN + "id = ?", (id,)).fetchone()
        if row is None:
            raise Refused(404, "unknown_conversation", "there never was a conversation of this id")
        if row["owner"] != owner:
            raise Refused(403, "forbidden", "this conversation is somebody else's")
        if row["ended"]:
            raise Refused(410, "gone", "this conversation has ended")
        self.db.execute("UPDATE conversation SET last_seen = ? WHERE seq = ?", (now, row["seq"]))
        return row

    def touch(self, seq: int, now: float) -> None:
        self.db.execute("UPDATE conversation SET modified = ? WHERE seq = ?", (now, seq))

    def empty(self, seq: int, but_results_of: str = "") -> None:
        """Remove what was said and asked, the topics, the files, and the results kept under keys."""
        self.db.execute("DELETE FROM turn WHERE conversation = ?", (seq,))
        self.db.execute("DELETE FROM topic WHERE conversation = ?", (seq,))
        self.db.execute("DELETE FROM file WHERE conversation = ?", (seq,))
        self.db.execute("DELETE FROM result WHERE conversation = ? AND place != ?", (seq, but_results_of))

    def end(self, seq: int) -> None:
        self.empty(seq)
        self.db.execute("UPDATE conversation SET ended = 1, label = NULL, attributes = '{}' WHERE seq = ?", (seq,))
