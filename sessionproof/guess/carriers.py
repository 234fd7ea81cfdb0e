"""How a request names its session, and what it then does to it."""

from __future__ import annotations

from dataclasses import dataclass

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.names import Rule
from sessionproof.guess.resource import Resource, session_input
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import Shape, snake
from sessionproof.guess.values import find, pointer_step, scopes

__all__ = ["OnSession", "Words", "keys_of", "on_session"]

Words = dict[str, tuple[Guess, ...]]


def _text(shape: Shape) -> bool:
    return shape.is_a("string") and not shape.enum


@dataclass(frozen=True)
class OnSession:
    """A route that names one session at `places`; `action` are the path's segments after it."""

    route: Route
    resource: Resource
    places: tuple[Guess, ...]
    action: tuple[str, ...]

    @property
    def word(self) -> str:
        """The action, when it is one segment without a parameter."""
        return self.action[0] if len(self.action) == 1 and not self.action[0].startswith("{") else ""

    @property
    def session(self) -> tuple[Guess, ...]:
        """Where its request names the session, and its answer."""
        shown = find(scopes("$response.body", self.route.answer, ()), Rule((f"{self.resource.noun}_id",), (), _text))
        return (*self.places, shown) if shown else self.places


def on_session(resource: Resource, route: Route) -> OnSession | None:
    """The route as one on a session, by path, header, query or body; None when it names none."""
    rest = resource.rest(route)
    extra = session_input(route, resource.noun)
    named = [Guess(extra.place, Confidence.SURE, f"a required {extra.where} parameter")] if extra else []
    if rest and rest[0].startswith("{"):
        by_path = Guess(f"$request.path.{rest[0].strip('{}')}", Confidence.SURE, "the path's parameter")
        return OnSession(route, resource, (by_path, *named), rest[1:])
    if any(word.startswith("{") for word in route.words):
        return None
    action = rest if rest is not None else route.words[-1:]
    named = named or _optional(resource.noun, route) if action else named
    return OnSession(route, resource, tuple(named), action) if named else None


def _optional(noun: str, route: Route) -> list[Guess]:
    """Where the session may be named; in all of these places at once, as nobody says which of them is looked at."""
    called = f"{noun}_id"
    inputs = [one for where in ("header", "query") if (one := route.input(where, called)) and one.shape.is_a("string")]
    found = [Guess(one.place, Confidence.LIKELY, f"a {one.where} parameter called {one.name}") for one in inputs]
    if route.method == "POST":
        fields = [name for name in route.body.properties if snake(name) == called and _text(route.body.below(name))]
        found += [
            Guess(f"$request.body#/{pointer_step(name)}", Confidence.LIKELY, f"called {name}") for name in fields[:1]
        ]
    return found


def keys_of(route: Route) -> Words:
    """Headers that go along with a request: the client's id, and the key under which it may be repeated."""
    found: Words = {}
    for name, called in (("client", "client_id"), ("idempotency_key", "idempotency_key")):
        one = route.input("header", called)
        if one is not None and route.method == "POST" and one.shape.is_free_text:
            found[name] = (Guess(one.place, Confidence.SURE, f"a header called {one.name}"),)
    return found
