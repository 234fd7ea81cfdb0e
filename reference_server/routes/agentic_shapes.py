"""The form of every body of the contract agentic-multi-client."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from .faultmaven_shapes import Bytes
from .fm_session_shapes import ClientId, Time


class NewSession(TypedDict, total=False):
    client_id: ClientId | None


class Summary(TypedDict):
    session_id: str
    client_id: str | None
    created_at: Time
    last_activity: Time
    expires_at: Time
    message_count: int
    upload_count: int


class ChatMessage(TypedDict):
    role: Literal["user", "assistant"]
    content: str
    timestamp: Time


class File(TypedDict):
    filename: str
    size: int
    sha256: str
    uploaded_at: Time


class Session(Summary):
    messages: list[ChatMessage]
    uploads: list[File]


class Stats(TypedDict):
    active_sessions: int
    messages: int
    uploads: int
    timeout_minutes: float


class SessionList(TypedDict):
    sessions: list[Summary]
    stats: Stats


class Cleared(TypedDict):
    session_id: str
    message_count: int


class _NamedSession(TypedDict, total=False):
    session_id: str


class Chat(_NamedSession):
    message: Annotated[str, Field(min_length=1, max_length=100_000)]


class ChatAnswer(TypedDict):
    session_id: str
    session_created: bool
    message: str
    response: str
    timestamp: Time


class Form(_NamedSession):
    file: Bytes


class UploadedFile(File):
    session_id: str
    session_created: bool


NEW_SESSION: TypeAdapter[NewSession] = TypeAdapter(NewSession)
CHAT: TypeAdapter[Chat] = TypeAdapter(Chat)
