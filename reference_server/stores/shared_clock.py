"""A clock that tests control, for all processes on one store."""

from ..clock import LONGEST_JUMP, ControlledClock, cannot_jump
from .database import Database
from .scripts import JUMP


class SharedClock(ControlledClock):
    """The system's clock plus the jumps of every process that shares the store."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self._jump = database.client.register_script(JUMP)

    async def catch_up(self) -> None:
        ahead = await self.database.ask(self.database.client.get(f"{self.database.prefix}clock"))
        self.advanced = max(self.advanced, int(ahead or 0) / 1e6)

    async def jump(self, seconds: float) -> None:
        if not 0 <= seconds <= LONGEST_JUMP:
            raise cannot_jump()
        micros, most = round(seconds * 1e6), round(LONGEST_JUMP * 1e6)
        if await self.database.ask(self._jump(args=[self.database.prefix, micros, most])) is None:
            raise cannot_jump()
        await self.catch_up()
