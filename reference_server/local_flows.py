"""The flows of sessions, queries and files, for tests: written once, spelled as each contract has them."""

from typing import Any

import httpx

from reference_server.local import Local
from reference_server.web.app import Weave

NOBODY = "00000000-0000-4000-8000-000000000000"  # an id that is never issued


class Flows:
    """What somebody does with a server in this process, whichever contract it follows.

    Where the contract has no users, it makes no difference which one is named.
    """

    def __init__(self, local: Local, contract: str) -> None:
        self.local = local
        self.contract = contract
        self.cased = contract == "faultmaven"
        self.sessions = "/sessions" if contract == "agentic-multi-client" else "/api/v1/sessions"

    def one(self, session_id: str, end: str = "") -> str:
        return f"{self.sessions}/{session_id}{end}"

    def send(self, method: str, path: str, user: str | None = "ann", **request: Any) -> httpx.Response:
        return self.local.send(method, path, user, **request)

    def create(self, user: str | None = "ann", /, **body: Any) -> httpx.Response:
        return self.send("POST", self.sessions, user, json=body)

    def new(self, user: str = "ann", /, **body: Any) -> str:
        return str(self.create(user, **body).json()["session_id"])

    def get(self, session_id: str, user: str | None = "ann", **request: Any) -> httpx.Response:
        return self.send("GET", self.one(session_id), user, **request)

    def read(self, session_id: str, user: str = "ann") -> Any:
        return self.get(session_id, user).json()

    def alive(self, session_id: str, user: str = "ann") -> bool:
        return self.get(session_id, user).status_code == 200

    def delete(self, session_id: str, user: str = "ann") -> int:
        return self.send("DELETE", self.one(session_id), user).status_code

    def question(self, session_id: str | None, text: str, path: str | None = None) -> tuple[str, dict[str, Any]]:
        """A query as it is sent: by its path, with its session where that path has it; or else a message."""
        if self.contract == "fm-session-service":
            return self.one(str(session_id), "/messages"), {"json": {"role": "user", "content": text}}
        path = path or ("/api/v1/agent/query" if self.cased else "/chat")
        body = {"query" if self.cased else "message": text}
        if session_id is None:
            return path, {"json": body}
        if path == "/query":  # the oldest one
            return path, {"json": body, "headers": {"X-Session-ID": session_id}}
        return path, {"json": {**body, "session_id": session_id}}

    def asked(
        self, session_id: str | None, text: str = "why?", user: str | None = "ann", path: str | None = None
    ) -> httpx.Response:
        path, request = self.question(session_id, text, path)
        return self.send("POST", path, user, **request)

    def ask(self, session_id: str | None, text: str = "why?", user: str = "ann", path: str | None = None) -> str:
        return str(self.asked(session_id, text, user, path).json()["response"])

    def file(
        self, session_id: str | None, name: str, content: bytes, path: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        """An upload as it is sent."""
        path = path or ("/api/v1/data/upload" if self.cased else "/upload")
        request: dict[str, Any] = {"files": {"file": (name, content)}}
        if session_id is None:
            return path, request
        if path == "/data":  # the oldest one
            return path, {**request, "headers": {"X-Session-ID": session_id}}
        return path, {**request, "data": {"session_id": session_id}}

    def upload(
        self,
        session_id: str | None,
        name: str = "a.txt",
        content: bytes = b"x",
        user: str | None = "ann",
        path: str | None = None,
    ) -> httpx.Response:
        path, request = self.file(session_id, name, content, path)
        return self.send("POST", path, user, **request)

    def files(self, session_id: str, user: str = "ann") -> Any:
        """The session's files as they are listed."""
        if not self.cased:
            return self.read(session_id)["uploads"]
        return self.send("GET", "/api/v1/data", user, params={"session_id": session_id}).json()["data"]

    def names(self, session_id: str, user: str = "ann") -> list[str]:
        return [file["filename"] for file in self.files(session_id, user)]

    def said(self, session_id: str, user: str = "ann") -> list[str]:
        """All that was asked in the session, in order, as reading it shows."""
        session = self.read(session_id, user)
        if self.cased:
            return [item["query"] for item in session["case_history"] if item["query"] is not None]
        return [message["content"] for message in session["messages"] if message["role"] == "user"]

    def together(self, *requests: tuple[str, dict[str, Any]]) -> list[httpx.Response]:
        """POSTs at the same moment."""
        return self.local.together(*(("POST", path, "ann", request) for path, request in requests))

    # Cases.

    def new_case(self, session_id: str, user: str = "ann") -> Any:
        return self.send("POST", self.one(session_id, "/new-case"), user).json()

    def cases(self, session_id: str, user: str = "ann") -> list[str]:
        body = self.send("GET", self.one(session_id, "/cases"), user).json()
        return [case["case_id"] for case in body["cases"]]

    def current(self, session_id: str) -> str | None:
        body = self.send("GET", self.one(session_id, "/cases")).json()
        return None if body["current_case_id"] is None else str(body["current_case_id"])

    def history(self, session_id: str, case_id: str = "current", user: str = "ann") -> httpx.Response:
        return self.send("GET", self.one(session_id, f"/cases/{case_id}/history"), user)

    def questions(self, session_id: str, case_id: str = "current") -> list[str | None]:
        return [item["query"] for item in self.history(session_id, case_id).json()["history"]]

    # What only `agentic-multi-client` has.

    def clear(self, session_id: str) -> httpx.Response:
        return self.send("POST", self.one(session_id, "/clear"))

    def listed(self) -> list[str]:
        return [session["session_id"] for session in self.send("GET", self.sessions).json()["sessions"]]


class Running:
    """A server that is there while it is used, with the flows of its contract."""

    def __init__(self, contract: str, weave: Weave, **settings: Any) -> None:
        self.local = Local(weave, contract, **settings)
        self.flows = Flows(self.local, contract)

    def __enter__(self) -> Flows:
        self.local.__enter__()
        return self.flows

    def __exit__(self, *_: object) -> None:
        self.local.__exit__()
