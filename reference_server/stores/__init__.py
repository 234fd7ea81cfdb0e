"""Where sessions are kept: in this process, or in a Redis that several processes share."""

from ..clock import Clock, ControlledClock, SystemClock
from ..settings import Settings
from .memory import MemoryStore
from .store import Store

__all__ = ["MemoryStore", "Store", "open_clock", "open_store"]


def open_store(settings: Settings, clock: Clock) -> Store:
    """The store that the settings name. A Redis that can't be reached is told by the calls that need it."""
    if settings.redis_url is None:
        return MemoryStore()
    from .database import Database  # only here: without Redis the server starts sooner
    from .redis import RedisStore

    return RedisStore(Database(settings.redis_url, settings.redis_prefix), clock)


def open_clock(settings: Settings, name: str) -> Clock:
    """The system's clock, or one that tests control; on a shared store they control it for all its processes."""
    if name == "real":
        return SystemClock()
    if settings.redis_url is None:
        return ControlledClock()
    from .database import Database
    from .shared_clock import SharedClock

    return SharedClock(Database(settings.redis_url, settings.redis_prefix))
