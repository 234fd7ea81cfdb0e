"""Fixtures for all tests."""

from tests.redis_server import kept, redis_server

__all__ = ["kept", "redis_server"]
