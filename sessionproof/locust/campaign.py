"""What the users of one Locust process share: the contract, who they are, what was made, what was seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from secrets import token_hex

import gevent
from gevent.pool import Pool
from locust.contrib.fasthttp import FastHttpSession

from sessionproof import __version__
from sessionproof.actors import Actor, Canaries
from sessionproof.clocks.choice import CLOCKS
from sessionproof.clocks.kind import Clock
from sessionproof.contract import Binding
from sessionproof.history import Header, Recorder
from sessionproof.history.redact import Redactor
from sessionproof.load.looking import World
from sessionproof.load.memory import Lives, Memory, Shared
from sessionproof.load.plan import Plan
from sessionproof.load.tally import Tally
from sessionproof.locust.sending import Line
from sessionproof.users import given_users, signed_in
from sessionproof.wire import Reply, build_request

__all__ = ["Campaign"]

_PASSING = ("wall", "scaled")  # clocks that pass by themselves
_CLEANING = 15.0  # seconds for all sessions together
_CLEANERS = 10  # deletes at a time


class Campaign:
    """One per process. `worker` is the number of this process among several, 0 where there is one.

    Only a process that `records` writes a history: the master of several doesn't speak.
    """

    def __init__(self, plan: Plan, host: str, worker: int = 0, *, records: bool = True) -> None:
        self.plan, self.settings, self.contract = plan, plan.settings, plan.contract
        self.host = host.rstrip("/")
        self.redactor = Redactor()
        self.canaries = Canaries()
        self.tally = Tally()
        self.clock = self._clock()
        scale, tolerance = (self.clock.scale, self.clock.tolerance) if self.clock else (1.0, 1.0)
        lives = Lives.of(self.contract, self.settings.life, scale, tolerance)
        self.world = World(self.contract, lives, Shared())
        self.left_behind: list[str] = []
        self._given = given_users(self.settings.user, self.contract, self.redactor)
        self._memories: dict[str, Memory] = {}
        self._made: dict[str, Actor] = {}
        self._joined = 0
        self.records = records and self.settings.history is not None
        self.recorder = self._recorder(worker)

    def _clock(self) -> Clock | None:
        name, _, rest = (self.settings.clock or "").partition(":")
        return CLOCKS[name](rest, (self.host,), self.settings.timeout) if name in _PASSING else None

    def _recorder(self, worker: int) -> Recorder:
        file = self.settings.history if self.records else None
        if file is not None and worker:
            file = file.with_name(f"{file.stem}-{worker}{file.suffix}")
        header = Header(
            clock=token_hex(4),
            started=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
            target=self.host,
            contract=self.contract.name,
            lens="load",
            seed=self.plan.seed,
            tool=f"sessionproof {__version__}",
            scale=self.world.lives.scale,
            life=self.settings.life,
            tolerance=self.world.lives.tolerance,
        )
        return Recorder(self.redactor, file, header)

    @property
    def means(self) -> frozenset[str]:
        """What this run has, in the words of the requirements file."""
        users = self.contract.identity.invents or len(self._given) > 1
        return frozenset(({"users"} if users else set()) | ({"clock"} if self.clock is not None else set()))

    def joins(self, line: Line) -> tuple[Actor, Memory]:
        """An actor for one more user, and what its identity knows. Raises TargetError when it can't log in."""
        self._joined += 1
        name = f"user{self._joined}"
        given = self._given[(self._joined - 1) % len(self._given)] if self._given else None
        actor = given or self._invented(name, line)
        actor = replace(actor, client=f"client-{actor.marker}-{token_hex(3)}")
        self.canaries.add(actor)
        return actor, self._memories.setdefault(actor.marker, Memory(actor))

    def _invented(self, name: str, line: Line) -> Actor:
        actor = Actor(name, None)
        if self.contract.identity.kind == "none":
            return actor
        actor = replace(actor, user=f"{name}-{actor.marker}")

        def ask(binding: Binding, actor: Actor, values: Mapping[str, object]) -> Reply:
            request = build_request(self.contract, binding, actor, values)
            return Reply(self.contract, request, line.send(request)[0])

        return signed_in(actor, self.contract, ask, self.redactor)

    def leaks(self, actor: Actor, reply: Reply) -> tuple[str, ...]:
        request, answer = reply.request, reply.answer
        sent = [request.target.encode(), request.content]
        received = [answer.content, *(value.encode("utf-8", "replace") for _, value in answer.headers)]
        return self.canaries.foreign(actor, sent, received)

    def note(self, reply: Reply) -> None:
        """Remember what has to be deleted at the end."""
        operation = reply.request.binding.operation
        if not reply.ok:
            return
        if operation == "delete" and reply.request.session:
            self._made.pop(reply.request.session, None)
        elif (operation == "create" or not reply.request.session) and reply.session:
            self._made.setdefault(reply.session, reply.request.actor)

    def clean_up(self) -> None:
        """Delete every session that was made and not deleted, for at most so many seconds; note those that are left."""
        if not self.contract.has("delete"):
            self.left_behind += [f"{session}: the contract has no delete" for session in self._made]
            self._made.clear()
        client = FastHttpSession(
            self.host, None, None, insecure=False, concurrency=_CLEANERS,
            network_timeout=self.settings.timeout, connection_timeout=self.settings.timeout,
        )  # fmt: skip
        line = Line(client, self.settings.timeout)
        pool = Pool(_CLEANERS)
        with gevent.Timeout(_CLEANING, False):
            for session, actor in list(self._made.items()):
                pool.spawn(self._delete, line, session, actor)
            pool.join()
        pool.kill()
        self.left_behind += [f"{session}: no time was left to delete it" for session in self._made]
        self._made.clear()
        self.recorder.close()

    def _delete(self, line: Line, session: str, actor: Actor) -> None:
        request = build_request(self.contract, self.contract.first("delete"), actor, {"session": session})
        answer, began, ended = line.send(request)
        while answer.retry_after is not None:
            gevent.sleep(answer.retry_after)
            answer, began, ended = line.send(request)
        reply = Reply(self.contract, request, answer, (), began, ended)
        if self.records:
            self.recorder.record(reply, began, ended, check="clean up")
        del self._made[session]
        if not reply.ok and reply.status not in self.contract.gone:
            self.left_behind.append(f"{session}: delete answered {reply.status or answer.failure}")
