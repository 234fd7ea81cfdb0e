"""What was said and answered in a run: one event per call, one JSON line each (docs/history.md)."""

from sessionproof.history.event import Event, Header
from sessionproof.history.recorder import Recorder

__all__ = ["Event", "Header", "Recorder"]
