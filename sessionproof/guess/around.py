"""Operations around the sessions: log-in and health."""

from __future__ import annotations

from collections.abc import Iterable

from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import Rule
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape
from sessionproof.guess.values import Scope, find, scopes

__all__ = ["operations_around"]

_HEALTH = ("health", "healthz", "healthcheck", "health_check")
_LOGIN = ("login", "log_in", "signin", "sign_in", "token", "authenticate", "auth", "sessions", "session")


def _text(shape: Shape) -> bool:
    return shape.is_a("string") and not shape.enum


_USER = Rule(("username", "user_name"), ("email", "login", "user", "user_id"), _text, _text)
_PASSWORD = Rule(("password",), (), _text, _text)
_TOKEN = Rule(("access_token",), ("token", "jwt", "id_token"), _text)


def operations_around(routes: Iterable[Route]) -> list[Operation]:
    """The log-in and the one health route that is meant for everybody."""
    live = [route for route in routes if not route.retired]
    logins = [login for route in live if (login := _login(route)) is not None]
    health = sorted((route for route in live if _is_health(route)), key=lambda route: len(route.words))
    found = logins if len(logins) == 1 else []
    if health:
        one = health[0]
        reason = f"GET of {one.words[-1]}"
        guarded = isinstance(one.security, list) and bool(one.security) and all(one.security)
        confidence = Confidence.UNSURE if guarded else Confidence.SURE
        reason += ", but it asks for credentials" if guarded else ""
        found = [*found, Operation(one.method, one.path, "health", confidence, reason)]
    return found


def _is_health(route: Route) -> bool:
    needs = [one for one in route.inputs if one.required]
    return route.method == "GET" and bool(route.words) and route.words[-1] in _HEALTH and not needs


def _login(route: Route) -> Operation | None:
    if route.method != "POST" or not route.words or route.words[-1] not in _LOGIN:
        return None
    body = (Scope("$request.body", route.body),)
    words: dict[str, tuple[Guess, ...]] = {}
    for name, where, rule in (
        ("user", body, _USER),
        ("password", body, _PASSWORD),
        ("token", scopes("$response.body", route.answer, ()), _TOKEN),
    ):
        guess = find(where, rule)
        if guess is None or not guess.holds:
            return None
        words[name] = (guess,)
    reason = "POST of a name and a password, and a token comes back"
    return Operation(route.method, route.path, "login", Confidence.SURE, reason, words)
