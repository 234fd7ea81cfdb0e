"""How a request names its session, and what it then does to it."""

from __future__ import annotations

from dataclasses import dataclass

from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.resource import Resource, session_input
from sessionproof.guess.routes import Route
from sessionproof.guess.schema import snake
from sessionproof.guess.values import pointer_step

__all__ = ["OnSession", "on_session"]


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


def on_session(resource: Resource, route: Route) -> OnSession | None:
    """The route as one on a session, by path, header, query or body; None when it names none."""
    rest = resource.rest(route)
    extra = session_input(route, resource.noun)
    named = (Guess(extra.place, Confidence.SURE, f"a required {extra.where} parameter"),) if extra else ()
    if rest and rest[0].startswith("{"):
        by_path = Guess(f"$request.path.{rest[0].strip('{}')}", Confidence.SURE, "the path's parameter")
        return OnSession(route, resource, (by_path, *named), rest[1:])
    if any(word.startswith("{") for word in route.words):
        return None
    action = rest if rest is not None else route.words[-1:]
    if named:
        return OnSession(route, resource, named, action)
    in_body = next((name for name in route.body.properties if snake(name) == f"{resource.noun}_id"), "")
    if in_body and action and route.method == "POST" and route.body.below(in_body).is_a("string"):
        place = Guess(f"$request.body#/{pointer_step(in_body)}", Confidence.LIKELY, f"called {in_body}")
        return OnSession(route, resource, (place,), action)
    return None
