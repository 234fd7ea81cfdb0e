"""Timed checks: they wait for moments of a session's life, all of them together."""

from sessionproof.timed.life import Life, Lives
from sessionproof.timed.moments import Moments, Stopped

__all__ = ["Life", "Lives", "Moments", "Stopped"]
