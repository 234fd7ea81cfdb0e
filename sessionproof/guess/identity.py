"""How a caller says who it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sessionproof.contract.schemas import resolve
from sessionproof.guess.model import Confidence, Guess
from sessionproof.guess.routes import Input, Route
from sessionproof.guess.schema import as_list, as_map, snake

__all__ = ["identity_of"]

_USER = ("user_id", "user", "authenticated_user", "forwarded_user", "auth_request_user", "remote_user", "username")
_EMAIL = ("user_email", "forwarded_email", "auth_request_email")
_ROLES = ("user_roles", "user_role")
_LATER = "does the log-in give a token to any new name (write login: anyone), or to known users (assumed, see --user)?"


def identity_of(document: Mapping[str, Any], route: Route, has_login: bool) -> tuple[Guess, list[str]]:
    """The identity that `route` (the create) asks for, and questions; `none` where nothing of it shows."""
    schemes = list(_schemes(document, route))
    header = route.input("header", *_USER) or _key_header(schemes)
    bearer = any(_is_bearer(scheme) for scheme in schemes) or route.input("header", "authorization") is not None
    if bearer:
        reason = "the create asks for a bearer token"
        return Guess({"bearer": {"login": "known"}}, Confidence.SURE, reason), [_LATER]
    if header is not None:
        name = header if isinstance(header, str) else header.name
        extras = {"email": route.input("header", *_EMAIL), "roles": route.input("header", *_ROLES)}
        value = {"header": name, **{key: one.name for key, one in extras.items() if one is not None}}
        return Guess(value, Confidence.SURE, f"the create takes a header called {name}"), []
    if (query := route.input("query", "user_id", "user")) is not None and query.required:
        return Guess({"query": query.name}, Confidence.LIKELY, "the create needs this query parameter"), []
    if (cookie := _key_cookie(schemes)) is not None:
        named = {"cookie": {"name": cookie, "login": "known"}}
        return Guess(named, Confidence.SURE, f"the create asks for the cookie {cookie}"), [_LATER]
    if schemes:
        kinds = ", ".join(sorted({_in_words(scheme) for scheme in schemes}))
        question = f"the create asks for {kinds}, which this guess can't turn into users; identity says none for now"
        return Guess("none", Confidence.UNSURE, question), []
    if has_login and "401" in route.refusals:
        reason = "there is a log-in that gives a token, and the create can answer 401"
        return Guess({"bearer": {"login": "known"}}, Confidence.LIKELY, reason), [_LATER]
    if "401" in route.refusals:
        question = "the create can answer 401, and the document doesn't say how a caller identifies itself"
        return Guess("none", Confidence.UNSURE, question), []
    fields = [name for name in route.body.properties if snake(name) in _USER]
    questions = [f"the create takes {name} in its body, and identity has no word for that" for name in fields[:1]]
    return Guess("none", Confidence.LIKELY, "nothing in the document says who is calling"), questions


def _schemes(document: Mapping[str, Any], route: Route) -> Iterable[Mapping[str, Any]]:
    """The security schemes that the route accepts; none where it also accepts no credentials at all."""
    alternatives = [as_map(one) for one in as_list(route.security)]
    if not alternatives or not all(alternatives):
        return
    declared = as_map(as_map(document.get("components")).get("securitySchemes"))
    for name in (name for one in alternatives for name in one):
        scheme = as_map(resolve(document, declared.get(name)))
        if scheme:
            yield scheme


def _is_bearer(scheme: Mapping[str, Any]) -> bool:
    is_http = scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer"
    said = f"{scheme.get('description')}".lower()
    is_header = scheme.get("in") == "header" and str(scheme.get("name")).lower() == "authorization"
    named = is_header and ("bearer" in said or "jwt" in said)  # others put `Token` or nothing before the secret
    return is_http or scheme.get("type") in ("oauth2", "openIdConnect") or named


def _key_header(schemes: list[Mapping[str, Any]]) -> Input | str | None:
    """An API key whose header is called like a user is one that a gateway fills."""
    names = (
        scheme.get("name") for scheme in schemes if scheme.get("type") == "apiKey" and scheme.get("in") == "header"
    )
    return next((name for name in names if isinstance(name, str) and snake(name) in _USER), None)


def _key_cookie(schemes: list[Mapping[str, Any]]) -> str | None:
    keys = (scheme for scheme in schemes if scheme.get("type") == "apiKey" and scheme.get("in") == "cookie")
    return next((name for scheme in keys if isinstance(name := scheme.get("name"), str)), None)


def _in_words(scheme: Mapping[str, Any]) -> str:
    if scheme.get("type") == "apiKey":
        return f"an API key ({scheme.get('in')} {scheme.get('name')})"
    return str(scheme.get("scheme") or scheme.get("type") or "credentials")
