"""A contract as values: what an implementation declares about its session flows, and how it spells them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sessionproof.contract.expressions import Expression

__all__ = ["PAGING", "Binding", "Contract", "Identity", "Items", "Life", "Parameter", "Uploads"]

PAGING = ("limit", "offset", "page", "cursor")  # what asks for a part of a list

SESSION_OPERATIONS = (
    "read", "update", "delete", "heartbeat", "add_message", "messages", "clear", "query", "upload", "uploads",
    "download", "new_case", "cases", "case_history",
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """How a caller says who it is: `kind` is header, query, bearer, cookie or none."""

    kind: str
    name: str = ""  # of the header or query parameter
    login: str = ""  # bearer, cookie: anyone | known
    email: str = ""  # optional headers that a gateway adds
    roles: str = ""
    guests: bool = False  # those who name nobody are one user of their own
    cookie: str = ""  # its name

    @property
    def by_token(self) -> bool:
        """Whether what is sent is a secret that a log-in gave."""
        return self.kind in ("bearer", "cookie")

    def said(self, user: str, secret: str) -> str:
        """What stands in the header, or in the query, for a user who has this secret."""
        if self.kind == "bearer":
            return f"Bearer {secret}".strip()
        return f"{self.cookie}={secret}" if self.kind == "cookie" else user

    def secret_in(self, said: str) -> str:
        """The secret in what is said, or the user where there is none; the secret alone is one too."""
        if self.kind == "cookie":
            found = [one.strip().partition("=") for one in said.split(";")]
            return next((value for name, _, value in found if name == self.cookie), said.strip())
        if self.kind == "bearer":
            return said.strip().rpartition(" ")[2]
        return said.removeprefix("Bearer ").strip()

    @property
    def invents(self) -> bool:
        """Whether a run can make up users of its own."""
        return self.kind in ("header", "query") or self.login == "anyone"


@dataclass(frozen=True)
class Life:
    """How long a session lives, in seconds; None where the contract doesn't say."""

    kind: str = ""  # idle | absolute | both
    default: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    absolute: float | None = None
    outside: str = ""  # reject | clamp
    refreshed_by: tuple[str, ...] = ()
    not_refreshed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Uploads:
    """What is promised of files; "" and None where the contract doesn't say."""

    same_name: str = ""  # keep | replace | reject: the first of two of one name in one session
    digest: str = ""  # md5 | sha1 | sha256 | sha512
    maximum: int | None = None  # bytes


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation: its place, and a value that its schema allows."""

    name: str
    where: str  # path | query | header | cookie
    required: bool
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """A list in an answer: where it is and where the values of one entry stand."""

    at: Expression
    fields: Mapping[str, Expression]
    newest_first: bool = False
    callers: tuple[str, ...] = ()  # the roles of entries that callers made, where the server adds some of its own

    def as_promised(self, entries: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        """The entries that callers made, oldest first."""
        own = [entry for entry in entries if not self.callers or entry.get("role") in self.callers]
        return tuple(reversed(own) if self.newest_first else own)

    @property
    def is_plain(self) -> bool:
        """Whether places in the list are places among what callers made."""
        return not self.newest_first and not self.callers


@dataclass(frozen=True)
class Binding:
    """One operation of the API that does one step of a session flow."""

    operation: str
    method: str
    path: str  # template
    sends: Mapping[str, tuple[Expression, ...]]
    returns: Mapping[str, Expression]
    lists: Mapping[str, Items]  # "each" for the answer's own entries, "messages", ... for embedded ones
    life_unit: float = 1.0  # seconds
    volatile: tuple[Expression, ...] = ()
    anonymous: bool = False
    constants: tuple[tuple[Expression, Any], ...] = ()
    media_type: str = ""  # of the request body, "" when it has none
    body_required: bool = False
    body_schema: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # status -> schema, {} without one
    operation_id: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def on_session(self) -> bool:
        """Whether it works on one session that the request names, and needs no other id."""
        filled = (*self.carriers(), *(place for place, _ in self.constants))
        places = {place.name for place in filled if place.part == "path"}
        needs_others = set(re.findall(r"{([^}]+)}", self.path)) - places
        return "session" in self.sends and self.operation in SESSION_OPERATIONS and not needs_others

    @property
    def is_typed(self) -> bool:
        """Whether the request's body tells null and numbers from texts; a form holds nothing but texts."""
        return not self.media_type.startswith(("application/x-www-form-urlencoded", "multipart/"))

    def carriers(self) -> tuple[Expression, ...]:
        """The places in which a request names its session."""
        return self.sends.get("session", ())

    @property
    def names_session_in_path(self) -> bool:
        """Whether no request can be sent that leaves its session out."""
        return any(place.part == "path" for place in self.carriers())


