"""Every annotation that is guessed, beside what a person wrote: nothing may be wrong."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest

from sessionproof.contract.source import read_source

from .comparing import DOCUMENTS, Atom, Comparison, atoms_of, compare, guessed
from .served import CONTRACTS, serving

BY_HAND = {
    **CONTRACTS,
    **{name: DOCUMENTS / f"{name}.expected.yaml" for name in ("express", "django", "spring")},
}
SESSIONS = "/api/v1/sessions"
IN_HEADER, IN_BODY = "$request.header.X-Session-ID", "$request.body#/session_id"

# Guessed and right, though the person who wrote the contract left it out or said it otherwise.
ALSO_RIGHT: dict[str, set[Atom]] = {
    "fm-session-service": {  # the session in these answers shows how many messages it has
        (operation, "count", "$response.body#/message_count")
        for operation in (f"POST {SESSIONS}", f"GET {SESSIONS}/{{session_id}}", f"PUT {SESSIONS}/{{session_id}}")
    },
    "faultmaven": {  # the document has both places in each of these, and the server takes either
        *(("POST /query", "session", IN_BODY), ("POST /api/v1/query/", "session", IN_HEADER)),
        *(("POST /data", "session", IN_BODY), ("POST /api/v1/data/upload", "session", IN_HEADER)),
        *(("POST /api/v1/agent/query", "session", IN_HEADER), ("GET /api/v1/data", "session", IN_HEADER)),
    },
    "agentic-multi-client": {("POST /chat", "session", IN_BODY), ("POST /upload", "session", IN_BODY)},
    "other-server": {  # a log-in has to be declared one way or the other; `known` asks, and supposes nothing
        ("x-session", "identity.bearer.login", '"known"'),
    },
}

# What no document tells. Whatever else is missed here is a guess that used to be made.
MISSED_TOP = {
    "fm-session-service": {
        *("invalid", "slash", "ids.format", "assistant", "life.default", "life.outside", "life.not_refreshed_by"),
        "resume.changes",
        *("list.scope", "status.initial", "status.transitions.active", "status.transitions.archived", "status.deleted"),
        *("title.generated_from", "cors.origins", "cors.headers"),
    },
    "faultmaven": {
        *("invalid", "slash", "ids.format", "assistant", "no_session", "life.kind", "life.default", "life.minimum"),
        *("life.maximum", "life.outside", "life.refreshed_by", "life.not_refreshed_by", "resume.changes"),
        *("cases.lifetime", "cases.started", "uploads.same_name", "uploads.maximum", "delete.keeps"),
        *("legacy.investigation_id", "legacy.investigation_history", "cors.origins", "cors.headers"),
    },
    "agentic-multi-client": {
        *("invalid", "slash", "ids.format", "assistant", "life.kind", "life.default", "life.refreshed_by"),
        *("life.not_refreshed_by", "uploads.same_name", "uploads.maximum", "delete.keeps", "clear.keeps"),
        *("cors.origins", "cors.headers"),
    },
    "other-server": {
        *("identity.bearer.login", "foreign", "gone", "unknown", "no_session", "invalid", "slash", "ids.format"),
        *("ids.minimum_bits", "assistant", "life.kind", "life.default", "life.minimum", "life.maximum"),
        *("life.outside", "life.refreshed_by", "life.not_refreshed_by", "resume.changes", "resume.expired"),
        *("list.scope", "clear.keeps", "delete.keeps", "cases.lifetime"),
        *("uploads.same_name", "uploads.maximum"),
    },
    "express": {"resume.scope"},
}
READ_AND_CHANGE = ("GET /v2/conversations/{id}", "PATCH /v2/conversations/{id}")
IN_SESSION = ("uploads.in", "uploads.name")
HISTORY = f"GET {SESSIONS}/{{session_id}}/cases/{{case_id}}/history"
MISSED_PLACES = {
    "faultmaven": {  # a list of texts could be of names or of ids
        *((one, key) for one in (f"POST {SESSIONS}", f"GET {SESSIONS}/{{session_id}}") for key in IN_SESSION),
        *((HISTORY, "each.kind"), (HISTORY, "with.$request.path.case_id")),
    },
    "agentic-multi-client": {  # that the session is named twice is its clients' habit
        *((one, "session") for one in ("GET /sessions/{session_id}", "DELETE /sessions/{session_id}")),
        *(("POST /sessions/{session_id}/clear", "session"), ("POST /chat", "question")),
    },
    "other-server": {
        *(("GET /v2/turns", "each.message"), ("POST /v2/turns", "message")),
        *(("POST /v2/conversations/{id}/files", "time"), ("GET /v2/conversations/{id}/files", "each.time")),
        *((operation, "current_case") for operation in ("POST /v2/conversations", *READ_AND_CHANGE)),
    },
}
MISSED_OPERATIONS = {  # names that are nobody else's: ask, topics, forget
    "other-server": {
        *("POST /v2/ask", "POST /v2/topics", "GET /v2/topics", "GET /v2/topics/{ref}"),
        "POST /v2/conversations/{id}/forget",
    }
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    found = {}
    for name, file in BY_HAND.items():
        guess = guessed(_document(name), tmp_path_factory.mktemp(name))
        found[name] = compare(guess, atoms_of(read_source(file).document), frozenset(ALSO_RIGHT.get(name, ())))
    lines = [
        f"{'':20}{'found':>8}{'missed':>8}{'more':>8}{'wrong':>8}",
        *(one.line(name) for name, one in found.items()),
    ]
    print("\n" + "\n".join(lines), file=sys.stderr)
    return found


def _document(name: str) -> Any:
    if name not in CONTRACTS:
        return read_source(DOCUMENTS / f"{name}.yaml").document
    with serving(name) as url:
        return httpx.get(f"{url}/openapi.json").json()


@pytest.mark.parametrize("name", BY_HAND)
def test_nothing_is_wrong(name: str, compared: dict[str, Comparison]) -> None:
    assert compared[name].wrong == frozenset()
    assert compared[name].more == ALSO_RIGHT.get(name, set())


@pytest.mark.parametrize("name", BY_HAND)
def test_only_what_no_document_tells_is_missed(name: str, compared: dict[str, Comparison]) -> None:
    missed = compared[name].missed
    assert {key for where, key, _ in missed if where == "x-session"} == MISSED_TOP.get(name, set())
    unknown = {where for where, key, _ in missed if key == "does"}
    assert unknown == MISSED_OPERATIONS.get(name, set())
    places = {(where, key) for where, key, _ in missed if where not in {"x-session", *unknown}}
    assert places == MISSED_PLACES.get(name, set())
