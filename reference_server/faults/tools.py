"""What several faults need: a memory of what happened, other users' sessions, the body as it came."""

import json
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ..core import Core
from ..errors import RefusalError
from ..model import Change, Fields, NewMessage, NewSession, Session, Upload
from ..routes import faultmaven_shapes
from ..routes import fm_session_shapes as shapes
from ..routes.faultmaven import FaultMaven
from ..routes.fm_session_service import FmSessionService
from ..uploads import NoShelf, Shelf, Uploads
from ..web.forms import Part
from ..web.views import Views


def nth(part: object, *what: Hashable) -> int:
    """How often this has been asked about this part, now included."""
    counts: Counter[Hashable] = vars(part).setdefault("_counts", Counter())
    counts[what] += 1
    return counts[what]


def memory(part: object, name: str) -> dict[Any, Any]:
    """A dictionary that stays with this part."""
    return cast("dict[Any, Any]", vars(part).setdefault(f"_memory_{name}", {}))


PATH: ContextVar[str] = ContextVar("path", default="")
EXTRA: ContextVar[Fields] = ContextVar("extra")


class TellsPath(Views):
    """Lets the rules know by which path a request came."""

    def caller(self, request: Request) -> str:
        PATH.set(request.url.path.rstrip("/"))
        return super().caller(request)


def add_header(request: Request, name: str, value: str) -> None:
    """The request as if it had been sent with this header as well."""
    request.scope["headers"] = [*request.scope["headers"], (name.encode(), value.encode())]
    vars(request).pop("_headers", None)  # the ones that were read before


def content(response: Response) -> dict[str, Any]:
    """What an answer says."""
    return cast("dict[str, Any]", json.loads(bytes(response.body)))


def everyone(core: Core) -> list[Session]:
    """The living sessions of all users, the oldest first."""
    return [session for session in core.store.everyone() if core.alive(session, "list")]


class SentBody(Views):
    """Keeps the body of a request as it came, unknown fields included."""

    async def json(self, request: Request, *, required: bool) -> Any:
        if not hasattr(request.state, "raw"):
            try:
                request.state.raw = await super().json(request, required=required)
            except RefusalError as error:
                request.state.raw = error
        if isinstance(request.state.raw, RefusalError):
            raise request.state.raw
        return request.state.raw

    async def peek(self, request: Request, *, required: bool = True) -> dict[str, Any]:
        """The body's fields before their turn; whatever is wrong with the body is said when it is."""
        with suppress(RefusalError):
            await self.json(request, required=required)
        return self.raw(request)

    def raw(self, request: Request) -> dict[str, Any]:
        """The body's fields; none, if it isn't an object or hasn't been read."""
        value = getattr(request.state, "raw", None)
        return value if isinstance(value, dict) else {}


class RawBody(SentBody, FmSessionService):
    """The same, for the first contract."""


@dataclass(frozen=True, slots=True)
class OpenNewSession(NewSession):
    """With the fields that nobody declared."""

    extra: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenNewMessage(NewMessage):
    """With the fields that nobody declared."""

    extra: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenChange(Change):
    """With the fields that nobody declared."""

    extra: Fields = field(default_factory=dict)


def extra(wish: NewSession | NewMessage | Change) -> Fields:
    """The undeclared fields that came with a wish."""
    return cast("Fields", getattr(wish, "extra", {}))


class UnknownFields(RawBody):
    """Passes the fields that nobody declared on to the rules."""

    async def body(self, request: Request, shape: TypeAdapter[Any], *, required: bool = True) -> Any:
        body = await super().body(request, shape, required=required)
        return {**body, "extra": self.raw(request)}

    def wanted(self, body: shapes.NewSession) -> NewSession:
        new = super().wanted(body)
        return OpenNewSession(new.client_id, new.title, new.context, new.metadata, _extra(body))

    def change(self, body: shapes.SessionChange) -> Change:
        new = super().change(body)
        return OpenChange(new.title, new.status, new.context, new.metadata, _extra(body))

    def said(self, body: shapes.NewMessage) -> NewMessage:
        new = super().said(body)
        return OpenNewMessage(new.role, new.content, new.metadata, _extra(body))


class UnknownFaultMavenFields(SentBody, FaultMaven):
    """The same for the second contract, where a create has fields that nobody declared."""

    async def create_session(self, request: Request) -> Response:
        EXTRA.set(await self.peek(request, required=False))
        return await super().create_session(request)

    def wanted(self, body: faultmaven_shapes.NewSession) -> NewSession:
        new = super().wanted(body)
        return OpenNewSession(new.client_id, new.title, new.context, new.metadata, EXTRA.get())


def _extra(body: object) -> Fields:
    return cast("dict[str, Fields]", body)["extra"]


class DanglingClients(Core):
    """Can hand out the ids of ended sessions, where a client's entry outlived the session."""

    def dangle(self, session: Session) -> None:
        if session.client_id is not None:
            memory(self, "dangling")[self.key(session.user_id, session.client_id)] = session.session_id

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        living = await super().resumable(user, wanted)
        dead = None if wanted.client_id is None else memory(self, "dangling").get(self.key(user, wanted.client_id))
        if living is not None or dead is None:
            return living
        return replace(self.born(user, wanted, self.minutes(wanted)), session_id=dead)


class SentForm(Views):
    """Keeps a form as it came, so that it can be looked at before its turn."""

    async def form(self, request: Request) -> dict[str, Part]:
        if not hasattr(request.state, "form"):
            request.state.form = await super().form(request)
        return cast("dict[str, Part]", request.state.form)


class Disk(Core):
    """Files lie at paths. Those of a session are what lies in its folder, whoever put it there."""

    def folder(self, session: Session) -> str:
        return f"session_{session.session_id}"

    def path(self, session: Session, name: str) -> str:
        return f"{self.folder(session)}/{name}"

    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        if session is None:
            return None
        start = f"{self.folder(session)}/"
        there = (upload for path, upload in memory(self, "disk").items() if path.startswith(start))
        return replace(session, uploads=tuple(there))

    async def end(self, session: Session) -> None:
        await super().end(session)
        disk, start = memory(self, "disk"), f"{self.folder(session)}/"
        for path in [path for path in disk if path.startswith(start)]:
            del disk[path]


class DiskUploads(Uploads):
    """Puts files on that disk, and nowhere else: a path that leads out of it must do no harm."""

    def __init__(self, core: Core, shelf: Shelf) -> None:
        super().__init__(core, NoShelf())

    def shown(self, session: Session, name: str, safe: str) -> str:
        """The name under which a file lies, and is listed; `safe` is the one it should have."""
        return safe

    def accepted(self, session: Session, name: str, content: bytes) -> Upload:
        upload = super().accepted(session, name, content)
        upload = replace(upload, name=self.shown(session, name, upload.name))
        memory(self.core, "disk")[cast("Disk", self.core).path(session, upload.name)] = upload
        return upload
