"""Conversations: one per owner and device, alive while the owner calls."""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import Any

from results import Key, once
from store import SEEN, Store

__all__ = ["Conversations"]

PAGE = 5
SHORTEST, USUAL, LONGEST = 60.0, 900.0, 3600.0  # seconds without a call of the owner
_START = "start"


class Conversations:
    def __init__(self, store: Store) -> None:
        self._store, self._db = store, store.db

    def start(
        self,
        owner: str,
        device: str | None,
        label: str | None,
        attributes: dict[str, Any],
        ttl: float | None,
        key: Key | None,
    ) -> dict[str, Any]:
        """The living conversation of this owner and device, as it is; or a new one. `resumed` says which."""

        def found_or_new() -> tuple[int, dict[str, Any]]:
            seq = None if device is None else self._found(owner, device, now)
            resumed = seq is not None
            seq = self._new(owner, device, label, attributes, ttl, now) if seq is None else seq
            return seq, {"conversation": self._shown(seq), "resumed": resumed}

        with self._store.moment() as now:
            return once(self._store, owner, _START, key, found_or_new)

    def page(self, owner: str, after: int) -> tuple[list[dict[str, Any]], int | None]:
        """The owner's living conversations after position `after`, and the position to go on from if there are more."""
        with self._store.moment():
            rows = self._db.execute(
                SEEN + "owner = ? AND seq > ? AND NOT ended ORDER BY seq LIMIT ?", (owner, after, PAGE + 1)
            ).fetchall()
            return [_public(row) for row in rows[:PAGE]], rows[PAGE - 1]["seq"] if len(rows) > PAGE else None

    def read(self, owner: str, id: str) -> dict[str, Any]:
        with self._store.moment() as now:
            return self._shown(self._store.mine(owner, id, now)["seq"])

    def change(self, owner: str, id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Set the label, and the attributes that `changes` names; the others stay."""
        with self._store.moment() as now:
            row = self._store.mine(owner, id, now)
            if changes:
                attributes = {**json.loads(row["attributes"]), **changes.get("attributes", {})}
                self._db.execute(
                    "UPDATE conversation SET label = ?, attributes = ? WHERE seq = ?",
                    (changes.get("label", row["label"]), json.dumps(attributes), row["seq"]),
                )
                self._store.touch(row["seq"], now)
            return self._shown(row["seq"])

    def forget(self, owner: str, id: str) -> dict[str, Any]:
        """Remove the turns, the topics and the files; the label and the attributes stay."""
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            self._store.empty(seq, but_results_of=_START)
            self._store.touch(seq, now)
            return self._shown(seq)

    def end(self, owner: str, id: str) -> None:
        with self._store.moment() as now:
            self._store.end(self._store.mine(owner, id, now)["seq"])

    def _found(self, owner: str, device: str, now: float) -> int | None:
        row = self._db.execute(
            "SELECT id FROM conversation WHERE owner = ? AND device = ? AND NOT ended", (owner, device)
        ).fetchone()
        return row and int(self._store.mine(owner, row["id"], now)["seq"])

    def _new(
        self,
        owner: str,
        device: str | None,
        label: str | None,
        attributes: dict[str, Any],
        ttl: float | None,
        now: float,
    ) -> int:
        ttl = USUAL if ttl is None else min(max(ttl, SHORTEST), LONGEST)
        new = self._db.execute(
            "INSERT INTO conversation (id, owner, device, label, attributes, ttl, created, modified, last_seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ("c_" + secrets.token_urlsafe(32), owner, device, label, json.dumps(attributes), ttl, now, now, now),
        )
        return int(new.lastrowid or 0)

    def _shown(self, seq: int) -> dict[str, Any]:
        return _public(self._db.execute(SEEN + "seq = ?", (seq,)).fetchone())


def _public(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "owner", "device", "label", "created", "modified", "last_seen")},
        "attributes": json.loads(row["attributes"]),
        "ttl_seconds": row["ttl"],
        "expires_at": row["last_seen"] + row["ttl"],
        "turn_count": row["turns"],
        "open_topic": row["topic"],
    }
