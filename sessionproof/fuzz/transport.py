"""Schemathesis's way to the target: it generates and serialises, the run's sender sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from sessionproof.contract import Contract
from sessionproof.fuzz.casting import Cast
from sessionproof.wire import Reply, Request, identified, recognise_request

__all__ = ["Explored", "Transport", "wire_request"]

_OURS = ("user-agent", "connection", "accept-encoding", "content-length", "x-schemathesis-testcaseid")
_OF_A_REQUEST = ("method", "url", "headers", "files", "data", "params", "cookies", "auth", "json")

Send = Callable[[Case[Any], Callable[[Cast], Request]], Reply]


class Transport(RequestsTransport):
    """What `requests` would send becomes a request of the run's own, with the sender's identity in it."""

    def __init__(self, send: Send, contract: Contract) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self._send, self._contract = send, contract

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        prepared: list[requests.PreparedRequest] = []

        def request(cast: Cast) -> Request:
            data = self.serialize_case(case, **kwargs)
            prepared.append(requests.Request(**{name: data.get(name) for name in _OF_A_REQUEST}).prepare())
            return wire_request(self._contract, cast, prepared[-1], self._base(case))

        reply = self._send(case, request)
        if reply.status is None:
            raise requests.ConnectionError(reply.answer.failure, request=prepared[-1])
        return _response(reply, prepared[-1])

    def _base(self, case: Case[Any]) -> str:
        return urlsplit(case.operation.base_url or "").path.rstrip("/")


class Explored(OpenApiSchema):
    """A schema whose every request goes through `ours`: Schemathesis asks its schema for the transport."""

    ours: Transport

    @property
    def transport(self) -> Transport:
        return self.ours


def wire_request(contract: Contract, cast: Cast, prepared: requests.PreparedRequest, base: str) -> Request:
    """The request with its operation and values, and who sends it."""
    parts = urlsplit(str(prepared.url))
    path = parts.path.removeprefix(base) or "/"
    content = prepared.body or b""
    content = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else bytes(content)  # type: ignore[arg-type]
    headers = tuple((name, _text(value)) for name, value in prepared.headers.items() if name.lower() not in _OURS)
    method = str(prepared.method)
    plain = recognise_request(contract, cast.actor, method, path, headers, content)
    in_query, in_headers = ((), ()) if plain.binding.anonymous else identified(contract, cast.actor)
    query = "&".join(part for part in (parts.query, urlencode(in_query)) if part)
    target = path + (f"?{query}" if query else "")
    return replace(recognise_request(contract, cast.actor, method, target, (*headers, *in_headers), content), odd=True)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(reply: Reply, prepared: requests.PreparedRequest) -> Response:
    headers: dict[str, list[str]] = {}
    for name, value in reply.answer.headers:
        headers.setdefault(name, []).append(value)
    return Response(
        status_code=reply.status or 0,
        headers=headers,
        content=reply.answer.content,
        request=prepared,
        elapsed=reply.ended - reply.began,
        verify=True,
    )
