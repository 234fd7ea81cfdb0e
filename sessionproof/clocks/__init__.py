"""Clocks by which the end of a session's life can be seen: time that passes, or time that is moved."""

from sessionproof.clocks.choice import CLOCKS, clock_named
from sessionproof.clocks.kind import Clock, ClockError, without_credentials

__all__ = ["CLOCKS", "Clock", "ClockError", "clock_named", "without_credentials"]
