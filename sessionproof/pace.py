"""At most so many requests a second."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Pace"]


class Pace:
    """Lets callers through at least `1 / per_second` seconds apart; without a limit, at once."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Return when it is the caller's turn. For one event loop only."""
        if not self._gap:
            return
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap
        await asyncio.sleep(mine - now)
