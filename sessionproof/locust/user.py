"""The user: calls by name, each answer judged by what the user knew when it asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser

from sessionproof.actors import Actor
from sessionproof.contract import Binding
from sessionproof.load.looks import look_at, look_at_canaries
from sessionproof.load.memory import Memory
from sessionproof.load.tally import Finding, Looks
from sessionproof.locust.campaign import Campaign
from sessionproof.locust.sending import Line
from sessionproof.repeat import exchange
from sessionproof.requirements import load_requirements
from sessionproof.wire import Reply, build_request

__all__ = ["SessionUser", "WrongAnswer"]

_INTEGRITY = ("ISO-", "MSG-", "RES-05")  # what CON-01 sums up, whichever of them an answer breaks
_SHORT = 60  # characters of a sentence


class WrongAnswer(Exception):
    """An answer that breaks a requirement, as Locust's statistics name it: the id and how the sentence begins."""

    def __init__(self, requirement: str) -> None:
        sentence = load_requirements()[requirement].sentence
        self.text = f"{requirement}: {sentence if len(sentence) <= _SHORT else f'{sentence[:_SHORT].rstrip()}...'}"
        super().__init__(self.text)

    def __repr__(self) -> str:
        return self.text


class NoAnswer(Exception):
    """A call that nothing came of: no answer, or a server that failed."""

    def __repr__(self) -> str:
        return str(self)


