"""A run: one target, one contract, its actors, everything that was said, and what has to be cleaned up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import pairwise
from secrets import token_hex
from zlib import crc32

from sessionproof.actors import Actor, Canaries
from sessionproof.clocks import Clock
from sessionproof.contract import Binding, Contract
from sessionproof.disturbing import Disturbance
from sessionproof.effort import Effort
from sessionproof.history import Recorder
from sessionproof.history.redact import Redactor
from sessionproof.made import Made
from sessionproof.model import Rules
from sessionproof.presence import Presence, TargetLost
from sessionproof.sender import Sender
from sessionproof.talk import CURRENT, Talk
from sessionproof.users import MissingUser, signed_in, the_one_given
from sessionproof.wire import Answer, Raw, Reply, Request, build_request

__all__ = ["CURRENT", "MissingUser", "Run", "Talk", "TargetLost"]

_TIMED_AT_ONCE = 4  # calls of timed checks: with more of them under way each would take longer than it may
_SKEW = 1.0  # seconds; kept in step over a network, they differ by far less


@dataclass
class Run:
    """What the checks of one run share. Threads may use it side by side, each with a Talk of its own in `CURRENT`."""

    contract: Contract
    sender: Sender
    recorder: Recorder
    redactor: Redactor
    effort: Effort = Effort.NORMAL
    seed: int = 0
    users: tuple[Actor, ...] = ()  # given by --user; otherwise users are invented
    canaries: Canaries = field(default_factory=Canaries)
    clock: Clock | None = None  # by which the end of a session's life can be seen
    client: str = ""  # the client that is driven, in words; without one the run drives none
    again: str = ""  # the command line that begins the same run
    notes: tuple[str, ...] = ()  # what a reader of the report has to know besides
    reading_is_still: bool | None = None  # whether reading moves no times, once that was seen
    rules: Rules = field(init=False)  # by which histories are judged
    disturbance: Disturbance = field(init=False)
    _presence: Presence = field(init=False)
    _made: Made = field(default_factory=Made)
    _few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_TIMED_AT_ONCE))

    def __post_init__(self) -> None:
        self.rules = Rules.of(self.contract, scale=self.scale)
        self._presence = Presence(self.contract, self.sender)
        self.disturbance = Disturbance(self.sender, self._presence, lambda: self.clock.shift if self.clock else 0.0)

    @property
    def lost(self) -> str:
        """Why the target counts as lost, "" while it doesn't."""
        return self._presence.lost

    @lost.setter
    def lost(self, why: str) -> None:
        self._presence.lost = why

    @property
    def issued(self) -> list[str]:
        """The ids of new sessions, in the order of their issue."""
        return self._made.issued

    @property
    def invents_users(self) -> bool:
        return not self.users and self.contract.identity.invents

    @property
    def means(self) -> frozenset[str]:
        """What this run has, in the words of the requirements file."""
        found = {"users"} if self.invents_users or len(self.users) > 1 else set()
        there = {
            "clock": self.clock is not None,
            "client": bool(self.client),
            "nodes": bool(self.nodes),
            "store": all(self.disturbance.store),
        }
        return frozenset(found | {name for name, is_there in there.items() if is_there})

    @property
    def nodes(self) -> tuple[str, ...]:
        """The base URLs of the target's nodes, the target itself first; none where it is the only one."""
        return (self.sender.base_url, *self.sender.others) if self.sender.others else ()

    def in_order(self, times: Sequence[float]) -> bool:
        """Whether times that the target gave one after the other don't go back - beyond what the clocks of several
        nodes may differ by."""
        skew = _SKEW if self.nodes else 0.0
        return all(later >= earlier - skew for earlier, later in pairwise(times))

    @property
    def scale(self) -> float:
        """Seconds that pass for each second that the contract speaks of."""
        return self.clock.scale if self.clock is not None else 1.0

    @property
    def clock_jumps(self) -> bool:
        return self.clock is not None and self.clock.jumps

    @property
    def transcript(self) -> list[Reply]:
        """What the check that is running has said and heard."""
        return CURRENT.get().transcript

    def bindings(self, operation: str) -> tuple[Binding, ...]:
        """The bindings of `operation` that a check goes through: all of them, at quick effort the first."""
        return self.contract.all(operation)[: 1 if self.effort is Effort.QUICK else None]

    def on_session(self, *, writes: bool | None = None, leave_out: Iterable[str] = ()) -> tuple[Binding, ...]:
        """The bindings on one session that a check goes through, as of `Contract.on_session`; at quick effort one of
        each operation."""
        bindings = self.contract.on_session(writes=writes, leave_out=leave_out)
        if self.effort is not Effort.QUICK:
            return bindings
        return tuple({binding.operation: binding for binding in reversed(bindings)}.values())[::-1]

    def begin(self, check: str) -> random.Random:
        """Start a check: an empty transcript, and chances that depend on the seed and the check's name alone."""
        CURRENT.set(Talk(check))
        return random.Random(f"{self.seed}/{check}")  # noqa: S311

    def actor(self, name: str, user: str | None = None) -> Actor:
        """A new actor. `user` names it; without one it is invented, or taken from --user by name or in order.

        Raises MissingUser where users can neither be invented nor are left.
        """
        if self.contract.identity.kind == "none":
            actor = Actor(name, None)
        elif self.invents_users:
            actor = Actor(name, user)
            actor = actor if user else replace(actor, user=f"{name}-{actor.marker}")
            actor = signed_in(actor, self.contract, self.ask, self.redactor)
        else:
            actor = the_one_given(name, self.users, self.contract)
        actor = replace(actor, client=f"client-{actor.marker}-{token_hex(3)}")
        self.canaries.add(actor)
        return actor

    def stranger(self, user: str | None) -> Actor:
        """Somebody who sends just `user` in the identity's place, without logging in; None sends no identity."""
        actor = Actor("nobody" if user is None else "stranger", user, secret=user or "")
        self.canaries.add(actor)
        return actor

    def ask(
        self, binding: Binding, actor: Actor, values: Mapping[str, object], raw: Raw | None = None, node: str = ""
    ) -> Reply:
        """Send one request, to the `node` that is named, and wait for its answer; it is recorded, and scanned for
        canaries.

        Raises TargetLost once the target, or one node of it, has stopped answering.
        """
        request = build_request(self.contract, binding, actor, values, raw)
        return self.sender.wait_for(self.send(replace(request, node=node)))

    def in_turn(self, request: Request) -> Request:
        """The request with the node whose turn it is; which one is the first of a check depends on the seed."""
        if not self.nodes or request.node:
            return request
        talk = CURRENT.get()
        first = crc32(f"{self.seed}/{talk.check}".encode())
        return replace(request, node=self.nodes[(first + next(talk.turns)) % len(self.nodes)])

    async def send(self, request: Request) -> Reply:
        if self.lost:
            raise TargetLost(self.lost)
        request, name = self.in_turn(request), request.binding.name
        if self._presence.never_answers(request.node, name):
            why = f"{name} wasn't tried again: it never answered"
            answer, t0, t1 = Answer(None, failure=why, injected=True), 0.0, 0.0
        else:
            answer, t0, t1 = await self._sent(request)
        reply = self.heard(request, answer, t0, t1)
        if not CURRENT.get().alone:
            await self._presence.notice(reply)
        return reply

    def heard(self, request: Request, answer: Answer, t0: float, t1: float) -> Reply:
        """The reply to a request, whoever sent it: recorded, scanned for canaries, its session noted for clean-up."""
        talk = CURRENT.get()
        reply = self._received(request, answer, t0, t1)
        event = self.recorder.record(reply, t0, t1, check=talk.check, shift=reply.began - t0)
        talk.transcript.append(reply)
        talk.history.append((event, reply))
        return reply

    async def _sent(self, request: Request) -> tuple[Answer, float, float]:
        talk = CURRENT.get()
        if talk.lane is not None:
            pool = await talk.lane.turn(self.sender, request)
            async with self.disturbance.gate.passed():
                return await self.sender.send_once(request, pool)
        async with self._few if talk.timed else nullcontext(), self.disturbance.gate.passed(alone=talk.alone):
            return await (self.sender.send_once(request) if talk.alone else self.sender.send(request))

    def _received(self, request: Request, answer: Answer, t0: float, t1: float) -> Reply:
        sent = [
            request.target.encode(),
            request.content,
            *(value.encode("utf-8", "replace") for _, value in request.headers),
        ]
        received = [answer.content, *(f"{name}: {value}".encode() for name, value in answer.headers)]
        leaks = self.canaries.foreign(request.actor, sent, received)
        shift = self.clock.shift if self.clock else 0.0
        reply = Reply(self.contract, request, answer, leaks, t0 + shift, t1 + shift)
        self._made.note(reply, invented=self.invents_users)
        return reply

    def is_there(self) -> bool:
        """Whether the target, with all of its nodes, still answers anything; `lost` says why not."""
        return not self.lost and all(self.sender.wait_for(self._presence.answers(node)) for node in self.nodes or ("",))

    def clean_up(self) -> tuple[str, ...]:
        """Delete every session that this run made and didn't delete; those that are left, with the reason."""
        self.begin("clean up")

        def delete(session: str, actor: Actor) -> Reply:
            return self.ask(self.contract.first("delete"), actor, {"session": session})

        return tuple(self._made.delete(self.contract, delete, lambda: self.lost))

    def close(self) -> None:
        """Nothing more is sent, and everything recorded is in its file."""
        self.recorder.close()
        self.sender.close()
        if self.clock is not None:
            self.clock.close()
