"""The whole guess: one document in, one draft of a contract out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sessionproof.guess import top
from sessionproof.guess.around import operations_around
from sessionproof.guess.first_calls import autocreate
from sessionproof.guess.identity import identity_of
from sessionproof.guess.model import Confidence, Draft, Guess, Operation
from sessionproof.guess.operations import session_operations
from sessionproof.guess.refusals import error_places, statuses
from sessionproof.guess.resource import Resource, find_resource, nearly
from sessionproof.guess.routes import Route, routes_of
from sessionproof.guess.schema import Shape, as_map
from sessionproof.guess.times import is_written_so, times_format
from sessionproof.guess.uploads import digest
from sessionproof.guess.values import pointer_step

__all__ = ["NotGuessable", "guess"]

_TIMES = ("created", "updated", "activity", "expires")
_OPEN_LIST = (
    "the list shows ids that open sessions; is it for operators alone (assumed), or for anyone, who then has them all?"
)


class NotGuessable(Exception):
    """The document doesn't show how a session is made and read; the message says what was looked for."""


def guess(document: Mapping[str, Any]) -> Draft:
    """What `document` (an OpenAPI object of any quality) tells of sessions. Raises NotGuessable."""
    routes = routes_of(document)
    by_name = {route.name: route for route in routes}
    resource, others = find_resource(routes)
    if resource is None:
        raise NotGuessable(
            nearly(routes)
            or f"none of its {len(routes)} operations could be told to make a session and another to read it; "
            "looked for POST and GET of a path like /sessions or /conversations, with the id in the answer"
        )
    operations = session_operations(resource, routes)
    around = operations_around(routes)
    if not any(one.does == "read" for one in operations):
        raise NotGuessable(f"no operation reads one session of {resource.name}")
    create = next(one for one in operations if one.does == "create")
    identity, questions = identity_of(document, by_name[create.name], any(one.does == "login" for one in around))
    times = times_format(_time_fields(operations, by_name), create.unit)
    operations = [_with_times(one, times, by_name[one.name].answer) for one in operations]
    found = _top(identity, times, resource, operations, by_name)
    questions += [f"{other.name} looks like sessions too, and was left out" for other in others[:3]]
    questions += _needed(create, by_name[create.name], identity)
    if "list" in found and "for" in found["list"].value:
        questions.append(_OPEN_LIST)
    title = as_map(document.get("info")).get("title")
    return Draft(title if isinstance(title, str) else "", found, (*operations, *around), tuple(questions))


def _top(
    identity: Guess, times: Guess, resource: Resource, operations: list[Operation], routes: dict[str, Route]
) -> dict[str, Guess]:
    trusted = [one for one in operations if one.holds]
    create, read = (next(one for one in operations if one.does == does) for does in ("create", "read"))
    has_identity = identity.value != "none"
    own = [routes[one.name] for one in trusted]
    maybe = {
        "identity": identity,
        **statuses(routes[create.name], routes[read.name], own, has_identity),
        "slash": top.slash(trusted),
        "ids": top.ids(read, routes[read.name]),
        "times": times,
        "errors": error_places(own),
        "life": top.life(create, routes[create.name], trusted),
        "resume": top.resume(create, routes[create.name], has_identity),
        "list": top.list_scope(trusted, identity),
        "update": top.update(trusted, routes),
        "status": top.status(trusted, routes),
        "roles": top.roles(trusted, routes),
        "uploads": digest(trusted),
        "autocreate": autocreate(trusted, routes),
    }
    return {name: one for name, one in maybe.items() if one is not None}


def _time_fields(operations: Iterable[Operation], routes: Mapping[str, Route]) -> list[tuple[str, Shape]]:
    """Every place that a trusted answer has for a time, with its schema."""
    found = []
    for one in operations:
        if one.does not in ("create", "read"):
            continue
        for word in _TIMES:
            for place in one.words.get(word, ()):
                pointer = _pointer(place.value)
                found.append((pointer.rsplit("/", 1)[-1], routes[one.name].answer.find(pointer)))
    return found


def _with_times(operation: Operation, times: Guess, answer: Shape) -> Operation:
    """Times that can't be read are worse than none: where they aren't of the one format they become questions."""

    def checked(word: str, one: Guess, start: Shape) -> Guess:
        is_time = word in (*_TIMES, "time") and not one.value.startswith("$request")
        clear = times.holds and is_written_so(start.find(_pointer(one.value)), times.value)
        return one if clear or not is_time else _doubted(one)

    words = {word: tuple(checked(word, one, answer) for one in places) for word, places in operation.words.items()}
    lists = {}
    for name, fields in operation.lists.items():
        whole = answer.find(_pointer(fields["in"].value))
        entry = whole.entries if whole.is_a("array") else whole.values
        lists[name] = {word: checked(word, one, entry) for word, one in fields.items()}
    return replace(operation, words=words, lists=lists)


def _pointer(place: str) -> str:
    return place.partition("#")[2]


def _doubted(one: Guess) -> Guess:
    return replace(one, confidence=Confidence.UNSURE, reason=f"{one.reason}; its format is not clear")


def _needed(create: Operation, route: Route, identity: Guess) -> list[str]:
    """What a create always needs and the vocabulary has no word for."""
    known = {place.value for places in create.words.values() for place in places}
    own = {"authorization", *(str(name).lower() for name in as_map(identity.value).values())}
    fields = sorted(route.body.required & set(route.body.properties))
    needed = [f"$request.body#/{pointer_step(name)}" for name in fields]
    needed += [
        one.place
        for one in route.inputs
        if one.required and one.where in ("header", "query") and one.name.lower() not in own
    ]
    return [
        f"every create has to send {place}: the smallest value that fits, unless `with: {{{place}: ...}}` says which"
        for place in needed
        if place not in known
    ]
