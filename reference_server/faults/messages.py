"""Faults in the conversation: what is kept, in which order, under which names, and how it is shown."""

import asyncio
import html
import unicodedata
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Message, NewMessage, Page, Role, Session
from ..routes import fm_session_shapes as shapes
from ..routes.fm_session_service import FmSessionService
from .registry import also, fault
from .tools import RawBody, UnknownFields, extra, memory, nth


@fault("F-MSG-01", "MSG-01 MSG-08", "A message is acknowledged and counted, but not stored.")
class CountsOnly(Core):
    def appended(self, session: Session, message: Message) -> Session:
        nth(self, "said in", session.session_id)
        return replace(super().appended(session, message), messages=session.messages)

    def message_count(self, session: Session) -> int:
        said: int = vars(self).get("_counts", {}).get(("said in", session.session_id), 0)
        return super().message_count(session) + said


@fault(
    "F-MSG-02",
    "MSG-03",
    "The conversation is read, appended to and written back: messages at the same moment are lost.",
)
class AppendsUnlocked(Core):
    def exclusive(self, user: str, operation: Operation) -> AbstractAsyncContextManager[None]:
        return nullcontext() if operation == "add_message" else super().exclusive(user, operation)

    async def keep(self, session: Session, operation: Operation) -> Session:
        if operation == "add_message":
            await asyncio.sleep(0.01)
        return await super().keep(session, operation)


@fault(
    "F-MSG-03",
    "MSG-02",
    "The history is sorted by message ids as text: msg_10 comes before msg_2.",
    conditional=True,
)
class SortedByText(Core):
    def new_message_id(self, session: Session) -> str:
        return f"msg_{len(session.messages) + 1}"

    def conversation(self, session: Session) -> Sequence[Message]:
        return sorted(super().conversation(session), key=lambda message: message.message_id)


