"""Results kept under the caller's keys: a repeated request changes nothing and gets the first one's answer.

A key belongs to a caller and a place, which is a route or a route and a conversation. A result is kept as long as what
it tells of is, the newest thousand of a conversation at most. Requests that were refused leave none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from refused import Refused
from store import Store

__all__ = ["Key", "once"]

MOST = 1000


@dataclass(frozen=True)
class Key:
    """What the caller calls this request, and a digest of what it says."""

    name: str
    request: str

    @classmethod
    def of(cls, name: str, *said: Any) -> Key:
        return cls(name, hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest())


def once(
    store: Store, owner: str, place: str, key: Key | None, act: Callable[[], tuple[int, dict[str, Any]]]
) -> dict[str, Any]:
    """The answer kept under this key; or that of `act`, which also says whose conversation it is about. In a moment.

    Raises Refused where the key stands for another request.
    """
    if key is None:
        return act()[1]
    kept = store.db.execute(
        "SELECT request, answer FROM result WHERE owner = ? AND place = ? AND key = ?", (owner, place, key.name)
    ).fetchone()
    if kept is None:
        seq, answer = act()
        store.db.execute(
            "INSERT INTO result (conversation, owner, place, key, request, answer) VALUES (?, ?, ?, ?, ?, ?)",
            (seq, owner, place, key.name, key.request, json.dumps(answer)),
        )
        store.db.execute(
            "DELETE FROM result WHERE seq <= (SELECT seq FROM result WHERE conversation = ?"
            " ORDER BY seq DESC LIMIT 1 OFFSET ?) AND conversation = ?",
            (seq, MOST, seq),
        )
        return answer
    if kept["request"] != key.request:
        raise Refused(409, "key_reused", "this Idempotency-Key stands for another request")
    answer = json.loads(kept["answer"])
    return dict(answer)
