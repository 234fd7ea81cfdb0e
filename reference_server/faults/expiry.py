"""Faults in how long a session lives."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from starlette.requests import Request

from ..core import Core, Operation
from ..model import NewSession, Session, Status
from ..routes.fm_session_service import FmSessionService
from .registry import fault


@fault(
    "F-EXP-01",
    "EXP-04 EXP-13",
    "The length of life asked for is stored and shown, but the default is enforced.",
)
class DefaultEnforced(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        begun = session.expires_at - self.lives.length(session.minutes)
        return self.clock.now() < begun + self.lives.length(self.lives.default)


@fault(
    "F-EXP-02",
    "EXP-01 EXP-13",
    "Idle time is counted in whole minutes: a session lives up to a minute too long.",
    conditional=True,
)
class WholeMinutes(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        begun = session.expires_at - self.lives.length(session.minutes)
        return (self.clock.now() - begun) // self.lives.length(1) <= session.minutes


@fault("F-EXP-03", "EXP-07", "Reading a session renews its life.")
class ReadRenews(Core):
    async def read(self, user: str, session_id: str) -> Session:
        session = await super().read(user, session_id)
        expires_at = self.expiry(session.minutes, self.clock.now())
        await self.keep(replace(session, expires_at=expires_at), "read")
        return session


@fault("F-EXP-05", "EXP-06", "A heartbeat moves the last activity, but not the life.")
class HeartbeatOnlyTouches(Core):
    def renewed(self, session: Session, now: datetime) -> Session:
        return replace(super().renewed(session, now), expires_at=session.expires_at)


@fault("F-EXP-06", "EXP-06", "A heartbeat adds a whole life to what is left of the old one.")
class HeartbeatAdds(Core):
    def renewed(self, session: Session, now: datetime) -> Session:
        longer = session.expires_at + self.lives.length(session.minutes)
        return replace(super().renewed(session, now), expires_at=longer)


@fault(
    "F-EXP-07",
    "EXP-08 EXP-01",
    "A heartbeat to an expired session that hasn't been swept yet revives it.",
    conditional=True,
)
class HeartbeatRevives(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation == "heartbeat" or super().alive(session, operation)


@fault(
    "F-EXP-08",
    "EXP-08 EXP-01 MSG-01",
    "A message to an expired session makes an empty session of that id.",
    conditional=True,
)
class MessageRecreates(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        old = await self.find(session_id)
        if old is None or operation != "add_message" or not self.owns(user, old, operation):
            return await super().missing(user, session_id, operation)
        again = replace(self.born(user, NewSession(), self.lives.default), session_id=session_id)
        await self.enter(again)
        return again


@fault("F-EXP-11", "EXP-09 LIF-06", "Expired sessions stay in the list and in its total.")
class ListShowsGhosts(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation in ("list", "sweep") or super().alive(session, operation)


@fault(
    "F-EXP-12",
    "EXP-01",
    "Expiry is checked for the session itself; its messages can still be listed and added to.",
    conditional=True,
)
class MessagesOutliveExpiry(Core):
    def alive(self, session: Session, operation: Operation) -> bool:
        return operation in ("messages", "add_message") or super().alive(session, operation)


@fault(
    "F-EXP-14",
    "EXP-02 EXP-06 EXP-09 CON-03",
    "The sweeper counts from the creation: a session dies one life after it, however active it is.",
    conditional=True,
)
class SweepsByAge(Core):
    async def find(self, session_id: str) -> Session | None:
        session = await super().find(session_id)
        if session is None or not self.overdue(session):
            return session
        await self.store.sweep(self.overdue)
        return None

    async def living(self, user: str) -> Sequence[Session]:
        await self.store.sweep(self.overdue)
        return await super().living(user)

    def overdue(self, session: Session) -> bool:
        return self.clock.now() >= self.expiry(session.minutes, session.created_at)


@fault(
    "F-EXP-15",
    "EXP-12 EXP-01",
    "An expired session is read with 200 and the status 'expired', and a message to it is answered 500.",
)
class SaysExpired(Core):
    async def missing(self, user: str, session_id: str, operation: Operation) -> Session:
        session = await self.find(session_id)
        if session is not None and self.owns(user, session, operation):
            if operation == "read":
                return replace(session, status=cast("Status", "expired"))
            if operation == "add_message":
                raise RuntimeError("the session is over")
        return await super().missing(user, session_id, operation)


@fault("F-EXP-20", "EXP-05", "A life longer than the maximum is accepted, and enforced.", conditional=True)
class NoMaximum(Core):
    def minutes(self, wanted: NewSession) -> float:
        requested: float = wanted.metadata.get("timeout_minutes") or 0
        return requested if requested > self.lives.maximum else super().minutes(wanted)

    def expiry(self, minutes: float, now: datetime) -> datetime:
        return super().expiry(min(minutes, 1e8), now)


@fault(
    "F-EXP-21",
    "EXP-05",
    "A life of 0 minutes is taken for none asked for: the default applies.",
    conditional=True,
)
class ZeroIsNothing(Core):
    def minutes(self, wanted: NewSession) -> float:
        return self.lives.minutes(wanted.metadata.get("timeout_minutes") or None)


@fault("F-EXP-22", "EXP-05", "A length of life in quotes is read as a number.", conditional=True)
class NumbersInQuotes(FmSessionService):
    async def json(self, request: Request, *, required: bool) -> Any:
        sent = await super().json(request, required=required)
        with suppress(ValueError, TypeError, KeyError):
            if isinstance(sent["metadata"]["timeout_minutes"], str):
                sent["metadata"]["timeout_minutes"] = float(sent["metadata"]["timeout_minutes"])
        return sent


@fault("F-EXP-23", "EXP-05 EXP-14", "A life of less than nothing never ends.", conditional=True)
class NegativeIsForever(Core):
    def minutes(self, wanted: NewSession) -> float:
        requested: float = wanted.metadata.get("timeout_minutes") or 0
        return requested if requested < 0 else super().minutes(wanted)

    def expiry(self, minutes: float, now: datetime) -> datetime:
        return now + timedelta(days=100_000) if minutes < 0 else super().expiry(minutes, now)


@fault("F-EXP-24", "EXP-05", "A length of life that is out of range is ignored: the default applies.")
class OutOfRangeIgnored(Core):
    def minutes(self, wanted: NewSession) -> float:
        requested: float = wanted.metadata.get("timeout_minutes", self.lives.default)
        return super().minutes(wanted) if self.lives.minimum <= requested <= self.lives.maximum else self.lives.default
