"""Faults that only an outage of the session store shows: what failed is told as something else."""

from collections.abc import Sequence

from ..core import Core
from ..errors import UnavailableError
from ..model import Created, NewSession, Session
from .registry import AGENTIC, FM_SESSION, WITH_RESUMPTION, fault
from .tools import memory


@fault(
    "F-SEC-03",
    "SEC-06",
    "While the store fails, every session that is read is answered to be not found.",
    contracts=WITH_RESUMPTION,
)
class OutageIsNotFound(Core):
    async def find(self, session_id: str) -> Session | None:
        try:
            return await super().find(session_id)
        except UnavailableError:
            return None


@fault(
    "F-SEC-60", "SEC-06", "While the store fails, lists are empty.", conditional=True, contracts=(FM_SESSION, AGENTIC)
)
class OutageEmptiesLists(Core):
    async def living(self, user: str) -> Sequence[Session]:
        try:
            return await super().living(user)
        except UnavailableError:
            return []


@fault(
    "F-SEC-61", "SEC-06", "While the store fails, a heartbeat is acknowledged, and renews nothing.", conditional=True
)
class OutageAcknowledgesHeartbeats(Core):
    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        if session is not None:
            memory(self, "found")[session_id] = session
        return session

    async def heartbeat(self, user: str, session_id: str) -> Session:
        try:
            return await super().heartbeat(user, session_id)
        except UnavailableError:
            session: Session | None = memory(self, "found").get(session_id)
            if session is None:
                raise
            return self.renewed(session, self.clock.now())


@fault(
    "F-SEC-62",
    "SEC-06",
    "While the store fails, a create is answered with a new session, which is kept nowhere.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class OutageInventsSessions(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        try:
            return await super().create(user, wanted)
        except UnavailableError:
            return Created(self.born(user, wanted, self.minutes(wanted)), resumed=False)


@fault(
    "F-SEC-63",
    "SEC-06",
    "A process that has seen the store fail takes clients from before for new ones.",
    conditional=True,
    contracts=WITH_RESUMPTION,
)
class OutageForgetsClients(Core):
    async def find(self, session_id: str) -> Session | None:
        try:
            return await super().find(session_id)
        except UnavailableError:
            memory(self, "outage")["seen"] = self.clock.now()
            raise

    async def resumable(self, user: str, wanted: NewSession) -> Session | None:
        session, seen = await super().resumable(user, wanted), memory(self, "outage").get("seen")
        return session if session is None or seen is None or session.created_at > seen else None
