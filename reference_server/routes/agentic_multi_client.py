"""The contract agentic-multi-client: private assistants for many clients. Who knows a session's id has the session."""

import shutil
import tempfile
import weakref
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from .. import model
from ..assistant import Assistant
from ..cases import Cases
from ..model import Session, Upload
from ..settings import Settings
from ..stores import MemoryStore
from ..uploads import FolderCore, Folders, NoShelf, Uploads
from ..web import forms
from ..web.app import Parameter, Plan, Route, application
from ..web.views import Views
from . import agentic_shapes as shapes
from .faultmaven import file_in

SESSIONS = "/sessions"
SESSION = SESSIONS + "/{session_id}"
DEFAULTS = Settings(
    service_name="agentic-multi-client",
    port=8000,
    default_minutes=60,
    longest_minutes=10_000_000,
    redis_prefix="agentic-multi-client:",
    life_variable="SESSION_TIMEOUT",
)
ANYONE = ""  # no call has an identity, so to the rules all of them are one user's


class AgenticMultiClient(Views):
    """One method per route. Whatever is done with a session counts as activity, reading it included."""

    cases: Cases
    uploads: Uploads

    def caller(self, request: Request) -> str:
        """There are no users: the session's id is the only credential."""
        return ANYONE

    def session_id(self, request: Request) -> str:
        """The session that the path names; a header may only say the same."""
        return self.named(request)

    async def create_session(self, request: Request) -> Response:
        body = await self.body(request, shapes.NEW_SESSION, required=False)
        session = await self.new_session(request, body.get("client_id"))
        headers = {"Location": f"{SESSIONS}/{session.session_id}"}
        return self.answer(201, self.session(session), headers)

    async def list_sessions(self, request: Request) -> Response:
        living = await self.core.living(self.caller(request))
        sessions = [self.summary(session) for session in living]
        stats: shapes.Stats = {
            "active_sessions": len(sessions),
            "messages": sum(session["message_count"] for session in sessions),
            "uploads": sum(session["upload_count"] for session in sessions),
            "timeout_minutes": self.settings.default_minutes,
        }
        return self.answer(200, {"sessions": sessions, "stats": stats})

    async def read_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        return self.answer(200, self.session(await self.core.heartbeat(user, session_id)))

    async def delete_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.delete(user, session_id)
        return self.answer(204, None)

    async def clear_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        session = await self.cases.clear(user, session_id)
        return self.answer(200, {"session_id": session_id, "message_count": self.message_count(session)})

    async def chat(self, request: Request) -> Response:
        body = await self.body(request, shapes.CHAT)
        session_id, created = await self.named_or_new(request, body.get("session_id"))
        entry = await self.cases.ask(self.caller(request), session_id, body["message"])
        content = {"session_id": session_id, "session_created": created, "message": entry.query}
        return self.answer(200, {**content, "response": entry.answer, "timestamp": self.time(entry.timestamp)})

    async def upload(self, request: Request) -> Response:
        form = await self.form(request)
        name, content = file_in(form)
        session_id, created = await self.named_or_new(request, forms.text(form, "session_id"))
        upload = await self.uploads.add(self.caller(request), session_id, name, content)
        return self.answer(201, {"session_id": session_id, "session_created": created, **self.file(upload)})

    # Which session, and what is shown of it.

    async def named_or_new(self, request: Request, other: str | None) -> tuple[str, bool]:
        """The session that the request names, or one that is made for it; and which of the two."""
        if any((*request.headers.getlist("x-session-id"), other)):
            return self.named(request, other), False
        return (await self.new_session(request, None)).session_id, True

    async def new_session(self, request: Request, client_id: str | None) -> Session:
        """A new session; its client, which a proxy names in a header, is noted, and resumes nothing."""
        client_id = client_id or request.headers.get("x-client-id", "")[:512] or None
        created = await self.core.create(self.caller(request), model.NewSession(metadata={"client_id": client_id}))
        return created.session

    def summary(self, session: Session) -> shapes.Summary:
        return {
            "session_id": session.session_id,
            "client_id": session.metadata["client_id"],
            "created_at": self.time(session.created_at),
            "last_activity": self.time(session.last_activity_at),
            "expires_at": self.time(session.expires_at),
            "message_count": self.message_count(session),
            "upload_count": len(session.uploads),
        }

    def session(self, session: Session) -> shapes.Session:
        uploads = [self.file(upload) for upload in session.uploads]
        return {**self.summary(session), "messages": self.messages(session), "uploads": uploads}

    def messages(self, session: Session) -> list[shapes.ChatMessage]:
        """The chat in its order: each query, and behind it its answer."""
        shown: list[shapes.ChatMessage] = []
        for entry in session.case_history:
            time = self.time(entry.timestamp)
            shown.append({"role": "user", "content": str(entry.query), "timestamp": time})
            shown.append({"role": "assistant", "content": str(entry.answer), "timestamp": time})
        return shown

    def message_count(self, session: Session) -> int:
        """How many messages the chat has: for each query there are two."""
        return 2 * len(session.case_history)

    def file(self, upload: Upload) -> shapes.File:
        return {
            "filename": upload.name,
            "size": upload.size,
            "sha256": upload.sha256,
            "uploaded_at": self.time(upload.timestamp),
        }


