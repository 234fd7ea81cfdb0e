"""What each operation of an API does to its sessions, and where its values stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sessionproof.guess.carriers import OnSession, keys_of, on_session
from sessionproof.guess.cases import case_history, cases, current_case, new_case, only_whole
from sessionproof.guess.conversation import add_message, clear, messages, messages_inside, query
from sessionproof.guess.lists import find_list, paging
from sessionproof.guess.model import Confidence, Guess, Operation
from sessionproof.guess.names import SESSION
from sessionproof.guess.resource import Resource
from sessionproof.guess.routes import Route
from sessionproof.guess.uploads import download, upload, uploads, uploads_inside
from sessionproof.guess.values import Scope, life_of, same_life, scopes, session_id, session_words

__all__ = ["session_operations"]

_LISTED = (
    "client", "user", "title", "status", "metadata", "context", "count", "created", "updated", "activity", "expires",
)  # fmt: skip
_CHANGED = ("title", "status", "context", "metadata")
_CHOSEN = ("client", "title", "context", "metadata", "kind")
_IN_PARAMETERS = {"client": ("client_id", "device_id", "device")}
_BEATS = {
    **dict.fromkeys(("heartbeat", "keepalive", "keep_alive", "touch"), Confidence.SURE),
    "renew": Confidence.LIKELY,
    **dict.fromkeys(("ping", "refresh", "extend"), Confidence.UNSURE),
}


def session_operations(resource: Resource, routes: Iterable[Route]) -> list[Operation]:
    """Every operation that does something to the resource's sessions, in the document's order."""
    life = next((asked for route in resource.creates if (asked := life_of(_asked(route)))), None)
    found = [operation for route in routes if not route.retired and (operation := _of(resource, route, life))]
    return _one_way_to_update(only_whole(found))


def _of(resource: Resource, route: Route, life: tuple[Guess, str] | None) -> Operation | None:
    if route in resource.creates:
        return _create(resource, route, life)
    rest = resource.rest(route)
    on = on_session(resource, route)
    if on is None:
        return _list(resource, route) if rest == () and route.method == "GET" else None
    if on.action:
        return next((operation for kind in _ON_ONE if (operation := kind(on)) is not None), None)
    return _whole(on, life)


def _asked(route: Route) -> tuple[Scope, ...]:
    return (Scope("$request.body", route.body),)


def _shown(resource: Resource, route: Route) -> tuple[Scope, ...]:
    return scopes("$response.body", route.answer, (resource.segment, resource.noun))


def _create(resource: Resource, route: Route, life: tuple[Guess, str] | None) -> Operation:
    sent = session_words(_asked(route), _CHOSEN)
    for name, called in _IN_PARAMETERS.items():
        for where in ("query", "header"):
            one = route.input(where, *called)
            if one is not None and name not in sent and one.shape.is_free_text:
                sent[name] = Guess(one.place, Confidence.SURE, f"a {where} parameter called {one.name}")
    sent |= {name: places[0] for name, places in keys_of(route).items() if name not in sent}
    words, lists = _session(resource, route, sent, life)
    in_headers = _in_headers(route, words)
    words = {**in_headers, **{name: places for name, places in words.items() if name not in in_headers}}
    if life is not None and (asked := life_of(_asked(route))) is not None:
        words["life"] = (asked[0], *words.get("life", ()))
    lists = {name: {"in": entry["in"]} for name, entry in lists.items()}
    reason = "POST, and a session's id comes back"
    return Operation(route.method, route.path, "create", Confidence.SURE, reason, words, lists, life[1] if life else "")


def _in_headers(route: Route, words: dict[str, tuple[Guess, ...]]) -> dict[str, tuple[Guess, ...]]:
    """The id and the flag of a create that stand in its headers, where its body has none."""
    places = {"session": route.header("location"), "resumed": route.header(*SESSION["resumed"].sure)}
    return {
        name: (Guess(place, Confidence.LIKELY, f"a header {place.rpartition('.')[2]}, and none in the body"),)
        for name, place in places.items()
        if place and not any(guess.holds for guess in words.get(name, ()))
    }


def _session(
    resource: Resource, route: Route, sent: dict[str, Guess], life: tuple[Guess, str] | None
) -> tuple[dict[str, tuple[Guess, ...]], dict[str, dict[str, Guess]]]:
    """The words of an answer that is a session, each with its place in the request before it."""
    where = _shown(resource, route)
    got = session_words(where)
    own = session_id(where, resource.noun)
    words: dict[str, tuple[Guess, ...]] = {"session": (own,)} if own is not None else {}
    for name in (*SESSION, "idempotency_key"):
        if places := tuple(found[name] for found in (sent, got) if name in found):
            words[name] = places
    if life is not None and (again := same_life(where, life[0].value)) is not None:
        words["life"] = (again,)
    inside = {"messages": messages_inside(where), "uploads": uploads_inside(where)}
    return {**words, **current_case(route.answer)}, {name: entry for name, entry in inside.items() if entry}


def _whole(on: OnSession, life: tuple[Guess, str] | None) -> Operation | None:
    """Read, update or delete of the session itself."""
    route, resource = on.route, on.resource
    if route.method == "DELETE":
        words = {"session": on.places}
        return Operation(route.method, route.path, "delete", Confidence.SURE, "DELETE of one session", words)
    if route.method not in ("GET", "PUT", "PATCH"):
        return None
    sent = session_words(_asked(route), _CHANGED) if route.method != "GET" else {}
    words, lists = _session(resource, route, sent, life)
    words = {**words, "session": (*on.places, *words.get("session", ()))}
    words = {"session": words.pop("session"), **words}
    unit = life[1] if life and "life" in words else ""
    confidence, reason = Confidence.SURE, f"{route.method} of one session"
    if route.method == "GET":
        return Operation(route.method, route.path, "read", confidence, reason, words, lists, unit)
    known = {name: guess for name, guess in sent.items() if guess.holds}
    if not known:
        confidence, reason = Confidence.UNSURE, f"{reason}, but no field that it changes could be told"
    elif (left := _left_out(route, known)) and _required(route):
        confidence, reason = Confidence.UNSURE, f"{reason}, but {', '.join(left)} must always be sent along"
    return Operation(route.method, route.path, "update", confidence, reason, words, lists, unit)


def _required(route: Route) -> frozenset[str]:
    return route.body.required & frozenset(route.body.properties)


def _left_out(route: Route, known: dict[str, Guess]) -> list[str]:
    """Fields that make a partial update impossible: required, though not everything that can be changed is."""
    names = {guess.value.rsplit("/", 1)[-1] for guess in known.values()}
    required = _required(route)
    return [] if names == required else sorted(required)


def _one_way_to_update(operations: list[Operation]) -> list[Operation]:
    """PATCH where there is PUT as well: a contract says only once whether fields that aren't sent stay or go."""
    patched = {one.path for one in operations if one.does == "update" and one.method == "PATCH" and one.holds}
    reason = "PATCH changes the same session, and a contract says only once whether fields that aren't sent stay"
    return [
        replace(one, confidence=Confidence.UNSURE, reason=reason)
        if one.does == "update" and one.method == "PUT" and one.path in patched
        else one
        for one in operations
    ]


