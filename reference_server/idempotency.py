"""Requests that may be repeated: what was done under a key is kept in the session, and lives as long as it does.

A key belongs to an operation and a user and, but for a create, to a session. Refused requests leave none.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from starlette.requests import Request

from .errors import RefusalError, invalid
from .model import Created, Done, Message, Repeatable, Session

HEADER = "idempotency-key"
LONGEST_KEY = 200  # characters
MOST_KEYS = 100  # in a session


def repeatable(request: Request, body: Any) -> Repeatable | None:
    """The request's key, if it has one, and a digest of its body, however that is spelled."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not 0 < len(keys[0]) <= LONGEST_KEY:
        raise invalid(f"Idempotency-Key: must be there once at most, with 1 to {LONGEST_KEY} characters")
    return Repeatable(keys[0], hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest())


class Repeats:
    """The rules of repeated requests; the core asks them while it holds the user."""

    def created_before(self, sessions: Iterable[Session], request: Repeatable | None) -> Created | None:
        """What this create led to when it was done."""
        for session in sessions if request is not None else ():
            done = self.done_before(session, "create", request)
            if done is not None:
                return Created(session if done.began is None else done.began, resumed=done.began is None)
        return None

    def said_before(self, session: Session, request: Repeatable | None) -> Message | None:
        """The message that this request added when it was done."""
        done = self.done_before(session, "add_message", request)
        return next((message for message in session.messages if done and message.message_id == done.message_id), None)

    def done_before(
        self, session: Session, operation: Literal["create", "add_message"], request: Repeatable | None
    ) -> Done | None:
        """What was done under the request's key. Another request under that key is refused."""
        if request is None:
            return None
        under_key = (done for done in session.done if (done.operation, done.request.key) == (operation, request.key))
        done = next(under_key, None)
        if done is not None and not self.is_same(done.request, request):
            raise RefusalError("key_reused", "This Idempotency-Key stands for another request.")
        return done

    def is_same(self, first: Repeatable, again: Repeatable) -> bool:
        """Requests are the same if they say the same."""
        return first.digest == again.digest

    def noted(self, session: Session, done: Done) -> Session:
        """The session, which knows what was done in it; of very many keys it knows the newest."""
        return replace(session, done=(*session.done, done)[-MOST_KEYS:])
