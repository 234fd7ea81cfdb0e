"""What is said in a conversation, and what is asked of the assistant, topic by topic.

The assistant knows nothing of its own. It repeats the question, what was asked before in the same topic, and the files
of the conversation: whatever it was told can be seen in what it says, and nothing else should be.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from results import Key, once
from store import Store

__all__ = ["Talk"]

EXCERPT = 200  # characters of a text file


class Talk:
    def __init__(self, store: Store) -> None:
        self._store, self._db = store, store.db

    def say(self, owner: str, id: str, text: str, author: str, key: Key | None) -> dict[str, Any]:
        def said() -> tuple[int, dict[str, Any]]:
            return row["seq"], {"turn": self._add(row["seq"], author, text, now)}

        with self._store.moment() as now:
            row = self._store.mine(owner, id, now)
            return once(self._store, owner, f"say {id}", key, said)

    def ask(self, owner: str, id: str, prompt: str, key: Key | None) -> dict[str, Any]:
        """The question and the answer to it, which are turns from now on, in the newest topic or a first one."""

        def asked() -> tuple[int, dict[str, Any]]:
            seq, topic = row["seq"], row["topic"] or self._open(row["seq"], now)
            reply = self._reply(seq, topic, prompt)
            question = self._add(seq, "human", prompt, now, topic)
            self._add(seq, "assistant", reply, now, topic, replies_to=question["n"])
            return seq, {"exchange": self._exchanges(topic)[-1]}

        with self._store.moment() as now:
            row = self._store.mine(owner, id, now)
            return once(self._store, owner, f"ask {id}", key, asked)

    def turns(self, owner: str, id: str) -> list[dict[str, Any]]:
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            rows = self._db.execute("SELECT * FROM turn WHERE conversation = ? ORDER BY n", (seq,))
            return [_turn(row) for row in rows]

    def open_topic(self, owner: str, id: str) -> dict[str, Any]:
        with self._store.moment() as now:
            seq = self._store.mine(owner, id, now)["seq"]
            return self._topics(seq, self._open(seq, now))[0]

    def topics(self, owner: str, id: str) -> tuple[list[dict[str, Any]], str | None]:
        """The conversation's topics, the oldest first, and which of them is open."""
        with self._store.moment() as now:
            row = self._store.mine(owner, id, now)
            return self._topics(row["seq"]), row["topic"]

    def topic(self, owner: str, id: str, ref: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """A topic of this conversation and its exchanges, the oldest first; None where it has no such topic."""
        with self._store.moment() as now:
            found = self._topics(self._store.mine(owner, id, now)["seq"], ref)
            return (found[0], self._exchanges(ref)) if found else None

    def _add(
        self, seq: int, author: str, text: str, now: float, topic: str | None = None, replies_to: int | None = None
    ) -> dict[str, Any]:
        last = self._db.execute("SELECT coalesce(max(n), 0) AS n FROM turn WHERE conversation = ?", (seq,)).fetchone()
        n = last["n"] + 1
        self._db.execute(
            "INSERT INTO turn VALUES (?, ?, ?, ?, ?, ?, ?)", (seq, n, author, text, now, topic, replies_to)
        )
        self._store.touch(seq, now)
        return _turn(self._db.execute("SELECT * FROM turn WHERE conversation = ? AND n = ?", (seq, n)).fetchone())

    def _open(self, seq: int, now: float) -> str:
        ref = "t_" + secrets.token_urlsafe(16)
        self._db.execute("INSERT INTO topic (ref, conversation, opened) VALUES (?, ?, ?)", (ref, seq, now))
        self._store.touch(seq, now)
        return ref

    def _reply(self, seq: int, topic: str, prompt: str) -> str:
        before = self._db.execute(
            "SELECT text FROM turn WHERE topic = ? AND replies_to IS NULL ORDER BY n", (topic,)
        ).fetchall()
        files = self._db.execute("SELECT name, content FROM file WHERE conversation = ? ORDER BY seq", (seq,))
        return "\n".join(
            [
                f"You ask: {prompt}",
                *(f"You asked before: {row['text']}" for row in before),
                *(f"There is {row['name']}: {_excerpt(row['content'])}" for row in files),
            ]
        )

    def _topics(self, seq: int, ref: str | None = None) -> list[dict[str, Any]]:
        rows = self._db.execute(
            "SELECT ref, opened, max(opened, coalesce(max(at), 0)) AS latest, count(replies_to) AS asked"
            " FROM topic LEFT JOIN turn ON turn.topic = topic.ref"
            " WHERE topic.conversation = ? AND (ref = ? OR ? IS NULL) GROUP BY topic.seq ORDER BY topic.seq",
            (seq, ref, ref),
        )
        return [dict(row) for row in rows]

    def _exchanges(self, topic: str) -> list[dict[str, Any]]:
        rows = self._db.execute(
            "SELECT turn.topic, turn.n, turn.text AS prompt, reply.n AS reply_n, reply.text AS reply, reply.at"
            " FROM turn JOIN turn AS reply ON reply.conversation = turn.conversation AND reply.n = turn.n + 1"
            " WHERE turn.topic = ? AND reply.replies_to = turn.n ORDER BY turn.n",
            (topic,),
        )
        return [
            {
                "topic": row["topic"],
                "asked": {"n": row["n"], "prompt": row["prompt"]},
                "reply": {"n": row["reply_n"], "text": row["reply"], "certainty": 1.0, "at": row["at"]},
            }
            for row in rows
        ]


def _turn(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("n", "text", "at", "topic", "replies_to")},
        "by": row["author"],
    }


def _excerpt(content: bytes) -> str:
    try:
        return content.decode()[:EXCERPT]
    except UnicodeDecodeError:
        return f"{len(content)} bytes"
