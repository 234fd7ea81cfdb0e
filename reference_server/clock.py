"""Time never goes back: a session's life must not depend on somebody setting the system's clock."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

LONGEST_JUMP = 10_000_000_000.0  # seconds in all; keeps every time far from the calendar's end


class Clock(Protocol):
    """Tells aware UTC times; each is at least as late as the one before."""

    def now(self) -> datetime: ...


class SystemClock:
    """Starts at the system's time and then follows its monotonic clock."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._zero)


class ControlledClock:
    """Another clock, plus all the jumps that were asked for. Only for tests."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base = base or SystemClock()
        self.advanced = 0.0

    def now(self) -> datetime:
        return self._base.now() + timedelta(seconds=self.advanced)

    def advance(self, seconds: float) -> None:
        """Jump forward. Raises ValueError for a jump back, or beyond the longest jump in all."""
        if not 0 <= seconds <= LONGEST_JUMP - self.advanced:
            raise ValueError("a clock can only be advanced, and not without end")
        self.advanced += seconds
