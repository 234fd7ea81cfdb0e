"""Which of an API's resources is the session: the one that can be made and read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sessionproof.guess.names import NOUNS, noun_of, singular
from sessionproof.guess.routes import Input, Route
from sessionproof.guess.schema import snake
from sessionproof.guess.values import scopes, session_id

__all__ = ["Resource", "find_resource", "is_login", "nearly", "session_input"]

_MAKES = ("create", "new", "start", "open", "init", "begin")
_SECRETS = ("password", "passwd", "passphrase", "client_secret", "refresh_token", "grant_type", "otp", "code_verifier")


@dataclass(frozen=True)
class Resource:
    """The session resource: `base` are the segments before it, `segment` its own one in the singular."""

    base: tuple[str, ...]
    segment: str
    noun: str
    creates: tuple[Route, ...] = ()
    reads: tuple[Route, ...] = ()

    def rest(self, route: Route) -> tuple[str, ...] | None:
        """What of the route's path follows the resource; None where it isn't the resource's."""
        size = len(self.base)
        inside = len(route.words) > size and route.words[:size] == self.base
        return route.words[size + 1 :] if inside and singular(route.words[size]) == self.segment else None

    @property
    def name(self) -> str:
        return "/" + "/".join((*self.base, self.segment))


def is_login(route: Route) -> bool:
    """Whether a password or the like has to be sent: no session of ours is made there, but one of a log-in."""
    return any(word in _SECRETS for word in map(snake, route.body.properties))


def session_input(route: Route, noun: str, *, required: bool = True) -> Input | None:
    """The header or query parameter that names the session."""
    for where in ("header", "query"):
        found = route.input(where, f"{noun}_id", noun)
        if found is not None and (found.required or not required) and found.shape.is_a("string"):
            return found
    return None


def find_resource(routes: Iterable[Route]) -> tuple[Resource | None, list[Resource]]:
    """The resource with a create and a read that is most surely the session, and the others like it."""
    routes = [route for route in routes if not route.retired]
    found = [resource for one in _candidates(routes) if (resource := _with_routes(one, routes)) is not None]
    found.sort(key=lambda one: (NOUNS.index(one.noun), -_breadth(one, routes), one.base))
    return (found[0], found[1:]) if found else (None, [])


def nearly(routes: Iterable[Route]) -> str:
    """What could be a create or a read and can't be used, with the reason; "" where nothing could be."""
    for route in routes:
        if route.method != "POST" or route.retired or is_login(route):
            continue
        last = route.words[-2:] if route.words and route.words[-1] in _MAKES else route.words[-1:]
        noun = noun_of(last[0]) if last else ""
        if noun and not any(word.startswith("{") for word in route.words):
            where = scopes("$response.body", route.answer, (noun,))
            if not any(scope.shape.properties for scope in where):
                return f"{route.name} could be the create, but the document doesn't say what is in its answer"
            if session_id(where, noun) is None:
                return f"{route.name} could be the create, but no id could be told in its answer"
            return f"{route.name} could be the create, but nothing like GET {route.path}/{{id}} reads one"
    return ""


def _breadth(resource: Resource, routes: Iterable[Route]) -> int:
    return sum(resource.rest(route) is not None for route in routes)


def _candidates(routes: Iterable[Route]) -> list[Resource]:
    """Every segment that is called like a session and has no parameter before it."""
    found: dict[tuple[tuple[str, ...], str], Resource] = {}
    for route in routes:
        for index, word in enumerate(route.words):
            if word.startswith("{"):
                break
            if noun := noun_of(word):
                key = route.words[:index], singular(word)
                found.setdefault(key, Resource(*key, noun))
    return list(found.values())


def _with_routes(resource: Resource, routes: Iterable[Route]) -> Resource | None:
    creates, reads = [], []
    for route in routes:
        rest = resource.rest(route)
        if rest is None:
            continue
        if (
            route.method == "POST"
            and (rest == () or (len(rest) == 1 and rest[0] in _MAKES))
            and _gives_id(route, resource)
        ):
            creates.append(route)
        if route.method == "GET" and _reads_one(route, rest, resource):
            reads.append(route)
    if not (creates and reads):
        return None
    return Resource(resource.base, resource.segment, resource.noun, tuple(creates), tuple(reads))


def _gives_id(route: Route, resource: Resource) -> bool:
    if is_login(route) or session_input(route, resource.noun) is not None:
        return False
    where = scopes("$response.body", route.answer, (resource.segment, resource.noun))
    guess = session_id(where, resource.noun)
    return (guess is not None and guess.holds) or bool(route.header("location"))


def _reads_one(route: Route, rest: tuple[str, ...], resource: Resource) -> bool:
    by_path = len(rest) == 1 and rest[0].startswith("{")
    return by_path or (rest == () and session_input(route, resource.noun) is not None)
