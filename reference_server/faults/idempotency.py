"""Faults in what becomes of a request that is repeated under its key."""

from collections.abc import Iterable
from dataclasses import replace

from ..core import Core
from ..errors import RefusalError
from ..model import Created, Done, Message, Repeatable, Session
from .registry import fault
from .tools import memory, nth


@fault("F-MSG-61", "MSG-11", "The keys of messages are taken and never looked at.")
class MessagesAreRepeated(Core):
    def said_before(self, session: Session, request: Repeatable | None) -> Message | None:
        return None


@fault("F-MSG-62", "MSG-11", "Another request under a used key is answered as if it were the first.")
class KeysStandForEverything(Core):
    def is_same(self, first: Repeatable, again: Repeatable) -> bool:
        return True


@fault("F-MSG-63", "MSG-11", "A key is used up by the first repetition: the second one is done.", conditional=True)
class KeysAreUsedUp(Core):
    def said_before(self, session: Session, request: Repeatable | None) -> Message | None:
        before = super().said_before(session, request)
        return before if before is not None and nth(self, before.message_id) == 1 else None


@fault(
    "F-MSG-64",
    "MSG-11",
    "The keys of all sessions of a user are one set: a message whose key is known elsewhere is not added.",
    conditional=True,
)
class SessionsShareKeys(Core):
    def said_before(self, session: Session, request: Repeatable | None) -> Message | None:
        known = memory(self, "messages").get((session.user_id, request))
        return super().said_before(session, request) or known

    def noted(self, session: Session, done: Done) -> Session:
        if done.operation == "add_message":
            memory(self, "messages")[session.user_id, done.request] = session.messages[-1]
        return super().noted(session, done)


@fault(
    "F-MSG-65",
    "MSG-11 ISO-01",
    "The keys of creates are everyone's: a create under another user's key is answered with that user's session.",
    conditional=True,
)
class UsersShareKeys(Core):
    def created_before(self, sessions: Iterable[Session], request: Repeatable | None) -> Created | None:
        known: Created | None = memory(self, "creates").get(request and request.key)
        return super().created_before(sessions, request) or known

    def noted(self, session: Session, done: Done) -> Session:
        if done.began is not None:
            memory(self, "creates")[done.request.key] = Created(done.began, resumed=False)
        return super().noted(session, done)


@fault(
    "F-MSG-66",
    "MSG-11",
    "A key forgets its request once another one was refused under it: the first is done again then.",
    conditional=True,
)
class RefusalsUseKeysUp(Core):
    def said_before(self, session: Session, request: Repeatable | None) -> Message | None:
        refused = memory(self, "refused")
        try:
            before = super().said_before(session, request)
        except RefusalError:
            refused[session.session_id, request and request.key] = True
            raise
        return None if refused.pop((session.session_id, request and request.key), False) else before


@fault(
    "F-MSG-67",
    "MSG-11",
    "A session knows its newest key only: after another message, the one before can be added again.",
    conditional=True,
)
class OneKeyIsKnown(Core):
    def noted(self, session: Session, done: Done) -> Session:
        return replace(session, done=(done,))
