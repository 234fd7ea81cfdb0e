"""The form of every body of the contract faultmaven."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from .fm_session_shapes import Anything, ClientId, Minutes, Time

Action = Literal["query_processed", "new_case_started"]
Confidence = Annotated[float, Field(ge=0, le=1)]
Bytes = Annotated[str, Field(json_schema_extra={"format": "binary"})]


class NewSession(TypedDict, total=False):
    client_id: ClientId | None
    timeout_minutes: Minutes
    session_type: Annotated[str, Field(max_length=200)] | None


class CaseIds(TypedDict):
    case_id: str
    investigation_id: str


class CaseHistoryItem(CaseIds):
    action: Action
    query: str | None
    response: str | None
    timestamp: Time
    confidence_score: Confidence
    context: Anything


class Session(TypedDict):
    session_id: str
    user_id: str | None
    client_id: str | None
    session_type: str | None
    timeout_minutes: Minutes
    created_at: Time
    last_activity: Time
    expires_at: Time
    data_uploads: list[str]
    current_case_id: str | None
    case_history: list[CaseHistoryItem]
    investigation_history: list[CaseHistoryItem]
    agent_state: Anything


class CreatedSession(Session):
    session_resumed: bool


class _NamedSession(TypedDict, total=False):
    session_id: str


class Query(_NamedSession):
    query: Annotated[str, Field(min_length=1, max_length=100_000)]


class Answer(CaseIds):
    session_id: str
    query: str
    response: str
    confidence_score: Confidence
    timestamp: Time


class NewCase(CaseIds):
    session_id: str
    action: Action
    timestamp: Time


class Case(CaseIds):
    started_at: Time
    last_activity: Time
    query_count: int
    current: bool


class Cases(TypedDict):
    session_id: str
    current_case_id: str | None
    cases: list[Case]


class CaseHistory(TypedDict):
    session_id: str
    case_id: str | None
    investigation_id: str | None
    history: list[CaseHistoryItem]


class Form(_NamedSession):
    file: Bytes


class Data(TypedDict):
    data_id: str
    filename: str
    size: int
    sha256: str
    uploaded_at: Time


class UploadedData(Data):
    session_id: str


class DataPage(TypedDict):
    session_id: str
    data: list[Data]


NEW_SESSION: TypeAdapter[NewSession] = TypeAdapter(NewSession)
QUERY: TypeAdapter[Query] = TypeAdapter(Query)
