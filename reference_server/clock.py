"""What time it is, by the system or by a test. Lives are measured with nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

LONGEST_JUMP = 10_000_000_000.0  # seconds in all; keeps every time far from the calendar's end


class Clock(Protocol):
    """Tells aware UTC times."""

    def now(self) -> datetime: ...


class SystemClock:
    """The system's time, in UTC whatever its zone is. If somebody sets it, lives follow."""

    def now(self) -> datetime:
        return datetime.now(UTC)


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
            raise cannot_jump()
        self.advanced += seconds

    async def jump(self, seconds: float) -> None:
        """Jump forward, and so does every process that shares this clock. Raises ValueError like `advance`."""
        self.advance(seconds)

    async def catch_up(self) -> None:
        """Hear of the jumps that other processes made."""


def cannot_jump() -> ValueError:
    return ValueError("a clock can only be advanced, and not without end")
