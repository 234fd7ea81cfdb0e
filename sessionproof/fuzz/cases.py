"""Requests that found something, kept from run to run: without identities, with names in the place of ids."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote

from sessionproof.cases import Cases
from sessionproof.contract import Contract
from sessionproof.fuzz.casting import Cast, Role
from sessionproof.fuzz.sessions import Held
from sessionproof.history.redact import Redactor
from sessionproof.wire import Request, identified, recognise_request

__all__ = ["CASES", "Kept", "kept_from", "request_of"]

_LARGEST = 20_000  # bytes of a body
_NAME = "{{%s}}"  # what stands for an id


@dataclass(frozen=True)
class Kept:
    """One request as it can be sent again: `role` says whose session takes the place of `{{session}}`."""

    check: str
    requirement: str
    role: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    content: str  # base64


def kept_from(
    check: str,
    requirement: str,
    cast: Cast,
    request: Request,
    ids: Mapping[str, str],
    contract: Contract,
    redactor: Redactor,
) -> Kept | None:
    """The request without its sender's identity; None where a secret is in it, or where it is too large to keep."""
    own = {name.lower() for name in (contract.identity.name, contract.identity.email, contract.identity.roles)}
    headers = tuple((name, value) for name, value in request.headers if name.lower() not in own)
    path, _, query = request.target.partition("?")
    asked = "&".join(pair for pair in query.split("&") if pair and pair.partition("=")[0].lower() not in own)
    target = path + (f"?{asked}" if asked else "")
    content = request.content
    for name, value in ids.items():
        placed = _NAME % name
        target = target.replace(quote(value, safe=""), placed)
        headers = tuple((key, text.replace(value, placed)) for key, text in headers)
        content = content.replace(value.encode(), placed.encode())
    shown = " ".join((target, *(text for _, text in headers), content.decode("utf-8", "replace")))
    if len(content) > _LARGEST or redactor.text(shown) != shown:
        return None
    coded = base64.b64encode(content).decode()
    return Kept(check, requirement, cast.role.value, request.method, target, headers, coded)


def request_of(kept: Kept, cast: Cast, held: Held, contract: Contract) -> Request:
    """The request anew, by the sender of `cast`, about the session and the other ids of `held`."""
    ids = {"session": held.session, **held.ids}
    target, headers, content = kept.target, kept.headers, base64.b64decode(kept.content)
    for name, value in ids.items():
        placed = _NAME % name
        target = target.replace(placed, quote(value, safe=""))
        headers = tuple((key, text.replace(placed, value)) for key, text in headers)
        content = content.replace(placed.encode(), value.encode())
    plain = recognise_request(contract, cast.actor, kept.method, target, headers, content)
    if not plain.binding.anonymous:
        in_query, in_headers = identified(contract, cast.actor)
        target += "".join(f"{'&' if '?' in target else '?'}{name}={quote(value)}" for name, value in in_query)
        headers += in_headers
    return replace(recognise_request(contract, cast.actor, kept.method, target, headers, content), odd=True)


def _kept(row: dict[str, Any]) -> Kept:
    Role(row["role"])
    base64.b64decode(row["content"], validate=True)
    return Kept(**{**row, "headers": tuple((str(name), str(value)) for name, value in row["headers"])})


CASES = Cases[Kept]("cases", ".json", 50, asdict, _kept)
