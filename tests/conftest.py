"""Fixtures for all tests, and what holds for every process that they start."""

import signal

from tests.redis_server import kept, redis_server

__all__ = ["kept", "redis_server"]

# A shell has what it puts into the background ignore Ctrl-C, and whatever that starts inherits it; some tests send one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
