"""Where generated requests are cast, sent and looked at, one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sessionproof.caller import Caller, SetUpFailed
from sessionproof.expect import Expect, Unproven, Violation
from sessionproof.fuzz.casting import Cast, Casting, Role
from sessionproof.fuzz.looks import LOOKS, Look
from sessionproof.fuzz.tally import Found, Tally
from sessionproof.run import CURRENT, Run, Talk
from sessionproof.state import snapshot
from sessionproof.wire import Reply, Request

if TYPE_CHECKING:
    from schemathesis import Case

__all__ = ["Heard", "Stage"]

_KEPT = 20_000  # replies, from which the calls that show a finding are taken
_FIRST_LOOKS = 5
_LAST_CALLS = 8  # that are shown with a finding
_OWN_SHARE = 0.4  # of refusable requests on an own session, before which its owner looks


@dataclass(frozen=True)
class Heard:
    """A generated request's answer, and how it was cast."""

    cast: Cast
    reply: Reply
    before: dict[str, Any] | None = None
    known: bool = False  # whether the session of the answer was known before
    young: bool = False  # whether the session of the request had just been made


@dataclass
class Stage:
    """One exploration's state. Used by one thread at a time."""

    run: Run
    wanted: frozenset[str]  # requirements
    looks: float  # how many answers of a hundred may be followed by calls of our own
    tally: Tally = field(default_factory=Tally)
    heard: dict[str, Heard] = field(default_factory=dict)  # by the id of a Schemathesis case, of the scenario under way
    on_found: Callable[[Found, Cast], None] = lambda found, cast: None
    began: float = field(default_factory=time.monotonic)
    _generated: int = 0
    _looked: int = 0

    def __post_init__(self) -> None:
        self.log: list[Reply] = []
        self._talk = Talk("fuzz", self.log)
        self.enter()
        self.casting = Casting(self.run)

    def enter(self) -> None:
        """Have the calls of this thread in the log; Schemathesis calls from threads of its own."""
        CURRENT.set(self._talk)

    @property
    def owner(self) -> Caller:
        return self.casting.owner

    def send(self, case: Case[Any], request: Callable[[Cast], Request]) -> Reply:
        """Cast the case, send it, and note what came back."""
        self.enter()
        cast = self._cast(case)
        heard = self.sent(cast, request(cast))
        self.heard[case.id] = heard
        return heard.reply

    def _cast(self, case: Case[Any]) -> Cast:
        try:
            return self.casting.cast(case)
        except SetUpFailed:
            return Cast(Role.ANY, self.owner.actor)  # the request goes out as it was generated

    def sent(self, cast: Cast, request: Request, *, surely: bool = False) -> Heard:
        """Send a request; with `surely`, its session is looked at before, whatever the chances and the budget are."""
        self._generated += 1
        if cast.session and str(request.session or "") != cast.session:
            cast = replace(cast, role=Role.ANY)  # there was no place for it in what was generated
        before = self._before(cast, request, surely)
        reply = self.run.sender.wait_for(self.run.send(request))
        known = reply.session in self.casting.sessions.known
        young = self.casting.sessions.is_young(reply)
        self.casting.sessions.notice(reply)
        del self.log[:-_KEPT]
        return Heard(cast, reply, before, known, young)

    def _before(self, cast: Cast, request: Request, surely: bool) -> dict[str, Any] | None:
        harmless = request.method in ("GET", "HEAD") or not self.run.contract.has("read")
        if harmless or cast.role not in (Role.STRANGER, Role.NOBODY, Role.OWN):
            return None
        if not surely and cast.role is Role.OWN and self.casting.chance.random() > _OWN_SHARE:
            return None
        if not surely and not self.may_look_further():
            return None
        try:
            return snapshot(self.owner, cast.session, moving=cast.role is not Role.OWN)
        except (SetUpFailed, Unproven):
            return None

    def may_look_further(self) -> bool:
        if self._looked > _FIRST_LOOKS + self._generated * self.looks / 100:
            return False
        self._looked += 1
        return True

    def again(self, cast: Cast, reply: Reply) -> tuple[Reply, dict[str, Any]]:
        fresh = self.casting.sessions.made().session
        before = snapshot(self.owner, fresh, moving=cast.role is not Role.OWN)
        request = _about(reply.request, cast.session, fresh)
        return self.run.sender.wait_for(self.run.send(request)), before

    def look(self, heard: Heard) -> list[Found]:
        """What is wrong with an answer, by the looks that are about it; all of it is in the tally."""
        self.enter()
        return [found for look in LOOKS if (found := self._one(look, heard)) is not None]

    def _one(self, look: Look, heard: Heard) -> Found | None:
        if not look.about(heard.cast, heard.reply):
            return None
        requirement, expect = look.which(heard.reply), Expect()
        if requirement and requirement not in self.wanted:
            return None
        try:
            look.holds(_Scene(self, heard.before, heard.known), heard.cast, heard.reply, expect)
        except Violation as violation:
            return self.found(look.name, requirement, violation, heard)
        except (SetUpFailed, Unproven):
            expect.leave_undecided()
        finally:
            self.tally.add(look.name, requirement, expect)
        return None

    def found(self, check: str, requirement: str, violation: Violation, heard: Heard) -> Found:
        reply = violation.reply or heard.reply
        calls = tuple(self._about_the_same(reply, violation.shows_later))
        elapsed = time.monotonic() - self.began
        found = Found(check, requirement, violation, calls, elapsed, self.run.recorder.count)
        if self.tally.report(found):
            self.on_found(found, heard.cast)
        return found

    def _about_the_same(self, reply: Reply, shows_later: bool) -> Iterable[Reply]:
        """The calls that concern the session of `reply`: how it began, whether it ended, the last until `reply`, and
        what came after it where that shows it."""
        place = next((n for n in range(len(self.log) - 1, -1, -1) if self.log[n] is reply), len(self.log) - 1)
        session = str(reply.request.session or "")
        until = len(self.log) if shows_later else place + 1
        mine = [one for one in self.log[:until] if one is reply or (session and _concerns(one, session))]
        recent = {id(one) for one in mine[-_LAST_CALLS:]} | {id(reply)}
        return [
            one for one in mine if id(one) in recent or one.request.binding.operation in ("login", "create", "delete")
        ]


@dataclass(frozen=True)
class _Scene:
    stage: Stage
    before: dict[str, Any] | None
    known: bool

    @property
    def owner(self) -> Caller:
        return self.stage.owner

    def was_known(self, session: str) -> bool:
        return self.known

    def may_look_further(self) -> bool:
        return self.stage.may_look_further()

    def again(self, cast: Cast, reply: Reply) -> tuple[Reply, dict[str, Any]]:
        return self.stage.again(cast, reply)


def _concerns(reply: Reply, session: str) -> bool:
    return session in (reply.request.session, reply.session) or quote(session, safe="") in reply.request.target


def _about(request: Request, session: str, other: str) -> Request:
    """The same request about another session."""
    in_url, other_in_url = quote(session, safe=""), quote(other, safe="")
    values = {name: other if value == session else value for name, value in request.values.items()}
    headers: Sequence[tuple[str, str]] = [(name, value.replace(session, other)) for name, value in request.headers]
    content = request.content.replace(session.encode(), other.encode())
    return replace(
        request,
        target=request.target.replace(in_url, other_in_url),
        headers=tuple(headers),
        content=content,
        values=values,
    )
