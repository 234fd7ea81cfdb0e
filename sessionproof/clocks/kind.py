"""What a clock is: times in seconds, how exactly a life's end can be told by it, and whether we move it."""

from __future__ import annotations

import re
import time
from typing import Protocol

from sessionproof.errors import TargetError

__all__ = ["Clock", "ClockError", "Passing", "without_credentials"]


class ClockError(TargetError):
    """The clock can't be read or moved."""


class Clock(Protocol):
    """Seconds of the deployment's time, which is the monotonic clock's plus `shift`."""

    name: str  # as --clock names it
    jumps: bool  # whether we move it; else it passes by itself
    scale: float  # seconds on this clock for each second that the contract speaks of
    tolerance: float  # seconds before and after a life's end in which nothing can be told
    tells: bool  # whether the times that the deployment shows go by this clock
    shift: float

    def now(self) -> float: ...

    def jump(self, seconds: float) -> None:
        """The deployment is `seconds` later. Raises ClockError when it can't be moved."""

    def in_shell(self, seconds: float) -> str:
        """A line of shell after which it is `seconds` later."""

    def close(self) -> None: ...


class Passing:
    """Time that passes by itself; a second of the contract lasts `scale` seconds of it."""

    jumps = False
    tells = True
    shift = 0.0

    def __init__(self, name: str = "wall", scale: float = 1.0, tolerance: float = 1.0) -> None:
        self.name, self.scale, self.tolerance = name, scale, tolerance

    def now(self) -> float:
        return time.monotonic()

    def jump(self, seconds: float) -> None:
        raise ClockError(f"the clock {self.name} can't be moved")

    def in_shell(self, seconds: float) -> str:
        return f"sleep {seconds:.1f}"

    def close(self) -> None:
        return None


def without_credentials(text: str) -> str:
    """A clock as it is named, fit to be shown: a URL in it names no user and no password."""
    return re.sub(r"(?<=://)[^/,\s]*@", "", text)
