"""What the proxy can do with a request besides passing it on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Action", "Answers", "Cuts", "Holds", "Rule"]


@dataclass(frozen=True)
class Answers:
    """The proxy answers itself; the target never sees the request."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"), ("access-control-allow-origin", "*"))


@dataclass(frozen=True)
class Cuts:
    """The connection ends without an answer; the target never sees the request."""


@dataclass(frozen=True)
class Holds:
    """The target does it at once; its answer reaches the client when the rule ends."""


Action = Answers | Cuts | Holds


@dataclass
class Rule:
    """An action for the requests that do one operation, or "" for all; at most so many `times`, or always."""

    operation: str
    action: Action
    times: int | None

    def takes(self, operation: str) -> bool:
        """Whether it is for this request. Counts it."""
        if self.operation not in ("", operation) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True
