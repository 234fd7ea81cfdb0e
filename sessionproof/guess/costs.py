"""What an answer that wasn't found costs: the requirements that can't be judged without it."""

from __future__ import annotations

from collections.abc import Iterable

from sessionproof.requirements import load_requirements

__all__ = ["HINTS", "costs"]

# capability -> what declares it
HINTS = {
    "list": "an operation that does: list",
    "update": "an operation that does: update",
    "delete": "an operation that does: delete",
    "heartbeat": "an operation that does: heartbeat",
    "clear": "an operation that does: clear",
    "query": "an operation that does: query",
    "cases": "operations that do: new_case, cases and case_history",
    "stats": "an operation that does: stats",
    "health": "an operation that does: health",
    "uploads": "an operation that does: upload",
    "messages": "operations that do: add_message and messages (or messages inside read)",
    "resume": "client in the create, and resume: {scope: [user, client]} at the top",
    "timeout": "life in the create: where a length of life is asked for, and its unit",
    "title": "title: {generated_from: first user message}, if titles are made up",
    "status": "status: initial and transitions",
    "cors": "cors: {origins: ...}, if browsers call it",
    "idempotency": "idempotency_key in an operation",
    "autocreate": "autocreate: true, if an unknown id silently makes a session",
    "identity": "identity: how a caller says who it is",
}


def costs(declared: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each capability that isn't declared, the ids of the requirements that need it; the dearest first."""
    known = frozenset(declared)
    found: dict[str, tuple[str, ...]] = {}
    for name in HINTS:
        needing = tuple(row.id for row in load_requirements().values() if name in row.capabilities)
        if name not in known and needing:
            found[name] = needing
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))
