"""Sessions and messages are values: a change makes a new one, so whoever holds one sees it whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

Status = Literal["active", "archived", "deleted"]
Role = Literal["user", "assistant", "system"]
Fields = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation, as it was acknowledged."""

    message_id: str
    role: Role
    content: str
    timestamp: datetime
    metadata: Fields


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """What happened in a case: a query with its answer, or the start of the case, which has neither."""

    action: Literal["query_processed", "new_case_started"]
    case_id: str
    query: str | None
    answer: str | None
    timestamp: datetime
    confidence: float
    context: Fields


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was accepted; `text` is what of it can be read, up to a limit."""

    upload_id: str
    name: str
    size: int
    sha256: str
    text: str
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Repeatable:
    """The caller's name for a request, and a digest of what it says: the same name again is the same request again."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done under a key: the message that it added or, of a create, the record that it began with."""

    operation: Literal["create", "add_message"]
    request: Repeatable
    message_id: str | None = None
    began: "Session | None" = None


@dataclass(frozen=True, slots=True)
class Session:
    """One session with its conversation; it lives until `expires_at`, that moment excluded.

    `minutes` is the length of its life. For times: created <= updated <= last activity <= now.
    """

    session_id: str
    user_id: str
    client_id: str | None
    title: str | None
    status: Status
    context: Fields
    metadata: Fields
    minutes: float
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    expires_at: datetime
    messages: tuple[Message, ...] = ()
    current_case_id: str | None = None
    case_history: tuple[CaseEntry, ...] = ()
    uploads: tuple[Upload, ...] = ()
    done: tuple[Done, ...] = ()


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a caller asks for; a `client_id` asks for the living session of this client, if there is one."""

    client_id: str | None = None
    title: str | None = None
    context: Fields = field(default_factory=dict)
    metadata: Fields = field(default_factory=dict)
    repeatable: Repeatable | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a caller says; the server adds the id and the time."""

    role: Role
    content: str
    metadata: Fields = field(default_factory=dict)
    repeatable: Repeatable | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Change:
    """The fields that were sent; None stands for one that wasn't."""

    title: str | None = None
    status: Status | None = None
    context: Fields | None = None
    metadata: Fields | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The session that a create ended with, and whether it had been there before."""

    session: Session
    resumed: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the items, in order, and how many there are in all."""

    items: Sequence[T]
    total: int
    limit: int
    offset: int