def _heartbeat(on: OnSession) -> Operation | None:
    if on.route.method not in ("POST", "PUT", "PATCH") or on.word not in _BEATS:
        return None
    words, _ = _session(on.resource, on.route, {}, None)
    words = {"session": (*on.places, *words.pop("session", ())), **words}
    confidence = Confidence.UNSURE if on.route.body.required else _BEATS[on.word]
    return Operation(on.route.method, on.route.path, "heartbeat", confidence, f"{on.route.method} of {on.word}", words)


def _list(resource: Resource, route: Route) -> Operation:
    """GET without a session named: the sessions."""
    found = find_list(route.answer, (resource.segment, resource.noun))
    fields: dict[str, Guess] = {}
    if found is not None:
        key = Guess("$key", Confidence.LIKELY, "the entries stand under keys")
        own = key if found.keyed else _own_id(found.scope, resource)
        fields = {"in": found.at, **({"session": own} if own else {}), **session_words(found.scope, _LISTED)}
    words, endless = paging(route)
    if status := route.input("query", "status"):
        words["status"] = (Guess(status.place, Confidence.SURE, "a query parameter called status"),)
    confidence, reason = Confidence.SURE, "GET of all sessions"
    needed = [one.name for one in route.inputs if one.required and one.where == "query"]
    if "session" not in fields or not fields["session"].holds:
        confidence, reason = Confidence.UNSURE, f"{reason}, but no list of session ids could be told in the answer"
    elif endless or needed:
        confidence, reason = Confidence.UNSURE, f"{reason}, but {endless or f'it needs {needed[0]}'}"
    return Operation(route.method, route.path, "list", confidence, reason, words, {"each": fields} if fields else {})


def _own_id(entry: tuple[Scope, ...], resource: Resource) -> Guess | None:
    if entry[0].shape.is_a("string"):
        return Guess("$item", Confidence.LIKELY, "the entries are texts")
    return session_id(entry, resource.noun)


_ON_ONE = (
    *(_heartbeat, add_message, messages, clear, query, upload, uploads, download),
    *(new_case, cases, case_history),
)
