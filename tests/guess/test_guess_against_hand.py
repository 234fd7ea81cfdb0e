"""Every annotation that is guessed, beside what a person wrote: nothing may be wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sessionproof.contract.source import read_source
from sessionproof.deployments.bundled import bundled_server

from .comparing import DOCUMENTS, Atom, Comparison, atoms_of, compare, guessed, plain

ROOT = Path(__file__).parents[2]
BY_HAND = {
    "fm-session-service": ROOT / "contracts" / "openapi" / "fm-session-service.yaml",
    "other-server": ROOT / "examples" / "other_server" / "contract.yaml",
    **{name: DOCUMENTS / f"{name}.expected.yaml" for name in ("express", "django", "spring")},
}
SESSIONS = "/api/v1/sessions"

# Guessed and right, though the person who wrote the contract left it out or said it otherwise.
ALSO_RIGHT: dict[str, set[Atom]] = {
    "fm-session-service": {  # the session in these answers shows how many messages it has
        (operation, "count", "$response.body#/message_count")
        for operation in (f"POST {SESSIONS}", f"GET {SESSIONS}/{{session_id}}", f"PUT {SESSIONS}/{{session_id}}")
    },
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
    "other-server": {
        *("identity.bearer.login", "foreign", "gone", "unknown", "no_session", "invalid", "slash", "ids.format"),
        *("ids.minimum_bits", "assistant", "life.kind", "life.default", "life.minimum", "life.maximum"),
        *("life.outside", "life.refreshed_by", "life.not_refreshed_by", "resume.changes", "resume.expired"),
        *("list.scope", "clear.keeps", "delete.keeps", "cases.lifetime"),
        *("uploads.same_name", "uploads.digest", "uploads.maximum"),
    },
    "express": {"resume.scope"},
}
READ_AND_CHANGE = ("GET /v2/conversations/{id}", "PATCH /v2/conversations/{id}")
MISSED_PLACES = {
    "other-server": {
        *(("GET /v2/turns", "each.message"), ("POST /v2/turns", "message"), ("POST /v2/turns", "idempotency_key")),
        *(("POST /v2/conversations/{id}/files", key) for key in ("digest", "size", "time")),
        *((operation, "current_case") for operation in ("POST /v2/conversations", *READ_AND_CHANGE)),
    },
}
MISSED_OPERATIONS = {  # names that are nobody else's: ask, topics, forget; and lists of files, in words of its own
    "other-server": {
        *("POST /v2/ask", "POST /v2/topics", "GET /v2/topics", "GET /v2/topics/{ref}"),
        *("POST /v2/conversations/{id}/forget", "GET /v2/conversations/{id}/files"),
        "GET /v2/conversations/{id}/files/{file}",
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
    if name == "fm-session-service":
        with bundled_server(name) as url:
            return httpx.get(f"{url}/openapi.json").json()
    if name == "other-server":
        return plain(read_source(BY_HAND[name]).document)
    return read_source(DOCUMENTS / f"{name}.yaml").document


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
