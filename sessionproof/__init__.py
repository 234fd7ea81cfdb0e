"""Proves that a session API resumes the right session, keeps sessions apart, and ends them on time."""

__version__ = "0.1.0"
