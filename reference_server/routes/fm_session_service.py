"""The contract fm-session-service: its nine routes over the core."""

from dataclasses import replace
from typing import Any, cast

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from .. import model
from ..errors import invalid
from ..idempotency import HEADER, LONGEST_KEY, repeatable
from ..model import Change
from ..web.app import Parameter, Plan, Route, application
from ..web.views import HIGHEST_OFFSET, Views
from . import fm_session_shapes as shapes

SESSIONS = "/api/v1/sessions"
SESSION = SESSIONS + "/{session_id}"


class FmSessionService(Views):
    """One method per route. That a session is missing is said before the rest of the request is judged."""

    async def create_session(self, request: Request) -> Response:
        user = self.caller(request)
        body = await self.body(request, shapes.NEW_SESSION, required=False)
        wanted = replace(self.wanted(body), repeatable=repeatable(request, body))
        created = await self.core.create(user, wanted)
        content = {**self.session(created.session), "session_resumed": created.resumed}
        if created.resumed:
            return self.answer(200, content)
        return self.answer(201, content, {"Location": f"{SESSIONS}/{created.session.session_id}"})

    async def list_sessions(self, request: Request) -> Response:
        user = self.caller(request)
        limit = self.number(request, "limit", 50, 1, 100)
        offset = self.number(request, "offset", 0, 0, HIGHEST_OFFSET)
        page = await self.core.sessions(user, self.status(request), limit, offset)
        sessions = [self.summary(session) for session in page.items]
        return self.answer(200, {"sessions": sessions, "total": page.total, "limit": limit, "offset": offset})

    async def read_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        return self.answer(200, self.session(await self.core.read(user, session_id)))

    async def update_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.usable(user, session_id, "update")
        body = await self.body(request, shapes.SESSION_CHANGE)
        return self.answer(200, self.session(await self.core.update(user, session_id, self.change(body))))

    async def delete_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.delete(user, session_id)
        return self.answer(204, None)

    async def add_message(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.usable(user, session_id, "add_message")
        body = await self.body(request, shapes.NEW_MESSAGE)
        said = replace(self.said(body), repeatable=repeatable(request, body))
        message = await self.core.add_message(user, session_id, said)
        return self.answer(201, self.message(message))

    async def list_messages(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.usable(user, session_id, "messages")
        limit = self.number(request, "limit", 1000, 1, 1000)
        offset = self.number(request, "offset", 0, 0, HIGHEST_OFFSET)
        page = await self.core.messages(user, session_id, limit, offset)
        messages = [self.message(message) for message in page.items]
        content = {"session_id": session_id, "messages": messages, "total": page.total}
        return self.answer(200, {**content, "limit": limit, "offset": offset})

    async def heartbeat(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        session = await self.core.heartbeat(user, session_id)
        life = {
            "last_activity_at": self.time(session.last_activity_at),
            "expires_at": self.time(session.expires_at),
        }
        return self.answer(200, {"session_id": session.session_id, **life})

    # From the wire to the rules: only what a caller may decide.

    def wanted(self, body: shapes.NewSession) -> model.NewSession:
        return model.NewSession(
            client_id=body.get("client_id"),
            title=body.get("title"),
            context=body.get("context", {}),
            metadata=dict(body.get("metadata", {})),
        )

    def change(self, body: shapes.SessionChange) -> Change:
        metadata = body.get("metadata")
        return Change(
            title=body.get("title"),
            status=body.get("status"),
            context=body.get("context"),
            metadata=None if metadata is None else dict(metadata),
        )

    def said(self, body: shapes.NewMessage) -> model.NewMessage:
        return model.NewMessage(body["role"], body["content"], body.get("metadata", {}))

    def status(self, request: Request) -> model.Status | None:
        """The status to list; deleted sessions can't be listed."""
        wanted = self.one(request, "status")
        if wanted not in (None, "active", "archived"):
            raise invalid("status: must be active or archived")
        return cast("model.Status | None", wanted)

    # From the rules to the wire.

    def summary(self, session: model.Session) -> shapes.SessionSummary:
        return {
            "session_id": session.session_id,
            "user_id": session.user_id,
            "client_id": session.client_id,
            "title": session.title,
            "status": session.status,
            "created_at": self.time(session.created_at),
            "updated_at": self.time(session.updated_at),
            "last_activity_at": self.time(session.last_activity_at),
            "expires_at": self.time(session.expires_at),
            "message_count": self.core.message_count(session),
        }

    def session(self, session: model.Session) -> shapes.Session:
        return {
            **self.summary(session),
            "messages": [self.message(message) for message in self.core.conversation(session)],
            "context": dict(session.context),
            "metadata": cast("shapes.Metadata", dict(session.metadata)),
        }

    def message(self, message: model.Message) -> shapes.Message:
        return {
            "message_id": message.message_id,
            "role": message.role,
            "content": message.content,
            "timestamp": self.time(message.timestamp),
            "metadata": dict(message.metadata),
        }


def make(plan: Plan) -> FastAPI:
    """A server that keeps the contract."""
    views = plan.views(FmSessionService)

    def describe(schemas: dict[str, Any]) -> None:
        schemas["Metadata"]["properties"]["timeout_minutes"]["maximum"] = plan.settings.longest_minutes

    return application(plan, views, "fm-session-service", routes(views), describe)


def routes(views: FmSessionService) -> list[Route]:
    """The contract's table: paths, answers, refusals, and what else a request may carry."""
    caller: list[Parameter] = [
        {"name": "X-User-ID", "in": "header", "required": True, "schema": _text(minLength=1, maxLength=256)},
        {"name": "X-User-Email", "in": "header", "schema": _text()},
        {"name": "X-User-Roles", "in": "header", "schema": _text()},
    ]
    one: list[Parameter] = [
        {"name": "session_id", "in": "path", "required": True, "schema": _text()},
        *caller,
    ]
    key = {"name": HEADER.title(), "in": "header", "schema": _text(minLength=1, maxLength=LONGEST_KEY)}
    status = {"name": "status", "in": "query", "schema": _text(enum=["active", "archived"])}
    first = {"name": "offset", "in": "query", "schema": _whole(0, HIGHEST_OFFSET, 0)}

    def at_most(most: int, default: int) -> dict[str, Any]:
        return {"name": "limit", "in": "query", "schema": _whole(1, most, default)}

    with_body = (413, 415, 422)
    return [
        Route(
            "POST",
            SESSIONS,
            views.create_session,
            "createSession",
            "Make a session, or resume the living one of this user and client.",
            {201: shapes.CreatedSession, 200: shapes.CreatedSession},
            (401, *with_body),
            body=shapes.NewSession,
            body_required=False,
            parameters=[*caller, key],
        ),
        Route(
            "GET",
            SESSIONS,
            views.list_sessions,
            "listSessions",
            "The caller's living sessions, the oldest first.",
            {200: shapes.SessionPage},
            (401, 422),
            parameters=[*caller, at_most(100, 50), first, status],
        ),
        Route(
            "GET",
            SESSION,
            views.read_session,
            "readSession",
            "The whole session with its conversation.",
            {200: shapes.Session},
            (401, 404),
            parameters=one,
        ),
        Route(
            "PUT",
            SESSION,
            views.update_session,
            "updateSession",
            "Change the fields that are sent; the others stay. The status `deleted` deletes.",
            {200: shapes.Session},
            (401, 404, *with_body),
            body=shapes.SessionChange,
            parameters=one,
        ),
        Route(
            "DELETE",
            SESSION,
            views.delete_session,
            "deleteSession",
            "Remove the session and all that is in it, at once.",
            {204: None},
            (401, 404),
            parameters=one,
        ),
        Route(
            "POST",
            SESSION + "/messages",
            views.add_message,
            "addMessage",
            "Append a message to the conversation.",
            {201: shapes.Message},
            (401, 404, *with_body),
            body=shapes.NewMessage,
            parameters=[*one, key],
        ),
        Route(
            "GET",
            SESSION + "/messages",
            views.list_messages,
            "listMessages",
            "The conversation in its order.",
            {200: shapes.MessagePage},
            (401, 404, 422),
            parameters=[*one, at_most(1000, 1000), first],
        ),
        Route(
            "POST",
            SESSION + "/heartbeat",
            views.heartbeat,
            "heartbeat",
            "Start the session's life anew from now.",
            {200: shapes.Heartbeat},
            (401, 404),
            parameters=one,
        ),
    ]


def _text(**limits: Any) -> dict[str, Any]:
    return {"type": "string", **limits}


def _whole(lowest: int, highest: int, default: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}
