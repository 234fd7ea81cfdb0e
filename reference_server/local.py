"""A server in this process, for tests: no socket, and its time moves only when a test moves it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from reference_server.clock import ControlledClock
from reference_server.routes import CONTRACTS, DEFAULTS
from reference_server.stores import open_store
from reference_server.web.app import Plan, Weave, as_written

BIRTH = datetime(2030, 1, 1, tzinfo=UTC)
SESSIONS = "/api/v1/sessions"


class StoppedClock:
    """Stands still, until it is told to move."""

    def __init__(self) -> None:
        self.time = BIRTH

    def now(self) -> datetime:
        return self.time

    def forward(self, **amount: float) -> None:
        self.time += timedelta(**amount)


class Local:
    """Sends requests to a server in this process, one after another or at the same moment."""

    def __init__(self, weave: Weave = as_written, contract: str = "fm-session-service", **settings: Any) -> None:
        self.clock = ControlledClock(StoppedClock())
        chosen = replace(DEFAULTS[contract], **settings)
        self.store = open_store(chosen, self.clock)
        plan = Plan(chosen, self.clock, weave, self.store)
        self.app = CONTRACTS[contract](plan)
        transport = httpx.ASGITransport(self.app)
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=transport, base_url="http://server")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self.store.close())
        self._runner.close()

    def send(self, method: str, path: str, user: str | None = "ann", **request: Any) -> httpx.Response:
        return self.together((method, path, user, request))[0]

    def together(self, *requests: tuple[str, str, str | None, dict[str, Any]]) -> list[httpx.Response]:
        async def gather() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*request) for request in requests))

        return self._runner.run(gather())

    async def _send(self, method: str, path: str, user: str | None, request: dict[str, Any]) -> httpx.Response:
        named = [] if user is None else [("X-User-ID", user.encode())]
        extra = request.pop("headers", [])
        headers = [*named, *(extra.items() if isinstance(extra, dict) else extra)]
        return await self._client.request(method, path, headers=headers, **request)

    def forward(self, **amount: float) -> None:
        self.clock.advance(timedelta(**amount).total_seconds())

    # Shorthands; each answers the body.

    def create(self, user: str = "ann", /, **body: Any) -> Any:
        return self.send("POST", SESSIONS, user, json=body).json()

    def new(self, user: str = "ann", /, **body: Any) -> str:
        return str(self.create(user, **body)["session_id"])

    def read(self, session_id: str, user: str = "ann") -> Any:
        return self.send("GET", f"{SESSIONS}/{session_id}", user).json()

    def change(self, session_id: str, user: str = "ann", /, **body: Any) -> Any:
        return self.send("PUT", f"{SESSIONS}/{session_id}", user, json=body).json()

    def delete(self, session_id: str, user: str = "ann") -> int:
        return self.send("DELETE", f"{SESSIONS}/{session_id}", user).status_code

    def say(self, session_id: str, content: str, user: str = "ann", /, role: str = "user", **more: Any) -> Any:
        body = {"role": role, "content": content, **more}
        return self.send("POST", f"{SESSIONS}/{session_id}/messages", user, json=body).json()

    def messages(self, session_id: str, user: str = "ann", /, **params: Any) -> Any:
        return self.send("GET", f"{SESSIONS}/{session_id}/messages", user, params=params).json()

    def heartbeat(self, session_id: str, user: str = "ann") -> httpx.Response:
        return self.send("POST", f"{SESSIONS}/{session_id}/heartbeat", user)

    def ids(self, user: str = "ann", /, **params: Any) -> list[str]:
        return [session["session_id"] for session in self.page(user, **params)["sessions"]]

    def page(self, user: str = "ann", /, **params: Any) -> Any:
        return self.send("GET", SESSIONS, user, params=params).json()

    def alive(self, session_id: str, user: str = "ann") -> bool:
        return self.send("GET", f"{SESSIONS}/{session_id}", user).status_code == 200