@dataclass(frozen=True)
class Contract:
    """Everything that the harness knows of an implementation. Statuses are sets of HTTP codes."""

    name: str
    file: str
    document: Mapping[str, Any]  # the OpenAPI document, references unresolved
    identity: Identity
    bindings: tuple[Binding, ...]
    foreign: frozenset[int]
    gone: frozenset[int]
    unknown: frozenset[int]
    no_identity: frozenset[int]
    no_session: frozenset[int]
    invalid: frozenset[int]
    slash: str
    id_format: str
    id_bits: int | None
    times: str
    reason: Expression | None
    assistant: str
    life: Life
    resume_scope: tuple[str, ...]
    resume_changes: str  # keep | apply | reject | ""
    resume_expired: str  # new | gone | ""
    list_scope: str  # user | all | ""
    updatable: tuple[str, ...]
    update_replaces: bool  # an update sets every field, those that weren't sent to nothing
    update_objects: str  # merge | replace | "": what becomes of the keys that an updated object doesn't name
    status_initial: str
    status_transitions: Mapping[str, tuple[str, ...]]
    status_deleted: str
    titled_by: str
    roles: tuple[str, ...]
    cors: Mapping[str, Any]
    declared: frozenset[str]  # the keys that the contract's x-session holds
    autocreate: bool = False
    list_for: str = ""  # anyone | operators | ""
    case_lifetime: str = ""  # session | user | ""
    case_started: str = ""  # the kind of a case's first entry
    uploads: Uploads = Uploads()
    delete_keeps: frozenset[str] | None = None  # None where it isn't said
    clear_keeps: frozenset[str] | None = None
    legacy: Mapping[str, str] = field(default_factory=dict)  # old names of fields to those of today

    @cached_property
    def routes(self) -> frozenset[tuple[str, str]]:
        """The method and path of every binding."""
        return frozenset((binding.method, binding.path) for binding in self.bindings)

    def all(self, operation: str) -> tuple[Binding, ...]:
        """Every binding of `operation`, in the document's order."""
        return tuple(binding for binding in self.bindings if binding.operation == operation)

    def has(self, operation: str) -> bool:
        return any(binding.operation == operation for binding in self.bindings)

    def first(self, operation: str) -> Binding:
        """The first binding of `operation`. Raises KeyError when it has none."""
        for binding in self.bindings:
            if binding.operation == operation:
                return binding
        raise KeyError(operation)

    def on_session(self, *, writes: bool | None = None, leave_out: Iterable[str] = ()) -> tuple[Binding, ...]:
        """The bindings that work on one named session; only writes, only reads, or both."""
        left_out = set(leave_out)
        return tuple(
            binding
            for binding in self.bindings
            if binding.on_session
            and binding.operation not in left_out
            and (writes is None or writes == (binding.method not in ("GET", "HEAD")))
        )

    @property
    def capabilities(self) -> frozenset[str]:
        """What the contract declares, in the words of the requirements file."""
        operations = {binding.operation for binding in self.bindings}
        found = operations & {
            "create", "read", "update", "delete", "list", "heartbeat", "clear", "query", "cases", "stats", "health",
        }  # fmt: skip
        create = self.first("create") if "create" in operations else None
        switches = {
            "resume": bool(self.resume_scope) and create is not None and "client" in create.sends,
            "timeout": create is not None and "life" in create.sends,
            "messages": "add_message" in operations and self.reads_conversation,
            "title": bool(self.titled_by),
            "status": bool(self.status_transitions),
            "uploads": "upload" in operations,
            "cors": bool(self.cors),
            "idempotency": any("idempotency_key" in binding.sends for binding in self.bindings),
            "autocreate": self.autocreate,
            "identity": self.identity.kind != "none",
            "legacy": bool(self.legacy),
        }
        return frozenset(found | {name for name, declared in switches.items() if declared})

    @property
    def resumes_by_user(self) -> bool:
        """Whether one client id leads each user to a session of its own."""
        return self.identity.kind != "none" and "user" in self.resume_scope

    @property
    def takes_words(self) -> bool:
        """Whether a caller can put a text into a session's conversation: by a message, or by a query."""
        return self.has("add_message") or self.has("query")

    @property
    def recalls(self) -> bool:
        """Whether what was said, or asked, can be read back."""
        return self.takes_words and (self.reads_conversation or self.has("case_history"))

    @property
    def lists_files(self) -> bool:
        """Whether an answer shows the session's files: a list of them, or the session itself."""
        return self.has("uploads") or (self.has("read") and "uploads" in self.first("read").lists)

    @property
    def reads_conversation(self) -> bool:
        """Whether an answer shows what was said: a message list, or messages inside the session."""
        shown = [binding.lists["messages"] for binding in self.all("read") if "messages" in binding.lists]
        return self.has("messages") or any("content" in items.fields for items in shown)
