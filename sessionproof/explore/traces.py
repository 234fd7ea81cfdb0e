"""Traces: every text that is sent has a mark of its own, so that it is known wherever it shows up again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sessionproof.explore.world import Session, World
from sessionproof.wire import Reply

__all__ = ["Trace", "Traces", "marks"]

_MARK = re.compile(rb"zq[0-9a-f]{12} [0-9a-f]{8}")


def marks(content: bytes) -> set[str]:
    """The marks of all texts in `content`."""
    return {found.decode() for found in _MARK.findall(content)}


@dataclass(frozen=True)
class Trace:
    """Where a text went: into a session, as what, or, refused, into none."""

    session: Session | None
    kind: str  # said | asked | file | value
    case: str = ""
    epoch: int = 0
    refused: str = ""  # the requirement that is broken where it shows up though it was refused


class Traces:
    """Whose every mark is, and what it means to see it somewhere else."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._left: dict[str, list[Trace]] = {}

    def leave(self, content: bytes, trace: Trace) -> None:
        for mark in marks(content):
            self._left.setdefault(mark, []).append(trace)

    def stray(self, reply: Reply, user: int) -> tuple[str, str, str] | None:
        """(requirement, mark, what it is) of the first text in an answer that has nothing to do there."""
        seen = marks(reply.answer.content)
        if not seen:
            return None
        request = reply.request
        sent = marks(b"\n".join((request.content, request.target.encode(), *_values(request.headers))))
        for mark in sorted(seen - sent):
            left = self._left.get(mark)
            if left and not any(self._belongs(trace, reply, user) for trace in left):
                return self._means(left[-1], reply, user), mark, _what(left[-1])
        return None

    def _belongs(self, trace: Trace, reply: Reply, user: int) -> bool:
        session, operation = trace.session, reply.request.binding.operation
        contract = self._world.contract
        if session is None:
            return False
        own = session.user == user or contract.identity.kind == "none"
        if trace.kind == "asked" and contract.case_lifetime == "user" and own:
            return operation != "query" or self._is_remembered(trace, session, reply)
        if trace.kind == "file" and own and "uploads" in (contract.delete_keeps or ()):
            return True
        if session.dead:
            return False
        if operation in ("list", "stats"):
            return own or contract.list_scope == "all"
        if session.id not in (reply.request.session, reply.session):
            return False
        if not reply.ok:
            return own
        return operation != "query" or self._is_remembered(trace, session, reply)

    def _is_remembered(self, trace: Trace, session: Session, reply: Reply) -> bool:
        """Whether an assistant may know of it: said since the last clear and, where there are cases, in this one."""
        if trace.kind in ("said", "asked") and trace.epoch < session.epoch and not self._world.contract.has("cases"):
            return False
        case = reply["case"]
        other = trace.kind == "asked" and trace.case and isinstance(case, str) and case and trace.case != case
        return not other

    def _means(self, trace: Trace, reply: Reply, user: int) -> str:
        session, operation = trace.session, reply.request.binding.operation
        if session is None:
            return trace.refused
        if session.user != user and self._world.contract.identity.kind != "none":
            return "ISO-03" if operation in ("list", "stats") else "ISO-01"
        if session.dead:
            expired = session.state.value == "expired"
            if operation in ("list", "stats"):
                return "EXP-09" if expired else "LIF-06"
            if session.id == reply.request.session:
                return "EXP-01" if expired else "LIF-05"
            if trace.kind == "file":
                return "UPL-06" if operation == "query" else "EXP-11" if expired else "UPL-05"
            return "RES-07" if expired and session.client else "RES-08" if session.client else "ISO-09"
        if session.id in (reply.request.session, reply.session):
            return "MSG-10" if trace.epoch < session.epoch else "CAS-03"
        if {"case", "upload"} & set(reply.request.values) and operation != "query":
            return "ISO-08"
        return ("UPL-06" if operation == "query" else "UPL-03") if trace.kind == "file" else "ISO-09"


def _values(pairs: Iterable[tuple[str, str]]) -> list[bytes]:
    return [value.encode("utf-8", "replace") for _, value in pairs]


def _what(trace: Trace) -> str:
    words = {"said": "a message", "asked": "a question", "file": "a file", "value": "a value"}[trace.kind]
    if trace.session is None:
        return f"{words} that was refused"
    ended = "" if trace.session.alive else f", which is {trace.session.state.value},"
    cleared = " before its last clear" if trace.epoch < trace.session.epoch else ""
    return f"{words} of session {trace.session.id}{ended}{cleared}"
