"""A session's life is asked for in minutes, and lies within limits."""

from dataclasses import dataclass
from datetime import timedelta

from .errors import invalid


@dataclass(frozen=True, slots=True)
class Lives:
    """Which lengths of life there are. All but `minute` are in minutes; `minute` is in seconds."""

    default: float = 180
    maximum: float = 480
    minimum: float = 1
    minute: float = 60

    def minutes(self, requested: float | None) -> float:
        """The length in force: what is requested, or else the default. Refuses what is out of range."""
        if requested is None:
            return self.default
        if not self.minimum <= requested <= self.maximum:
            raise invalid(f"timeout_minutes: must be between {self.minimum:g} and {self.maximum:g}")
        return requested

    def length(self, minutes: float) -> timedelta:
        """How long so many minutes of life last."""
        return timedelta(seconds=minutes * self.minute)
