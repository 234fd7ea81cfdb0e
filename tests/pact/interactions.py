"""What the extension asks of a `faultmaven` back end, and which answers it can live with.

`python -m tests.pact.interactions` writes `contracts/pacts/` anew.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["PACT_DO_NOT_TRACK"] = "true"  # pact's library reports its use otherwise

from pact import Pact, generate, match
from pact.match import AbstractMatcher
from pact.match.matcher import GenericMatcher

from sessionproof.contract import find_contract, load_contract
from sessionproof.pacts.files import bundled_pacts
from sessionproof.wire import Reply
from tests.pact.extension import Extension

__all__ = ["INTERACTIONS", "PROVIDER", "Example", "pact_file", "pact_path"]

CONSUMER, PROVIDER = "browser-extension", "faultmaven"
USER, CLIENT = "ann", "0b2f6c9e-installation"
SESSION, CASE = "7d44484a-22a7-4ab5-9e5b-5d7c33b2ad20", "c51b9b8e-66e0-4d47-a0a4-4f8a6f2f2c11"
QUESTION = "Why does the pod restart?"

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"

Matched = AbstractMatcher[Any]


def given(example: str, expression: str, form: str = ".+") -> Matched:
    """A value that the provider state gives: in a request it is sent, in an answer it has to come back."""
    return GenericMatcher("regex", example, generator=generate.provider_state(expression), regex=f"^{form}$")


def like(example: str, form: str) -> Matched:
    return match.regex(example, regex=f"^{form}$")


def opened(id: Matched, *, resumed: bool, case: Matched | None = None) -> dict[str, Any]:
    """What the extension is told when its panel opens: which session, and whether it was there before."""
    return {
        "session_id": id,
        "session_resumed": resumed,
        "user_id": given(USER, "${user}"),
        "client_id": given(CLIENT, "${client}"),
        "current_case_id": case,
    }


GONE = {"detail": like("No such session.", r"[\s\S]+"), "reason": like("session_not_found", "[a-z_]+")}


@dataclass(frozen=True)
class Example:
    """One call of the extension, the state it is made in, and the answer."""

    name: str
    state: str
    method: str
    path: str | Matched
    act: Callable[[Extension], Reply]
    status: int
    answer: Mapping[str, Any]
    body: Mapping[str, Any] | None = None
    then: Callable[[Reply], bool] = field(default=lambda reply: reply.session == SESSION)  # what it makes of the answer


_SESSION, _CASE = given(SESSION, "${session}", UUID), given(CASE, "${case}")
_QUESTION, _ANSWERED = given(QUESTION, "${question}", r"[\s\S]+"), like("Let us see.", r"[\s\S]+")
_TIME = like("2026-03-01T09:00:00+00:00", TIME)
_OPEN = {"client_id": given(CLIENT, "${client}"), "timeout_minutes": 60, "session_type": "troubleshooting"}
_ASK = {"session_id": given(SESSION, "${session}"), "query": _QUESTION}
_HISTORY = given(
    f"/api/v1/sessions/{SESSION}/cases/current/history",
    "/api/v1/sessions/${session}/cases/current/history",
    "/api/v1/sessions/[^/]+/cases/current/history",
)
_NEW_CASE = given(
    f"/api/v1/sessions/{SESSION}/new-case", "/api/v1/sessions/${session}/new-case", "/api/v1/sessions/[^/]+/new-case"
)
_ENTRY = {"query": _QUESTION, "response": _ANSWERED, "case_id": _CASE, "timestamp": _TIME}

INTERACTIONS = (
    Example(
        "open the panel for the first time", "a user without sessions", "POST", "/api/v1/sessions",
        lambda extension: extension.open(), 201, opened(like(SESSION, UUID), resumed=False), _OPEN,
        lambda reply: reply.session == SESSION and reply.resumed is False,
    ),
    Example(
        "open the panel again", "a living session", "POST", "/api/v1/sessions",
        lambda extension: extension.open(), 200, opened(_SESSION, resumed=True), _OPEN,
        lambda reply: reply.session == SESSION and reply.resumed is True,
    ),
    Example(
        "open the panel again after a question", "a living session that was asked something", "POST",
        "/api/v1/sessions", lambda extension: extension.open(), 200, opened(_SESSION, resumed=True, case=_CASE), _OPEN,
        lambda reply: reply.resumed is True and reply["current_case"] == CASE,
    ),
    Example(
        "show the conversation before the first question", "a living session", "GET", _HISTORY,
        lambda extension: extension.history(SESSION), 200, {"session_id": _SESSION, "case_id": None, "history": []},
        then=lambda reply: reply.items() == (),
    ),
    Example(
        "show the conversation", "a living session that was asked something", "GET", _HISTORY,
        lambda extension: extension.history(SESSION), 200,
        {"session_id": _SESSION, "case_id": _CASE, "history": [_ENTRY]},
        then=lambda reply: [entry["question"] for entry in reply.items() or ()] == [QUESTION],
    ),
    Example(
        "ask", "a living session", "POST", "/api/v1/query/", lambda extension: extension.ask(SESSION, QUESTION), 200,
        {"session_id": _SESSION, "case_id": like(CASE, ".+"), "query": _QUESTION, "response": _ANSWERED}, _ASK,
        lambda reply: reply.session == SESSION and reply["answer"] == "Let us see.",
    ),
    Example(
        "begin a new chat", "a living session that was asked something", "POST", _NEW_CASE,
        lambda extension: extension.new_chat(SESSION), 201, {"session_id": _SESSION, "case_id": like(CASE, ".+")},
        then=lambda reply: reply["case"] == CASE,
    ),
    Example(
        "begin a new chat in a session that is gone", "a deleted session", "POST", _NEW_CASE,
        lambda extension: extension.new_chat(SESSION), 404, GONE,
        then=lambda reply: reply.refused and reply.reason == "session_not_found",
    ),
    Example(
        "show a conversation whose session is gone", "a deleted session", "GET", _HISTORY,
        lambda extension: extension.history(SESSION), 404, GONE,
        then=lambda reply: reply.refused and reply.reason == "session_not_found",
    ),
    Example(
        "ask in a session that is gone", "a deleted session", "POST", "/api/v1/query/",
        lambda extension: extension.ask(SESSION, QUESTION), 404, GONE, _ASK,
        lambda reply: reply.refused and reply.reason == "session_not_found",
    ),
    Example(
        "open the panel after the session is gone", "a deleted session", "POST", "/api/v1/sessions",
        lambda extension: extension.open(), 201, opened(like(SESSION, UUID), resumed=False), _OPEN,
        lambda reply: reply.session == SESSION and reply.resumed is False,
    ),
)  # fmt: skip


def _carried_out(example: Example, folder: Path) -> None:
    """Add the example to the pact in `folder`. One at a time, since the same call has other answers in other states."""
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    interaction = pact.upon_receiving(example.name).given(example.state)
    interaction.with_request(example.method, example.path).with_header("X-User-ID", given(USER, "${user}"))
    if example.body is not None:
        interaction.with_body(dict(example.body), "application/json")
    interaction.will_respond_with(example.status).with_body(dict(example.answer), "application/json")
    with pact.serve() as server:
        url = str(server.url).rstrip("/")
        reply = example.act(Extension(load_contract(find_contract(PROVIDER)), url, USER, CLIENT))
        assert example.then(reply), f"{example.name}: {reply.status} {reply.text}"
    pact.write_file(folder)


def pact_path() -> Path:
    """Where the repository has the pact."""
    return bundled_pacts() / f"{CONSUMER}-{PROVIDER}.json"


def pact_file(examples: tuple[Example, ...] = INTERACTIONS) -> bytes:
    """The pact of these examples, each of which the extension has carried out against pact's own server.

    Same examples, same bytes: sorted, and without the versions of the library that wrote it.
    """
    with tempfile.TemporaryDirectory() as folder:
        for example in examples:
            _carried_out(example, Path(folder))
        (written,) = Path(folder).glob("*.json")
        content = json.loads(written.read_text(encoding="utf-8"))
    content["metadata"] = {"pactSpecification": content["metadata"]["pactSpecification"]}
    content["interactions"].sort(key=lambda interaction: str(interaction["description"]))
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    pact_path().write_bytes(pact_file())
