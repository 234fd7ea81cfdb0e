"""The one recorder: every call of every lens becomes an event, and a line if a file is wanted."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from sessionproof.contract.expressions import ABSENT
from sessionproof.errors import UsageError
from sessionproof.history.event import Event, Header
from sessionproof.history.redact import Redactor
from sessionproof.wire.reply import Reply

__all__ = ["Recorder"]


class Recorder:
    """Counts calls, turns each into a redacted Event, and appends it to a file. Safe to call from any thread."""

    def __init__(
        self, redactor: Redactor, file: Path | None = None, header: Header | None = None, *, joins: bool = False
    ) -> None:
        self.clock = header.clock if header else secrets.token_hex(4)
        self.count = 0
        self._redactor = redactor
        self._lock = threading.Lock()
        self._encode = msgspec.json.Encoder().encode
        self._out: IO[bytes] | None = None
        if file is not None:
            self._out = _open(file, "ab" if joins else "wb")
            if not joins:
                self._out.write(self._encode(header) + b"\n")

    def record(self, reply: Reply, t0: float, t1: float, *, check: str = "", shift: float = 0.0) -> Event:
        """The event of `reply`, written out before this returns."""
        with self._lock:
            self.count += 1
            event = self._event(self.count, reply, t0, t1, check, shift)
            if self._out is not None:
                self._out.write(self._encode(event) + b"\n")
        return event

    def shown(self, reply: Reply) -> Event:
        """The event of a reply for showing it again, on the run's own clock; nothing is recorded."""
        return self._event(0, reply, reply.began, reply.ended, "", 0.0)

    def close(self) -> None:
        """Everything recorded is in the file afterwards. May be called twice."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _event(self, n: int, reply: Reply, t0: float, t1: float, check: str, shift: float) -> Event:
        request = reply.request
        return Event(
            n=n,
            t0=round(t0, 6),
            t1=round(t1, 6),
            clock=self.clock,
            actor=request.actor.name,
            op=request.binding.operation,
            call=request.binding.name,
            session=str(self._redactor.value("session", request.session or reply.session)),
            client=str(self._redactor.value("client", request.values.get("client") or "")),
            node=request.node,
            sent={name: self._redactor.value(name, value) for name, value in request.values.items()},
            status=reply.status,
            got=self._got(reply),
            failure=self._redactor.text(reply.answer.failure),
            injected=reply.answer.injected or reply.unsent,
            leaks=list(reply.leaks),
            check=check,
            user=str(self._redactor.value("user", request.user)),
            shift=round(shift, 6) or 0,  # the default itself, which is left out
            odd=request.odd,
        )

    def _got(self, reply: Reply) -> dict[str, Any]:
        if not reply.ok:
            return {} if reply.reason is ABSENT else {"reason": self._redactor.value("reason", reply.reason)}
        binding = reply.request.binding
        got = {name: reply[name] for name in binding.returns}
        got |= {name: [dict(item) for item in reply.items(name) or ()] for name in binding.lists}
        return {name: self._redactor.value(name, value) for name, value in got.items() if value is not ABSENT}


def _open(file: Path, mode: str) -> IO[bytes]:
    try:
        return cast("IO[bytes]", file.open(mode, buffering=0))
    except OSError as error:
        raise UsageError(f"--history {file}: can't be written ({error.strerror})") from error
