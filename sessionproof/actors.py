"""Actors: who speaks to the API, and the canaries by which their words are known again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["MARKER", "Actor", "Canaries", "new_marker"]

# Lower-case letters and digits only: survives URLs, JSON, HTML, changes of case and Unicode normalisation.
MARKER = re.compile(r"zq[0-9a-f]{12}")
_MARKER_BYTES = re.compile(MARKER.pattern.encode())


def new_marker() -> str:
    """A canary that nobody else has."""
    return "zq" + secrets.token_hex(6)


@dataclass(frozen=True)
class Actor:
    """A user identity, a client id, and a canary that every text of this actor carries.

    `user` is what the identity channel names; None sends no identity at all. `secret` is a credential that stands for
    the user on the wire (a bearer token); it is never recorded.
    """

    name: str
    user: str | None
    client: str = ""
    marker: str = field(default_factory=new_marker)
    secret: str = ""

    def text(self, about: str = "text") -> str:
        """A text that nobody has sent before and that shows whose it is."""
        return f"{about} {self.marker} {secrets.token_hex(4)}"


class Canaries:
    """Every canary of a run and whose it is; finds those that don't belong to the reader."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._said: dict[str, set[str]] = {}  # by the reader's canary: the canaries that it has sent itself

    def add(self, actor: Actor) -> None:
        self._owners[actor.marker] = actor.name
        self._said.setdefault(actor.marker, {actor.marker})

    def foreign(self, reader: Actor, sent: Iterable[bytes], received: Iterable[bytes]) -> tuple[str, ...]:
        """Names of the actors whose canaries are in `received`, but neither the reader's own nor ever sent by it."""
        said = self._said.setdefault(reader.marker, {reader.marker})
        said |= self._in(sent)
        return tuple(sorted({self._owners[marker] for marker in self._in(received) - said}))

    def _in(self, parts: Iterable[bytes]) -> set[str]:
        found = set(_MARKER_BYTES.findall(b"\n".join(parts).lower()))
        return {marker for marker in map(bytes.decode, found) if marker in self._owners}