class SessionUser(FastHttpUser):
    """A user with an identity, a client id and a canary of its own, each of whose answers is judged.

    Methods are named as in the contract's vocabulary, send one request, and return its Reply, whatever it says. What
    the contract doesn't declare can't be called: ask `self.can("list")` first. Sessions are deleted at the end.
    """

    abstract = True
    insecure = False  # certificates are looked at
    about: ClassVar[tuple[str, ...]] = ()  # requirements that a run must have looked at, to have proven anything
    campaign: ClassVar[Campaign]  # of this process; set before any user is made

    def __init__(self, environment: Any) -> None:
        self.network_timeout = self.connection_timeout = self.campaign.settings.timeout
        super().__init__(environment)
        self._line = Line(self.client, self.campaign.settings.timeout, self.campaign.settings.node)
        self._turns: Counter[str] = Counter()

    @cached_property
    def _joined(self) -> tuple[Actor, Memory]:
        return self.campaign.joins(self._line)

    @property
    def actor(self) -> Actor:
        return self._joined[0]

    @property
    def client_id(self) -> str:
        """A client id that nobody else has."""
        return self.actor.client

    def can(self, operation: str) -> bool:
        """Whether the contract has this operation."""
        return self.campaign.contract.has(operation)

    def text(self, about: str = "text") -> str:
        """A text that nobody has sent before and that shows whose it is."""
        return self.actor.text(about)

    def call(self, operation: str | Binding, session: str | None = None, **values: Any) -> Reply:
        """Do one operation, by binding, or by name: then each time by the next of its bindings."""
        campaign, (actor, memory) = self.campaign, self._joined
        binding = self._next(operation) if isinstance(operation, str) else operation
        if session is not None:
            values["session"] = session
        request = self._line.in_turn(build_request(campaign.contract, binding, actor, values))
        look = look_at(campaign.world, memory, binding, request.values)
        answer, began, ended = self._line.send(request)
        reply = Reply(campaign.contract, request, answer, (), began, ended)
        leaks = campaign.leaks(actor, reply)
        if leaks:
            reply = Reply(campaign.contract, request, answer, leaks, began, ended)
        campaign.note(reply)
        looks = Looks()
        look_at_canaries(campaign.world, reply, looks)
        look.at(reply, looks)
        self._tell(reply, looks)
        return reply

    def create(self, **values: Any) -> Reply:
        return self.call("create", **values)

    def resume(self) -> Reply:
        """Create with this user's own client id: the same session each time, while it lives."""
        return self.call("create", client=self.client_id)

    def read(self, session: str) -> Reply:
        return self.call("read", session)

    def update(self, session: str, **values: Any) -> Reply:
        return self.call("update", session, **values)

    def delete(self, session: str) -> Reply:
        return self.call("delete", session)

    def list(self, **values: Any) -> Reply:
        return self.call("list", **values)

    def heartbeat(self, session: str) -> Reply:
        return self.call("heartbeat", session)

    def say(self, session: str, content: str | None = None) -> Reply:
        """Add a message in the user's role; without `content` one that nobody has sent before."""
        role = (self.campaign.contract.roles or ("user",))[0]
        return self.call("add_message", session, role=role, content=content or self.text("said"))

    def ask(self, session: str | None, question: str | None = None) -> Reply:
        """Ask the assistant."""
        return self.call("query", session, question=question or self.text("asked"))

    def conversation(self, session: str) -> Reply:
        """The whole conversation, from the message list or, without one, from the session itself."""
        return self.call("messages" if self.can("messages") else "read", session)

    def at_once(self, calls: Iterable[Callable[[], Reply]]) -> Sequence[Reply]:
        """Make all calls at the same moment and wait for all of their answers."""
        running = [gevent.spawn(call) for call in calls]
        gevent.joinall(running, raise_error=True)
        return [one.value for one in running]

    def somebody_elses(self) -> str | None:
        """A session of another identity that lives, as far as anybody knows."""
        return next(islice(self.campaign.world.shared.others(self.actor.marker), 1), None)

    def _next(self, operation: str) -> Binding:
        bindings = self.campaign.contract.all(operation)
        if not bindings:
            raise KeyError(f"the contract has no {operation}")
        self._turns[operation] += 1
        return bindings[(self._turns[operation] - 1) % len(bindings)]

    def _tell(self, reply: Reply, looks: Looks) -> None:
        """Count what was looked at, tell Locust of the request, and keep an example of what is wrong."""
        campaign, binding = self.campaign, reply.request.binding
        looks.made += ("CON-01", "CON-06")
        if looks.found or reply.status is None or reply.status >= 500:
            self._sum_up(reply, looks)
        campaign.tally.add(looks)
        if campaign.records:
            campaign.recorder.record(reply, reply.began, reply.ended, check=type(self).__name__)
        error = self._shown(reply, looks.found) if looks.found else None
        self.environment.events.request.fire(
            request_type=binding.operation,
            name=binding.name,
            response_time=(reply.ended - reply.began) * 1000,
            response_length=len(reply.answer.content),
            response=reply,
            context={},
            exception=error,
            url=f"{reply.request.node or self.host}{reply.request.target}",
        )

    def _sum_up(self, reply: Reply, looks: Looks) -> None:
        """What is wrong in general, where something is."""
        found = [finding for finding in looks.found if finding.requirement.startswith(_INTEGRITY)]
        if found and not any(finding.requirement == "CON-01" for finding in looks.found):
            looks.found.append(replace(found[0], requirement="CON-01"))
        if reply.status is None or reply.status >= 500:
            seen = str(reply.status or reply.answer.failure)
            looks.found.append(Finding("CON-06", "an answer below 500", seen))

    def _shown(self, reply: Reply, found: Iterable[Finding]) -> Exception:
        """The failure for Locust's statistics, under the most telling requirement; examples are kept of all."""
        campaign, found = self.campaign, [*found]
        redactor = campaign.redactor
        for finding in found:
            if campaign.tally.wants_example(finding.requirement):
                shown = Finding(finding.requirement, redactor.text(finding.expected), redactor.text(finding.seen))
                campaign.tally.show(shown, exchange(reply, redactor))
        telling = next((one for one in found if not one.requirement.startswith("CON-0")), found[0])
        if telling.requirement == "CON-06":
            failure = f"no answer: {redactor.text(reply.answer.failure)}"
            return NoAnswer(failure if reply.status is None else f"status {reply.status}")
        return WrongAnswer(telling.requirement)