def make(plan: Plan) -> FastAPI:
    """A server that keeps the contract; its folders of files are removed with it.

    Where sessions outlive the server there are no folders: what is shown of a file is in its session.
    """
    views = plan.views(AgenticMultiClient, FolderCore)

    def root() -> Path:
        made = Path(tempfile.mkdtemp(prefix="uploads-"))
        weakref.finalize(views, shutil.rmtree, made, ignore_errors=True)
        return made

    assert isinstance(views.core, FolderCore)
    views.core.folders = Folders(root)
    shelf = views.core.folders if isinstance(plan.store, MemoryStore) else NoShelf()
    views.cases = plan.weave(Cases)(views.core, plan.weave(Assistant)())
    views.uploads = plan.weave(Uploads)(views.core, shelf)
    return application(plan, views, "agentic-multi-client", routes(views))


def routes(views: AgenticMultiClient) -> list[Route]:
    """The contract's table."""
    text = {"type": "string"}
    client: Parameter = {"name": "X-Client-ID", "in": "header", "schema": text}
    header: Parameter = {"name": "X-Session-ID", "in": "header", "schema": text}
    one: list[Parameter] = [{"name": "session_id", "in": "path", "required": True, "schema": text}, header]
    with_body = (413, 415, 422)
    return [
        Route(
            "POST",
            SESSIONS,
            views.create_session,
            "createSession",
            "Make a session.",
            {201: shapes.Session},
            with_body,
            body=shapes.NewSession,
            body_required=False,
            parameters=[client],
        ),
        Route(
            "GET",
            SESSIONS,
            views.list_sessions,
            "listSessions",
            "Every living session, and how much is in them: for whoever runs the server.",
            {200: shapes.SessionList},
        ),
        Route(
            "GET",
            SESSION,
            views.read_session,
            "readSession",
            "The session with its chat and the names of its files.",
            {200: shapes.Session},
            (404, 422),
            parameters=one,
        ),
        Route(
            "DELETE",
            SESSION,
            views.delete_session,
            "deleteSession",
            "Remove the session with its chat and its files.",
            {204: None},
            (404, 422),
            parameters=one,
        ),
        Route(
            "POST",
            SESSION + "/clear",
            views.clear_session,
            "clearSession",
            "Empty the chat, and the assistant's memory of it; the session and its files stay.",
            {200: shapes.Cleared},
            (404, 422),
            parameters=one,
        ),
        Route(
            "POST",
            "/chat",
            views.chat,
            "chat",
            "Ask the session's assistant; without a session one is made.",
            {200: shapes.ChatAnswer},
            (404, *with_body),
            body=shapes.Chat,
            parameters=[header, client],
        ),
        Route(
            "POST",
            "/upload",
            views.upload,
            "upload",
            "Add a file to the session; without a session one is made.",
            {201: shapes.UploadedFile},
            (404, *with_body),
            body=shapes.Form,
            body_type="multipart/form-data",
            parameters=[header, client],
        ),
    ]
