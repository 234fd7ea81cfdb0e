"""The contract faultmaven: sessions with cases, queries and uploads, by the paths of three generations."""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from .. import model
from ..assistant import Assistant
from ..cases import Cases
from ..errors import invalid
from ..model import CaseEntry, Upload
from ..settings import Settings
from ..uploads import LONGEST_FILE, NoShelf, Uploads
from ..web import forms
from ..web.app import Parameter, Plan, Route, application
from ..web.views import Views
from . import faultmaven_shapes as shapes

API = "/api/v1"
SESSIONS = API + "/sessions"
SESSION = SESSIONS + "/{session_id}"
HISTORY = SESSION + "/cases/{case_id}/history"
DEFAULTS = Settings(
    service_name="faultmaven", port=8000, default_minutes=1440, longest_minutes=10_080, redis_prefix="faultmaven:"
)
GUEST = ""  # the user of all who name none; nobody can be called so


class FaultMaven(Views):
    """One method per operation; where it has several paths, all of them do the same."""

    cases: Cases
    uploads: Uploads

    def caller(self, request: Request) -> str:
        """The user whom the gateway names; a guest, where guests are let in and nobody is named."""
        if self.settings.guests and self.identity_header.decode() not in request.headers:
            return GUEST
        return super().caller(request)

    def session_id(self, request: Request) -> str:
        """The session that the path names; a header may only say the same."""
        return self.named(request)

    async def create_session(self, request: Request) -> Response:
        user = self.caller(request)
        body = await self.body(request, shapes.NEW_SESSION, required=False)
        created = await self.core.create(user, self.wanted(body))
        content = {**self.session(created.session), "session_resumed": created.resumed}
        if created.resumed:
            return self.answer(200, content)
        return self.answer(201, content, {"Location": f"{SESSIONS}/{created.session.session_id}"})

    async def read_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        return self.answer(200, self.session(await self.core.read(user, session_id)))

    async def delete_session(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        await self.core.delete(user, session_id)
        return self.answer(204, None)

    async def query(self, request: Request) -> Response:
        user = self.caller(request)
        body = await self.body(request, shapes.QUERY)
        session_id = self.named(request, body.get("session_id"))
        entry = await self.cases.ask(user, session_id, body["query"])
        return self.answer(200, self.answered(session_id, entry))

    async def new_case(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        entry = await self.cases.start(user, session_id)
        content = {"session_id": session_id, **self.case_ids(entry.case_id), "action": entry.action}
        return self.answer(201, {**content, "timestamp": self.time(entry.timestamp)})

    async def list_cases(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        cases: list[shapes.Case] = [
            {
                **self.case_ids(case.case_id),
                "started_at": self.time(case.started_at),
                "last_activity": self.time(case.last_activity),
                "query_count": case.queries,
                "current": case.current,
            }
            for case in await self.cases.cases(user, session_id)
        ]
        current = next((case["case_id"] for case in cases if case["current"]), None)
        return self.answer(200, {"session_id": session_id, "current_case_id": current, "cases": cases})

    async def case_history(self, request: Request) -> Response:
        user, session_id = self.caller(request), self.session_id(request)
        case_id, entries = await self.cases.history(user, session_id, str(request.path_params["case_id"]))
        content = {"session_id": session_id, "case_id": case_id, "investigation_id": case_id}
        return self.answer(200, {**content, "history": [self.item(entry) for entry in entries]})

    async def upload_data(self, request: Request) -> Response:
        user = self.caller(request)
        form = await self.form(request)
        session_id = self.named(request, forms.text(form, "session_id"))
        await self.core.usable(user, session_id, "upload")
        name, content = file_in(form)
        upload = await self.uploads.add(user, session_id, name, content)
        return self.answer(201, {"session_id": session_id, **self.data(upload)})

    async def list_data(self, request: Request) -> Response:
        user = self.caller(request)
        session_id = self.named(request, *request.query_params.getlist("session_id"))
        data = [self.data(upload) for upload in await self.uploads.uploads(user, session_id)]
        return self.answer(200, {"session_id": session_id, "data": data})

    # From the wire to the rules, and back.

    def wanted(self, body: shapes.NewSession) -> model.NewSession:
        metadata = {name: value for name, value in body.items() if name != "client_id"}
        return model.NewSession(client_id=body.get("client_id"), metadata=metadata)

    def session(self, session: model.Session) -> shapes.Session:
        history = [self.item(entry) for entry in session.case_history]
        return {
            "session_id": session.session_id,
            "user_id": session.user_id or None,
            "client_id": session.client_id,
            "session_type": session.metadata.get("session_type"),
            "timeout_minutes": session.minutes,
            "created_at": self.time(session.created_at),
            "last_activity": self.time(session.last_activity_at),
            "expires_at": self.time(session.expires_at),
            "data_uploads": [upload.name for upload in session.uploads],
            "current_case_id": session.current_case_id,
            "case_history": history,
            "investigation_history": history,
            "agent_state": {},
        }

    def case_ids(self, case_id: str) -> shapes.CaseIds:
        """The case under its name of today, and under the one of before."""
        return {"case_id": case_id, "investigation_id": case_id}

    def item(self, entry: CaseEntry) -> shapes.CaseHistoryItem:
        return {
            "action": entry.action,
            **self.case_ids(entry.case_id),
            "query": entry.query,
            "response": entry.answer,
            "timestamp": self.time(entry.timestamp),
            "confidence_score": entry.confidence,
            "context": dict(entry.context),
        }

    def answered(self, session_id: str, entry: CaseEntry) -> shapes.Answer:
        return {
            "session_id": session_id,
            **self.case_ids(entry.case_id),
            "query": str(entry.query),
            "response": str(entry.answer),
            "confidence_score": entry.confidence,
            "timestamp": self.time(entry.timestamp),
        }

    def data(self, upload: Upload) -> shapes.Data:
        return {
            "data_id": upload.upload_id,
            "filename": upload.name,
            "size": upload.size,
            "sha256": upload.sha256,
            "uploaded_at": self.time(upload.timestamp),
        }


def file_in(form: dict[str, forms.Part]) -> tuple[str, bytes]:
    """The form's file, with its name; one that has none is called `file`."""
    if "file" not in form:
        raise invalid("file: must be there")
    part = form["file"]
    if len(part.content) > LONGEST_FILE:
        raise invalid(f"file: may have {LONGEST_FILE} bytes at most")
    return part.filename or "file", part.content


def make(plan: Plan) -> FastAPI:
    """A server that keeps the contract."""
    views = plan.views(FaultMaven)
    views.cases = plan.weave(Cases)(views.core, plan.weave(Assistant)())
    views.uploads = plan.weave(Uploads)(views.core, NoShelf())

    def describe(schemas: dict[str, Any]) -> None:
        schemas["NewSession"]["properties"]["timeout_minutes"]["maximum"] = plan.settings.longest_minutes

    return application(plan, views, "faultmaven", routes(views), describe, either_slash=True)


def routes(views: FaultMaven) -> list[Route]:
    """The contract's table."""
    required = not views.settings.guests
    text = {"type": "string"}
    user: Parameter = {"name": "X-User-ID", "in": "header", "required": required, "schema": USER_ID}
    named: list[Parameter] = [{"name": "X-Session-ID", "in": "header", "schema": text}, user]
    one: list[Parameter] = [{"name": "session_id", "in": "path", "required": True, "schema": text}, *named]
    case: Parameter = {"name": "case_id", "in": "path", "required": True, "schema": text}
    in_query: Parameter = {"name": "session_id", "in": "query", "schema": text}
    with_body = (413, 415, 422)

    def query(path: str, operation_id: str, summary: str) -> Route:
        answers = {200: shapes.Answer}
        refusals = (400, 401, 404, *with_body)
        body = shapes.Query
        return Route("POST", path, views.query, operation_id, summary, answers, refusals, body=body, parameters=named)

    def upload(path: str, operation_id: str, summary: str) -> Route:
        return Route(
            "POST",
            path,
            views.upload_data,
            operation_id,
            summary,
            {201: shapes.UploadedData},
            (400, 401, 404, *with_body),
            body=shapes.Form,
            body_type="multipart/form-data",
            parameters=named,
        )

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
            parameters=[user],
        ),
        Route(
            "GET",
            SESSION,
            views.read_session,
            "readSession",
            "The session with its state and the history of its cases.",
            {200: shapes.Session},
            (401, 404, 422),
            parameters=one,
        ),
        Route(
            "DELETE",
            SESSION,
            views.delete_session,
            "endSession",
            "End the session, with its cases and its data.",
            {204: None},
            (401, 404, 422),
            parameters=one,
        ),
        query("/query", "queryByHeader", "Ask within the session that the header names."),
        query(f"{API}/query/", "queryByBody", "Ask within the session that the body names."),
        query(f"{API}/agent/query", "queryAgent", "Ask within the current case of the session that the body names."),
        Route(
            "POST",
            f"{SESSION}/new-case",
            views.new_case,
            "newCase",
            "Start another case, which is current from now on.",
            {201: shapes.NewCase},
            (401, 404, 422),
            parameters=one,
        ),
        Route(
            "GET",
            f"{SESSION}/cases",
            views.list_cases,
            "listCases",
            "The session's cases, the oldest first.",
            {200: shapes.Cases},
            (401, 404, 422),
            parameters=one,
        ),
        Route(
            "GET",
            HISTORY,
            views.case_history,
            "caseHistory",
            "What happened in one case; `current` stands for the current one.",
            {200: shapes.CaseHistory},
            (401, 404, 422),
            parameters=[case, *one],
        ),
        upload("/data", "uploadByHeader", "Add a file to the session that the header names."),
        upload(f"{API}/data/upload", "uploadByForm", "Add a file to the session that the form names."),
        Route(
            "GET",
            f"{API}/data",
            views.list_data,
            "listData",
            "The files of the session that the query names.",
            {200: shapes.DataPage},
            (400, 401, 404, 422),
            parameters=[in_query, *named],
        ),
    ]


USER_ID = {"type": "string", "minLength": 1, "maxLength": 256}
