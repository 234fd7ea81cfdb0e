"""From a table of routes to an application that documents itself and refuses in one form only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NotRequired, Protocol, TypeVar, cast

from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from typing_extensions import TypedDict

from ..clock import Clock, ControlledClock
from ..core import Core
from ..errors import RefusalError, invalid
from ..lives import Lives
from ..settings import Settings
from ..stores import MemoryStore, Store
from .clock_routes import add_test_clock, on_time
from .cors import Cors
from .edge import Edge, LastResort
from .views import Views

Method = Literal["GET", "POST", "PUT", "DELETE"]
Parameter = Mapping[str, Any]  # as OpenAPI has it
T = TypeVar("T")
V = TypeVar("V", bound=Views)


class Weave(Protocol):
    """Gives the class that is to stand in for a part of the server."""

    def __call__(self, part: type[T], /) -> type[T]: ...


def as_written(part: type[T]) -> type[T]:
    """Every part as it stands in its file."""
    return part


@dataclass(frozen=True)
class Plan:
    """What a server is made from: settings, a clock, what stands in for its parts, if anything, and a store."""

    settings: Settings
    clock: Clock
    weave: Weave = as_written
    store: Store = field(default_factory=MemoryStore)

    def views(self, kind: type[V], rules: type[Core] = Core) -> V:
        """A contract's routes over a core of their own."""
        settings = self.settings
        lives = Lives(settings.default_minutes, settings.longest_minutes, minute=settings.minute)
        core = self.weave(rules)(self.store, self.clock, lives)
        return self.weave(kind)(core, settings)


@dataclass(frozen=True)
class Route:
    """One operation: what it takes, and every answer that it can give."""

    method: Method
    path: str
    handler: Callable[[Request], Awaitable[Response]]
    operation_id: str
    summary: str
    answers: Mapping[int, type | None]  # by status: the form of the body, if any; the usual status first
    refusals: Sequence[int] = ()
    body: type | None = None
    body_required: bool = True
    body_type: str = "application/json"
    parameters: Sequence[Parameter] = ()


class Error(TypedDict):
    detail: str
    reason: str


class Health(TypedDict):
    status: str
    service: str
    environment: NotRequired[str]


def application(
    plan: Plan,
    views: Views,
    title: str,
    routes: Sequence[Route],
    describe: Callable[[dict[str, Any]], None] = lambda schemas: None,
    *,
    either_slash: bool = False,
) -> FastAPI:
    """The routes, health, and the layers around them; `describe` may refine the published schemas.

    With `either_slash` every path is also there with a slash at its end, or without the one that it has.
    """
    app = FastAPI(title=title, version="1.0", docs_url=None, redoc_url=None, redirect_slashes=False)
    health = Route("GET", "/health", views.health, "health", "Whether the service can work.", {200: Health})
    routes = [*routes, health]
    if isinstance(plan.clock, ControlledClock):
        routes = [replace(route, handler=on_time(plan.clock, route.handler)) for route in routes]
    for route in routes:
        _add(app, route)
        if either_slash:
            _add(
                app, replace(route, path=route.path[:-1] if route.path.endswith("/") else f"{route.path}/"), shown=False
            )
    if isinstance(plan.clock, ControlledClock):
        add_test_clock(app, views, plan.clock)
    _describe(app, routes, describe)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusalError)
        return views.refusal(error)

    async def unrouted(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            allowed = ", ".join(_methods(app, request))
            method = RefusalError("method_not_allowed", "This route does not have this method.")
            return views.refusal(method, {"Allow": allowed})
        if error.status_code == 404:
            return views.refusal(RefusalError("route_not_found", "There is no such route."))
        return views.refusal(invalid("The request is not of the contract's form."))

    app.add_exception_handler(RefusalError, refused)
    app.add_exception_handler(HTTPException, unrouted)
    # The last one added is the outermost.
    app.add_middleware(plan.weave(LastResort), refusal=views.refusal, failure=views.failure)
    app.add_middleware(plan.weave(Cors), origins=plan.settings.cors_origins, refusal=views.refusal)
    app.add_middleware(plan.weave(Edge))
    return app


def _add(app: FastAPI, route: Route, *, shown: bool = True) -> None:
    async def endpoint(request: Request) -> Response:
        return await route.handler(request)

    responses: dict[int | str, dict[str, Any]] = {
        status: {"content": _json(shape)} for status, shape in route.answers.items() if shape is not None
    }
    responses |= {status: {"content": _json(Error)} for status in (*route.refusals, 500, 503)}
    extra: dict[str, Any] = {"parameters": list(route.parameters)} if route.parameters else {}
    if route.body is not None:
        extra["requestBody"] = {"required": route.body_required, "content": _json(route.body, route.body_type)}
    status, shape = next(iter(route.answers.items()))
    app.add_api_route(
        route.path,
        endpoint,
        methods=[route.method],
        operation_id=route.operation_id,
        summary=route.summary,
        status_code=status,
        response_model=None,
        response_class=Response if shape is None else JSONResponse,
        responses=responses,
        openapi_extra=extra,
        include_in_schema=shown,
    )


def _json(shape: type, media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def _describe(app: FastAPI, routes: Sequence[Route], describe: Callable[[dict[str, Any]], None]) -> None:
    # Bodies are read and written here, not by the framework: it has to be told their forms.
    generate = app.openapi
    shapes = {shape for route in routes for shape in (Error, route.body, *route.answers.values())} - {None}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            inputs: Any = [(shape, "validation", TypeAdapter(cast("Any", shape))) for shape in shapes]
            _, shared = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
            schemas = generate().setdefault("components", {}).setdefault("schemas", {})
            schemas.update(sorted(shared["$defs"].items()))
            describe(schemas)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _methods(app: FastAPI, request: Request) -> list[str]:
    """Every method that this path has, on whichever of its routes."""
    matching = [route for route in app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in matching for method in getattr(route, "methods", None) or ()})