@fault("F-MSG-04", "MSG-04", "Content is trimmed and normalised, and what is beyond the BMP becomes '?'.")
class Normalises(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        text = unicodedata.normalize("NFC", new.content.strip())
        content = "".join(character if character <= "\uffff" else "?" for character in text)
        return super().message(session, replace(new, content=content), now)


@fault(
    "F-MSG-05",
    "MSG-08 MSG-01",
    "Only the newest 100 messages are kept, while totals keep counting.",
    conditional=True,
)
class KeepsHundred(Core):
    def conversation(self, session: Session) -> Sequence[Message]:
        return super().conversation(session)[-100:]


@fault(
    "F-MSG-20",
    "MSG-01",
    "A message with the same text as the one before is taken for a repetition, and isn't stored.",
    conditional=True,
)
class DropsRepetitions(Core):
    def appended(self, session: Session, message: Message) -> Session:
        if session.messages and session.messages[-1].content == message.content:
            return session
        return super().appended(session, message)


@fault(
    "F-MSG-21",
    "MSG-01 SEC-03",
    "A message that is refused for its metadata is stored all the same.",
    conditional=True,
)
class StoresRefused(RawBody):
    async def add_message(self, request: Request) -> Response:
        try:
            return await super().add_message(request)
        except RefusalError:
            sent = {name: value for name, value in self.raw(request).items() if name != "metadata"}
            if shapes.NEW_MESSAGE.validator.isinstance_python(sent, strict=True):
                new = NewMessage(sent["role"], sent["content"])
                await self.core.add_message(self.caller(request), self.session_id(request), new)
            raise


@fault("F-MSG-22", "MSG-02", "The history is sorted by whole seconds and then by the (random) ids.")
class SortedBySecond(Core):
    def conversation(self, session: Session) -> Sequence[Message]:
        def place(message: Message) -> tuple[datetime, str]:
            return message.timestamp.replace(microsecond=0), message.message_id

        return sorted(super().conversation(session), key=place)


@fault("F-MSG-23", "MSG-04", "Markup in the content is escaped before it is stored.", conditional=True)
class Escapes(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        return super().message(session, replace(new, content=html.escape(new.content)), now)


@fault("F-MSG-24", "MSG-04", "Objects inside a message's metadata come back as text.", conditional=True)
class FlattensMetadata(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        flat = {name: str(value) if isinstance(value, dict) else value for name, value in new.metadata.items()}
        return super().message(session, replace(new, metadata=flat), now)


class LenientRole(FmSessionService):
    """Makes something of a role that isn't declared."""

    def role(self, sent: object) -> object:
        return sent

    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        saying = request.url.path.endswith("/messages") and isinstance(sent, dict)
        return {**sent, "role": self.role(sent.get("role"))} if saying else sent


@fault("F-MSG-25", "MSG-05 MSG-01", "A role that is missing or unknown is replaced by 'user'.")
class AnyRoleIsUser(LenientRole):
    def role(self, sent: object) -> object:
        return sent if sent in get_args(Role) else "user"


@fault("F-MSG-26", "MSG-05", "Roles are accepted in upper case.", conditional=True)
class RolesWithoutCase(LenientRole):
    def role(self, sent: object) -> object:
        return sent.lower() if isinstance(sent, str) else sent


@fault("F-MSG-27", "MSG-05 MSG-06", "A message_id that the caller sends is used.", conditional=True)
class TakesMessageId(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        message = super().message(session, new, now)
        return replace(message, message_id=str(extra(new).get("message_id", message.message_id)))


also("F-MSG-27")(UnknownFields)


@fault("F-MSG-28", "MSG-06", "Message ids are numbers that begin again after ten.", conditional=True)
class IdsRepeat(Core):
    def new_message_id(self, session: Session) -> str:
        return f"msg_{len(session.messages) % 10}"


@fault("F-MSG-29", "MSG-06 LIF-03", "Message ids are made when they are shown: each read tells others.")
class IdsChange(Core):
    def conversation(self, session: Session) -> Sequence[Message]:
        shown = super().conversation(session)
        return [replace(message, message_id=f"msg_{uuid4().hex}") for message in shown]


@fault("F-MSG-30", "MSG-06", "Messages of the assistant are dated two seconds too early.", conditional=True)
class AssistantIsEarly(Core):
    def message(self, session: Session, new: NewMessage, now: datetime) -> Message:
        early = timedelta(seconds=2 if new.role == "assistant" else 0)
        return super().message(session, new, now - early)


@fault("F-MSG-31", "MSG-07", "The title follows the latest user message.")
class TitleFollows(Core):
    def titled(self, session: Session, message: Message) -> str | None:
        generated = message.role == "user" and any(other.role == "user" for other in session.messages)
        return super().titled(replace(session, title=None) if generated else session, message)


@fault("F-MSG-32", "MSG-07", "The title comes from the first message, whoever says it.", conditional=True)
class TitleFromAnybody(Core):
    def titled(self, session: Session, message: Message) -> str | None:
        return super().titled(session, replace(message, role="user"))


@fault("F-MSG-33", "MSG-07", "The first user message overwrites a title that was chosen.", conditional=True)
class ChosenTitleLost(Core):
    def titled(self, session: Session, message: Message) -> str | None:
        first = message.role == "user" and not any(other.role == "user" for other in session.messages)
        return super().titled(replace(session, title=None) if first else session, message)


@fault("F-MSG-35", "MSG-08", "message_count leaves out what the assistant and the system say.", conditional=True)
class CountsUsersOnly(FmSessionService):
    def summary(self, session: Session) -> shapes.SessionSummary:
        said = [message for message in session.messages if message.role == "user"]
        return {**super().summary(session), "message_count": len(said)}


@fault("F-MSG-36", "MSG-08", "Pages of messages after the first begin one message too early.", conditional=True)
class LaterPagesRepeat(Core):
    async def messages(self, user: str, session_id: str, limit: int, offset: int) -> Page[Message]:
        return await super().messages(user, session_id, limit, max(0, offset - 1))


@fault(
    "F-MSG-37",
    "MSG-08",
    "The conversation inside a session is a copy that a heartbeat brings up to date.",
    conditional=True,
)
class CopyIsStale(FmSessionService):
    async def heartbeat(self, request: Request) -> Response:
        memory(self, "copies").pop(self.session_id(request), None)
        return await super().heartbeat(request)

    def session(self, session: Session) -> shapes.Session:
        shown = super().session(session)
        copy = memory(self, "copies").setdefault(session.session_id, shown["messages"])
        return {**shown, "messages": copy}
