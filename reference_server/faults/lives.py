"""Faults in when a life ends, and in what ends with it: by its end, its default, its neighbours, its children."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ..core import Core, Operation
from ..errors import RefusalError
from ..model import Created, NewSession, Session, Upload
from .registry import fault
from .tools import nth

WRITES = ("update", "add_message")
FAULTMAVEN = ("faultmaven",)


def tenth(core: Core, session: Session) -> timedelta:
    """A tenth of the session's life."""
    return core.lives.length(session.minutes) / 10


@fault("F-EXP-30", "EXP-02 EXP-03 EXP-04 EXP-13", "A session is gone when nine tenths of its life are over.")
class DiesEarly(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return self.clock.now() < session.expires_at - tenth(self, session)


@fault(
    "F-EXP-31",
    "EXP-02",
    "In the last tenth of its life a session can be read, and no longer written to.",
    conditional=True,
)
class EndsInSilence(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        left = session.expires_at - self.clock.now()
        return super().alive(session, operation) and (operation not in WRITES or left > tenth(self, session))


@fault(
    "F-EXP-32",
    "EXP-03 EXP-02",
    "Where nobody asks for a life and no client is named, the default is a tenth too short.",
    conditional=True,
)
class ShorterDefault(Core):
    def minutes(self, wanted: NewSession) -> float:
        minutes = super().minutes(wanted)
        asked = wanted.metadata.get("timeout_minutes") is not None or wanted.client_id is not None
        return minutes if asked else minutes * 0.9


@fault(
    "F-EXP-33",
    "EXP-04 EXP-13",
    "A life that is longer than the default is shown, and ends with the default.",
    conditional=True,
)
class LongOnesAreCut(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        begun = session.expires_at - self.lives.length(session.minutes)
        longest = self.lives.length(min(session.minutes, self.lives.default))
        return self.clock.now() < begun + longest


@fault("F-EXP-34", "EXP-07", "Every second reading of a session renews its life.", conditional=True)
class SecondReadRenews(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session = await super().read(user, session_id)
        if nth(self, "read", session_id) % 2 == 0:
            expires_at = self.expiry(session.minutes, self.clock.now())
            await self.keep(replace(session, expires_at=expires_at), "read")
        return session


@fault(
    "F-EXP-35",
    "EXP-09",
    "Expired sessions stay in the list as long as their user has one that lives.",
    conditional=True,
)
class GhostsInCompany(Core):
    async def living(self, user: str) -> Sequence[Session]:
        here = list(await self.store.listed(user))
        return here if any(self.alive(session, "list") for session in here) else []


@fault("F-EXP-36", "EXP-11 EXP-01", "The files of an expired session can still be listed.", contracts=FAULTMAVEN)
class FilesOutlive(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation == "uploads" or super().alive(session, operation)


@fault(
    "F-EXP-37",
    "EXP-11 RES-07",
    "The session that follows an expired one of its client takes over its files.",
    conditional=True,
    contracts=FAULTMAVEN,
)
class FilesAreHandedDown(Core):
    async def create(self, user: str, wanted: NewSession) -> Created:
        left: tuple[Upload, ...] = ()
        if wanted.client_id is not None:
            bound = await self.store.bound(self.key(user, wanted.client_id))
            old = None if bound is None else await self.find(bound)
            left = old.uploads if old is not None and not self.alive(old, "resume") else ()
        created = await super().create(user, wanted)
        if created.resumed or not left:
            return created
        return Created(await self.keep(replace(created.session, uploads=left), "create"), resumed=False)


@fault("F-EXP-38", "EXP-12", "A heartbeat says of an expired session another reason than the rest.", conditional=True)
class HeartbeatKnowsWhy(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if operation == "heartbeat" and session is not None and session.user_id == user:
            raise RefusalError("case_not_found", "The session is over.")
        return await super().missing(user, session_id, operation)


@fault("F-EXP-39", "EXP-14", "A heartbeat renews all sessions of its user.")
class AllAreRenewed(Core):
    async def heartbeat(self, user: str, session_id: str) -> Session:
        beaten = await super().heartbeat(user, session_id)
        for other in await self.living(user):
            expires_at = self.expiry(other.minutes, self.clock.now())
            await self.keep(replace(other, expires_at=expires_at), "heartbeat")
        return beaten


@fault(
    "F-EXP-40",
    "EXP-14 EXP-02",
    "Deleting a session halves what the user's other sessions have left.",
    conditional=True,
)
class DeleteShortens(Core):
    async def delete(self, user: str, session_id: str) -> None:
        await super().delete(user, session_id)
        for other in await self.living(user):
            left = other.expires_at - self.clock.now()
            await self.keep(replace(other, expires_at=self.clock.now() + left / 2), "delete")


@fault(
    "F-EXP-41",
    "CON-03 EXP-06",
    "A heartbeat in the last second of a life is acknowledged, and comes too late.",
    conditional=True,
)
class LateBeatIsLost(Core):
    async def heartbeat(self, user: str, session_id: str) -> Session:
        session = await self.usable(user, session_id, "heartbeat")
        if session.expires_at - self.clock.now() > timedelta(seconds=1):
            return await super().heartbeat(user, session_id)
        return self.renewed(session, self.clock.now())
