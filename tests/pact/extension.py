"""What the browser extension's background worker sends, built from the contract: a consumer for its pacts.

The worker is JavaScript (`fixtures/extension/backend.js`). This stands in for it, call by call, without a client of its
own: `build_request` says what is sent, as everywhere else.
"""

from __future__ import annotations

from typing import Any

import httpx

from sessionproof.actors import Actor
from sessionproof.contract import Contract
from sessionproof.wire import Answer, Reply, build_request

__all__ = ["Extension"]


class Extension:
    """One browser profile: a user, and the client id of its installation."""

    def __init__(self, contract: Contract, url: str, user: str, client: str) -> None:
        self._contract, self._url = contract, url
        self._actor = Actor("extension", user, client)

    def open(self) -> Reply:
        """The session of this installation, new or resumed."""
        return self._call("createSession", client=self._actor.client, life=3600, kind="troubleshooting")

    def history(self, session: str) -> Reply:
        """What the panel shows: the conversation in the current case."""
        return self._call("caseHistory", session=session)

    def ask(self, session: str, question: str) -> Reply:
        return self._call("queryByBody", session=session, question=question)

    def new_chat(self, session: str) -> Reply:
        return self._call("newCase", session=session)

    def _call(self, operation_id: str, **values: Any) -> Reply:
        (binding,) = (one for one in self._contract.bindings if one.operation_id == operation_id)
        request = build_request(self._contract, binding, self._actor, values)
        came = httpx.request(
            request.method,
            self._url + request.target,
            headers=list(request.headers),
            content=request.content or None,
            trust_env=False,
        )
        return Reply(self._contract, request, Answer(came.status_code, tuple(came.headers.items()), came.content))
