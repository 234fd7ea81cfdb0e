"""The routes by which tests move time on, for callers on this machine. They are in no contract."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address

from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from ..clock import ControlledClock
from ..errors import RefusalError, UnavailableError, invalid
from .views import Views

PATH = "/_test/clock"
Handler = Callable[[Request], Awaitable[Response]]


class Jump(TypedDict):
    advance_seconds: float


JUMP: TypeAdapter[Jump] = TypeAdapter(Jump)


def on_time(clock: ControlledClock, handler: Handler) -> Handler:
    """The handler at the time of all processes on the store; that the store fails is for the handler to tell."""

    async def handle(request: Request) -> Response:
        with suppress(UnavailableError):
            await clock.catch_up()
        return await handler(request)

    return handle


def add_test_clock(app: FastAPI, views: Views, clock: ControlledClock) -> None:
    """The clock can be read, and advanced."""

    def state() -> Response:
        return views.answer(200, {"now": clock.now().isoformat(), "advanced_seconds": clock.advanced})

    async def read(request: Request) -> Response:
        from_here(request)
        return state()

    async def advance(request: Request) -> Response:
        from_here(request)
        try:
            await clock.jump((await views.body(request, JUMP))["advance_seconds"])
        except ValueError:
            raise invalid("advance_seconds: must not be negative, and not without end") from None
        return state()

    app.add_api_route(PATH, on_time(clock, read), methods=["GET"], include_in_schema=False)
    app.add_api_route(PATH, advance, methods=["POST"], include_in_schema=False)


def from_here(request: Request) -> None:
    """Other machines don't find the route."""
    host = request.client.host if request.client else ""
    if not host or not ip_address(host.removeprefix("::ffff:")).is_loopback:
        raise RefusalError("route_not_found", "There is no such route.")
