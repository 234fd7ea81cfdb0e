"""The form of every body of the contract fm-session-service."""

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema, with_config
from typing_extensions import TypedDict

from ..model import Role, Status


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Title = Annotated[str, Field(max_length=500)]
ClientId = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(_not_blank)]
# Whole numbers stay whole. The upper limit is a setting, and checked by the rules.
Minutes = Annotated[int | float, WithJsonSchema({"type": "number", "minimum": 1})]
Anything = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class Metadata(TypedDict, total=False):
    session_type: Annotated[str, Field(max_length=200)]
    timeout_minutes: Minutes


class NewSession(TypedDict, total=False):
    client_id: ClientId | None
    title: Title | None
    context: Anything
    metadata: Metadata


class SessionChange(TypedDict, total=False):
    title: Title
    status: Status
    context: Anything
    metadata: Metadata


class NewMessage(TypedDict):
    role: Role
    content: Annotated[str, Field(min_length=1, max_length=100_000)]
    metadata: NotRequired[Anything]


class Message(TypedDict):
    message_id: str
    role: Role
    content: str
    timestamp: Time
    metadata: Anything


class SessionSummary(TypedDict):
    session_id: str
    user_id: str
    client_id: str | None
    title: str | None
    status: Status
    created_at: Time
    updated_at: Time
    last_activity_at: Time
    expires_at: Time
    message_count: int


class Session(SessionSummary):
    messages: list[Message]
    context: Anything
    metadata: Metadata


class CreatedSession(Session):
    session_resumed: bool


class SessionPage(TypedDict):
    sessions: list[SessionSummary]
    total: int
    limit: int
    offset: int


class MessagePage(TypedDict):
    session_id: str
    messages: list[Message]
    total: int
    limit: int
    offset: int


class Heartbeat(TypedDict):
    session_id: str
    last_activity_at: Time
    expires_at: Time


NEW_SESSION: TypeAdapter[NewSession] = TypeAdapter(NewSession)
SESSION_CHANGE: TypeAdapter[SessionChange] = TypeAdapter(SessionChange)
NEW_MESSAGE: TypeAdapter[NewMessage] = TypeAdapter(NewMessage)
